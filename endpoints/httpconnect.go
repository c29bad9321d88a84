package endpoints

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tconn/tconn/reactor"
)

// MaxHTTPHeaderBytes is how long an HTTP proxy's answer may be, interim answers included, up to the empty line behind its header.
const MaxHTTPHeaderBytes = 16 << 10

// HTTPConnectOptions are what an HTTP proxy may want to know. The zero value is a proxy that asks nothing.
type HTTPConnectOptions struct {
	User     string              // for Basic authentication; "": none
	Password Secret              // sent to the proxy as it is, so mind who can read the connection to it
	Header   map[string][]string // more fields of the request (an http.Header will do); not Host, nor what frames a body
	Timeout  time.Duration       // from the connection to the proxy until the tunnel stands; 0 is DefaultTimeout
}

// HTTPConnect is the place host:port as seen by an HTTP proxy, which is connected to by its own endpoint. The proxy looks the
// name up. The protocol sees the place it asked for as its peer (*net.TCPAddr, or HostAddr for a name).
//
// Connect fails with *ProxyError when the proxy makes no connection, with *ArgumentError, before anything is sent, for arguments
// that cannot be, and with what the endpoint of the proxy answers.
// Goroutine: reactor, for Connect. Source: RFC 9110 section 9.3.6, RFC 7617.
func HTTPConnect(proxy ClientEndpoint, host string, port int, options HTTPConnectOptions) ClientEndpoint {
	if proxy == nil {
		panic("endpoints: HTTPConnect: nil endpoint")
	}
	e := &httpConnect{options: &options}
	e.behindProxy = newBehindProxy("http", proxy, host, port, options.User, options.Password, options.Timeout)
	e.talk = func() talk { return &httpTalk{e: e} }
	if e.err == nil {
		e.err = options.check()
	}
	return e
}

// check finds what would break the header, or change what it says.
func (o *HTTPConnectOptions) check() error {
	switch {
	case hasControl(o.User) || strings.Contains(o.User, ":"):
		return badArgument("http", "user", "must have no colon and no control characters")
	case hasControl(string(o.Password)):
		return badArgument("http", "password", "must have no control characters")
	case o.User == "" && o.Password != "":
		return badArgument("http", "password", "needs a user")
	}
	for name, values := range o.Header {
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !isTokenRune(r) }) {
			return badArgument("http", "header", "%q is no field name", name)
		}
		if slices.Contains(ownFields, strings.ToLower(name)) || o.User != "" && strings.EqualFold(name, "Proxy-Authorization") {
			return badArgument("http", "header", "%s is not for the caller to set", name)
		}
		for _, v := range values {
			if hasControl(strings.ReplaceAll(v, "\t", " ")) {
				return badArgument("http", "header", "the value of %s has control characters", name)
			}
		}
	}
	return nil
}

// ownFields are those of the request that would contradict it.
var ownFields = []string{"host", "content-length", "transfer-encoding"}

// isTokenRune: token of RFC 9110 section 5.6.2.
func isTokenRune(r rune) bool {
	return r < 0x80 && (isHostByte(byte(r)) || strings.ContainsRune("!#$%&'*+^`|~", r))
}

type httpConnect struct {
	behindProxy
	options *HTTPConnectOptions
}

// request is the whole of what is said to the proxy; the same options give the same bytes.
func (e *httpConnect) request() []byte {
	b := fmt.Appendf(nil, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", e.target, e.target)
	if o := e.options; o.User != "" {
		credentials := []byte(o.User + ":" + string(o.Password))
		b = append(b, "Proxy-Authorization: Basic "...)
		b = append(base64.StdEncoding.AppendEncode(b, credentials), "\r\n"...)
	}
	for _, name := range slices.Sorted(maps.Keys(e.options.Header)) {
		for _, v := range e.options.Header[name] {
			b = append(b, name+": "+strings.Trim(v, " \t")+"\r\n"...)
		}
	}
	return append(b, "\r\n"...)
}

// httpTalk reads the answer line by line.
type httpTalk struct {
	e      *httpConnect
	line   []byte // the part that has come
	count  int    // bytes of whole lines so far
	status int    // of the answer whose header is being read; 0 before its first line
}

func (h *httpTalk) begin(t *tunnel) { _, _ = t.transport.Write(h.e.request()) }

func (h *httpTalk) receive(t *tunnel, data []byte) {
	for t.talk == h && len(data) > 0 {
		n := bytes.IndexByte(data, '\n') + 1
		whole := n > 0
		if !whole {
			n = len(data)
		}
		if h.count += n; h.count > MaxHTTPHeaderBytes {
			t.fail(ErrProxyReply, fmt.Errorf("its header has more than %d bytes", MaxHTTPHeaderBytes))
			return
		}
		h.line, data = append(h.line, data[:n]...), data[n:]
		switch {
		case !h.looksRight():
			t.fail(ErrProxyReply, errors.New("what it says is no HTTP"))
		case whole:
			line := bytes.TrimSuffix(bytes.TrimSuffix(h.line, []byte("\n")), []byte("\r"))
			h.line = h.line[:0]
			h.onLine(t, line, data)
		}
	}
}

const httpPrefix = "HTTP/1."

// looksRight finds at once that a peer does not speak HTTP.
func (h *httpTalk) looksRight() bool {
	n := min(len(h.line), len(httpPrefix))
	return h.status != 0 || string(h.line[:n]) == httpPrefix[:n]
}

// onLine reads a line of the header (RFC 9112 section 2.1); rest came behind it. The fields mean nothing for a tunnel: not even
// a Content-Length (RFC 9110 section 9.3.6).
func (h *httpTalk) onLine(t *tunnel, line, rest []byte) {
	switch {
	case h.status == 0:
		h.onStatus(t, string(line))
	case len(line) > 0 && (bytes.IndexByte(line, ':') <= 0 || hasControl(string(bytes.ReplaceAll(line, []byte("\t"), nil)))):
		t.fail(ErrProxyReply, errors.New("its header has a line that is no field"))
	case len(line) > 0:
	case h.status < 200:
		h.status = 0 // an interim answer
	default:
		t.stands(rest)
	}
}

// onStatus reads a status line.
func (h *httpTalk) onStatus(t *tunnel, line string) {
	version, rest, _ := strings.Cut(line, " ")
	code, text, _ := strings.Cut(rest, " ")
	good := (version == "HTTP/1.0" || version == "HTTP/1.1") && len(code) == 3 && strings.Trim(code, "0123456789") == ""
	if !good || code[0] < '1' || code[0] > '5' {
		t.fail(ErrProxyReply, errors.New("its status line is wrong"))
		return
	}
	for _, c := range code {
		h.status = h.status*10 + int(c-'0')
	}
	if h.status == 101 || h.status >= 300 {
		t.fail(nil, h.refused(text))
	}
}

func (h *httpTalk) refused(text string) error {
	e := &ProxyError{Proxy: "http", Target: h.e.target.String(), Code: h.status, Kind: reactor.ErrConnect}
	switch h.status {
	case 407:
		e.Kind = ErrProxyAuth
	case 401, 403, 405:
		e.Kind = ErrProxyDenied
	case 504:
		e.Kind = reactor.ErrTCPTimedOut
	}
	if text != "" {
		e.Err = fmt.Errorf("%.100q", text)
	}
	return e
}
