package endpoints

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/tconn/tconn/reactor"
)

// SOCKS5Options are what a SOCKS5 proxy may want to know. The zero value is a proxy that asks nothing.
type SOCKS5Options struct {
	User     string        // "": no credentials are offered
	Password Secret        // up to 255 bytes, as User
	Timeout  time.Duration // from the connection to the proxy until the tunnel stands; 0 is DefaultTimeout
}

// SOCKS5 is the place host:port as seen by a SOCKS5 proxy, which is connected to by its own endpoint. The proxy looks the name
// up. The protocol sees the place it asked for as its peer (*net.TCPAddr, or HostAddr for a name).
//
// Connect fails with *ProxyError when the proxy makes no connection, with *ArgumentError, before anything is sent, for arguments
// that cannot be, and with what the endpoint of the proxy answers.
// Goroutine: reactor, for Connect. Source: RFC 1928, RFC 1929.
func SOCKS5(proxy ClientEndpoint, host string, port int, options SOCKS5Options) ClientEndpoint {
	if proxy == nil {
		panic("endpoints: SOCKS5: nil endpoint")
	}
	e := &socks5{options: &options}
	e.behindProxy = newBehindProxy("socks5", proxy, host, port, options.User, options.Password, options.Timeout)
	e.talk = func() talk { return &socks5Talk{e: e, need: 2, next: (*socks5Talk).onMethod} }
	if e.err == nil {
		e.err = options.check()
	}
	return e
}

// check finds what RFC 1929 has no room for.
func (o *SOCKS5Options) check() error {
	switch {
	case len(o.User) > 255 || hasControl(o.User):
		return badArgument("socks5", "user", "must have at most 255 bytes and no control characters")
	case len(o.Password) > 255 || hasControl(string(o.Password)):
		return badArgument("socks5", "password", "must have at most 255 bytes and no control characters")
	case o.User == "" && o.Password != "":
		return badArgument("socks5", "password", "needs a user")
	}
	return nil
}

type socks5 struct {
	behindProxy
	options *SOCKS5Options
}

// proxyError is the error of a tunnel that failed; one that is a *ProxyError already stays.
func proxyError(proxy string, t target, kind, cause error) error {
	var known *ProxyError
	if errors.As(cause, &known) {
		return known
	}
	if kind == nil {
		kind, cause = reactor.ErrConnect, fmt.Errorf("the connection to the proxy has ended: %w", cause)
	}
	return &ProxyError{Proxy: proxy, Target: t.String(), Kind: kind, Err: cause}
}

// The bytes of RFC 1928 and RFC 1929.
const (
	socksVersion     = 5
	socksNoAuth      = 0x00
	socksPassword    = 0x02
	socksNoMethod    = 0xff
	socksAuthVersion = 1
	socksConnect     = 1
	socksIPv4        = 1
	socksName        = 3
	socksIPv6        = 4
	socksReplyHead   = 4
)

// socks5Talk reads replies of known length: next is called when need bytes are there.
type socks5Talk struct {
	e    *socks5
	buf  []byte
	need int
	next func(s *socks5Talk, t *tunnel, rest []byte)
}

// begin offers the ways to log in (RFC 1928 section 3).
func (s *socks5Talk) begin(t *tunnel) {
	methods := []byte{socksVersion, 1, socksNoAuth}
	if s.e.options.User != "" {
		methods = []byte{socksVersion, 2, socksNoAuth, socksPassword}
	}
	_, _ = t.transport.Write(methods)
}

func (s *socks5Talk) receive(t *tunnel, data []byte) {
	for t.talk == s && len(data) > 0 {
		n := min(s.need-len(s.buf), len(data))
		s.buf, data = append(s.buf, data[:n]...), data[n:]
		if len(s.buf) == s.need {
			s.next(s, t, data)
		}
	}
}

// await has next called when n more bytes are there.
func (s *socks5Talk) await(n int, next func(*socks5Talk, *tunnel, []byte)) {
	s.buf, s.need, s.next = s.buf[:0], n, next
}

