package endpoints_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

func TestHTTPConnectRequest(t *testing.T) {
	for _, c := range []struct {
		name, host string
		options    endpoints.HTTPConnectOptions
		want       string
	}{
		{"name", "imap.example.ne", endpoints.HTTPConnectOptions{}, "CONNECT imap.example.ne:143 HTTP/1.1\r\nHost: imap.example.ne:143\r\n\r\n"},
		{"IPv6", "[2001:db8::1]", endpoints.HTTPConnectOptions{}, "CONNECT [2001:db8::1]:143 HTTP/1.1\r\nHost: [2001:db8::1]:143\r\n\r\n"},
		{"credentials", "a", endpoints.HTTPConnectOptions{User: "Aladdin", Password: "open sesame"},
			"CONNECT a:143 HTTP/1.1\r\nHost: a:143\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"},
		{"fields in order", "a", endpoints.HTTPConnectOptions{Header: http.Header{"X-B": {"2", "\t3 "}, "X-A": {"1"}, "User-Agent": {"me"}}},
			"CONNECT a:143 HTTP/1.1\r\nHost: a:143\r\nUser-Agent: me\r\nX-A: 1\r\nX-B: 2\r\nX-B: 3\r\n\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMemory()
			observe(endpoints.HTTPConnect(m, c.host, 143, c.options).Connect(serve(newProbe())))
			m.take(t, c.want)
			m.tr.Lose(nil)
		})
	}
}

func TestHTTPConnectAnswers(t *testing.T) {
	filler := "X: " + strings.Repeat("y", 1000) + "\r\n"
	for _, c := range []struct {
		name, answer, rest string
		code               int
		want               []error // nil: the tunnel stands
		text               string
	}{
		{"200", "HTTP/1.1 200 Connection established\r\n\r\n", "* OK\r\n", 0, nil, ""},
		{"204, fields that mean nothing here", "HTTP/1.1 204 No\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "* OK\r\n", 0, nil, ""},
		{"HTTP/1.0, bare LF, no reason", "HTTP/1.0 200\nVia: x\n\n", "\r\n", 0, nil, ""},
		{"empty reason", "HTTP/1.1 200 \r\n\r\n", "", 0, nil, ""},
		{"interim answers", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "x", 0, nil, ""},
		{"a long header", "HTTP/1.1 200 OK\r\n" + strings.Repeat(filler, 16) + "\r\n", "x", 0, nil, ""},
		{"too long a header", "HTTP/1.1 200 OK\r\n" + strings.Repeat(filler, 17), "", 0, []error{endpoints.ErrProxyReply}, "its header has more than 16384 bytes"},
		{"endless line", "HTTP/1.1 200 " + strings.Repeat("y", 17000), "", 0, []error{endpoints.ErrProxyReply}, "its header has more than 16384 bytes"},
		{"endless interim answers", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 700), "", 0, []error{endpoints.ErrProxyReply}, "its header has more than 16384 bytes"},
		{"407", "HTTP/1.1 407 Proxy Authentication Required\r\n", "", 407, []error{endpoints.ErrProxyAuth}, `407: "Proxy Authentication Required"`},
		{"403", "HTTP/1.1 403 Forbidden\r\n", "", 403, []error{endpoints.ErrProxyDenied}, `403: "Forbidden"`},
		{"405", "HTTP/1.1 405 Method Not Allowed\r\n", "", 405, []error{endpoints.ErrProxyDenied}, `405: "Method Not Allowed"`},
		{"502", "HTTP/1.1 502 Bad Gateway\r\n", "", 502, nil0, `502: "Bad Gateway"`},
		{"503 without a reason", "HTTP/1.1 503\r\n", "", 503, nil0, "503: An error occurred while connecting."},
		{"504", "HTTP/1.1 504 Gateway Timeout\r\n", "", 504, []error{reactor.ErrTCPTimedOut}, `504: "Gateway Timeout"`},
		{"302", "HTTP/1.1 302 Found\r\n", "", 302, nil0, `302: "Found"`},
		{"101", "HTTP/1.1 101 Switching\r\n", "", 101, nil0, `101: "Switching"`},
		{"a reason to mislead", "HTTP/1.1 500 \x1b[2J\"" + strings.Repeat("z", 200) + "\r\n", "", 500, nil0, `500: "\x1b[2J\"` + strings.Repeat("z", 95) + `"`},
		{"another protocol", "SSH-2.0-x", "", 0, []error{endpoints.ErrProxyReply}, "what it says is no HTTP"},
		{"another protocol, first bytes right", "HTTP/2", "", 0, []error{endpoints.ErrProxyReply}, "what it says is no HTTP"},
		{"HTTP/1.2", "HTTP/1.2 200 OK\r\n", "", 0, []error{endpoints.ErrProxyReply}, "its status line is wrong"},
		{"two digits", "HTTP/1.1 20 OK\r\n", "", 0, []error{endpoints.ErrProxyReply}, "its status line is wrong"},
		{"letters", "HTTP/1.1 2OO OK\r\n", "", 0, []error{endpoints.ErrProxyReply}, "its status line is wrong"},
		{"sign", "HTTP/1.1 +20 OK\r\n", "", 0, []error{endpoints.ErrProxyReply}, "its status line is wrong"},
		{"status 600", "HTTP/1.1 600 OK\r\n", "", 0, []error{endpoints.ErrProxyReply}, "its status line is wrong"},
		{"two spaces", "HTTP/1.1  200 OK\r\n", "", 0, []error{endpoints.ErrProxyReply}, "its status line is wrong"},
		{"no field", "HTTP/1.1 200 OK\r\nno colon\r\n", "", 0, []error{endpoints.ErrProxyReply}, "its header has a line that is no field"},
		{"a field without a name", "HTTP/1.1 200 OK\r\n: x\r\n", "", 0, []error{endpoints.ErrProxyReply}, "its header has a line that is no field"},
		{"NUL", "HTTP/1.1 200 OK\r\nX: a\x00b\r\n", "", 0, []error{endpoints.ErrProxyReply}, "its header has a line that is no field"},
		{"CR inside", "HTTP/1.1 200 OK\r\nX: a\rb\r\n", "", 0, []error{endpoints.ErrProxyReply}, "its header has a line that is no field"},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachChunking(t, func(t *testing.T, cut reactortest.Chunking) {
				m, p := newMemory(), newProbe()
				o := observe(endpoints.HTTPConnect(m, "imap.example.ne", 143, endpoints.HTTPConnectOptions{User: "joe", Password: "hunter2"}).Connect(serve(p)))
				m.feed(c.answer+c.rest, cut)
				m.clock.Turn()
				if c.want == nil {
					o.wantProto(t, p)
					if got := p.got(); got != c.rest {
						t.Errorf("the protocol got %q, want %q", got, c.rest)
					}
					return
				}
				o.wantErr(t, append(c.want, reactor.ErrConnect)...)
				wantText(t, o.err, "endpoints: http proxy: no connection to imap.example.ne:143: "+c.text)
				wantNoSecret(t, fmt.Sprintf("%v %+v", o.err, o.err), "hunter2", "am9lOmh1bnRlcjI")
				var e *endpoints.ProxyError
				if !errors.As(o.err, &e) || e.Code != c.code || e.Proxy != "http" {
					t.Errorf("got %#v, want a *ProxyError with code %d", o.err, c.code)
				}
				if got := p.happened(); got != "" || !m.tr.Aborted() {
					t.Errorf("the protocol got %q, aborted is %v; want nothing, and true", got, m.tr.Aborted())
				}
			})
		})
	}
}

// nil0 wants an error without a closer name.
var nil0 = []error{}

func FuzzProxyAnswers(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nVia: x\r\n\r\nrest", uint64(1))
	f.Add("HTTP/1.1 100 Continue\n\nHTTP/1.0 407 No\r\n", uint64(2))
	f.Add("\x05\x02\x01\x00"+socksOK+"rest", uint64(3))
	f.Add("\x05\x00\x05\x00\x00\x03\x03abc\x00\x01rest", uint64(4))
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		for _, x := range proxies {
			// Whatever the cuts, the outcome and what the protocol gets are the same.
			var outcomes []string
			for _, cut := range []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise, reactortest.Random(nil, seed)} {
				m, p := newMemory(), newProbe()
				o := observe(x.make(m, 0).Connect(serve(p)))
				m.feed(text, cut)
				m.clock.Turn()
				m.tr.Lose(nil)
				if o.times != 1 {
					t.Fatalf("%s: got %d results, want 1", x.name, o.times)
				}
				outcomes = append(outcomes, fmt.Sprintf("%v %q %s", o.err, p.got(), p.happened()))
			}
			if outcomes[1] != outcomes[0] || outcomes[2] != outcomes[0] {
				t.Errorf("%s: got different outcomes for different cuts: %q", x.name, outcomes)
			}
		}
	})
}