// onMethod reads which way to log in the proxy has chosen.
func (s *socks5Talk) onMethod(t *tunnel, _ []byte) {
	version, method := s.buf[0], s.buf[1]
	switch {
	case version != socksVersion:
		t.fail(ErrProxyReply, fmt.Errorf("its version is %d, not 5", version))
	case method == socksNoAuth:
		s.request(t)
	case method == socksPassword && s.e.options.User != "":
		s.logIn(t)
	case method == socksNoMethod:
		t.fail(ErrProxyAuth, errors.New("it accepts none of the ways to log in that were offered"))
	default:
		t.fail(ErrProxyReply, fmt.Errorf("it has chosen way %d to log in, which was not offered", method))
	}
}

// logIn sends user and password (RFC 1929 section 2).
func (s *socks5Talk) logIn(t *tunnel) {
	o := s.e.options
	b := append([]byte{socksAuthVersion, byte(len(o.User))}, o.User...)
	b = append(append(b, byte(len(o.Password))), o.Password...)
	_, _ = t.transport.Write(b)
	clear(b)
	s.await(2, (*socks5Talk).onLogin)
}

// onLogin reads the verdict. The version in it is ignored: some servers put that of SOCKS there.
func (s *socks5Talk) onLogin(t *tunnel, _ []byte) {
	if status := s.buf[1]; status != 0 {
		t.fail(ErrProxyAuth, fmt.Errorf("user or password is wrong: status %d", status))
		return
	}
	s.request(t)
}

// request asks for the connection (RFC 1928 section 4).
func (s *socks5Talk) request(t *tunnel) {
	b := []byte{socksVersion, socksConnect, 0}
	switch to := s.e.target; {
	case to.ip.Is4():
		b = append(append(b, socksIPv4), to.ip.AsSlice()...)
	case to.ip.Is6():
		b = append(append(b, socksIPv6), to.ip.AsSlice()...)
	default:
		b = append(append(b, socksName, byte(len(to.name))), to.name...)
	}
	b = binary.BigEndian.AppendUint16(b, uint16(s.e.target.port))
	_, _ = t.transport.Write(b)
	s.await(socksReplyHead, (*socks5Talk).onReply)
}

// onReply reads the head of the reply (RFC 1928 section 6). Behind it comes an address, of no use here.
func (s *socks5Talk) onReply(t *tunnel, rest []byte) {
	version, reply, kind := s.buf[0], s.buf[1], s.buf[3]
	switch {
	case version != socksVersion:
		t.fail(ErrProxyReply, fmt.Errorf("its version is %d, not 5", version))
	case reply != 0:
		t.fail(nil, s.refused(reply))
	case kind == socksIPv4:
		s.await(4+2, (*socks5Talk).onBound)
	case kind == socksIPv6:
		s.await(16+2, (*socks5Talk).onBound)
	case kind == socksName:
		s.await(1, (*socks5Talk).onNameLength)
	default:
		t.fail(ErrProxyReply, fmt.Errorf("it uses address type %d", kind))
	}
}

func (s *socks5Talk) onNameLength(*tunnel, []byte) {
	s.await(int(s.buf[0])+2, (*socks5Talk).onBound)
}

func (s *socks5Talk) onBound(t *tunnel, rest []byte) { t.stands(rest) }

// socksReplies are the reasons a proxy gives (RFC 1928 section 6), by number from 1.
var socksReplies = [...]struct {
	kind error
	text string
}{
	1: {reactor.ErrConnect, "general SOCKS server failure"},
	2: {ErrProxyDenied, "connection not allowed by ruleset"},
	3: {reactor.ErrNoRoute, "network unreachable"},
	4: {reactor.ErrNoRoute, "host unreachable"},
	5: {reactor.ErrConnectionRefused, "connection refused"},
	6: {reactor.ErrNoRoute, "TTL expired"},
	7: {reactor.ErrConnect, "command not supported"},
	8: {reactor.ErrConnect, "address type not supported"},
}

func (s *socks5Talk) refused(reply byte) error {
	e := &ProxyError{Proxy: "socks5", Target: s.e.target.String(), Code: int(reply), Kind: reactor.ErrConnect}
	if int(reply) < len(socksReplies) {
		e.Kind, e.Err = socksReplies[reply].kind, errors.New(socksReplies[reply].text)
		return e
	}
	e.Err = errors.New("a reply without a meaning")
	return e
}
