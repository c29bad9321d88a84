package endpoints_test

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/reactor"
)

// join carries bytes between two connections until both directions have ended.
func join(client io.Reader, clientConn, server net.Conn) {
	var wg sync.WaitGroup
	half := func(to net.Conn, from io.Reader) {
		_, _ = io.Copy(struct{ io.Writer }{to}, struct{ io.Reader }{from}) // without splice(2), whose pipes live on
		if c, ok := to.(interface{ CloseWrite() error }); ok {
			_ = c.CloseWrite()
		}
	}
	wg.Go(func() { half(server, client) })
	wg.Go(func() { half(clientConn, server) })
	wg.Wait()
}

// socksProxy is a SOCKS5 server that asks for a password. Every name is 127.0.0.1.
func socksProxy(c net.Conn) {
	r := bufio.NewReader(c)
	head := make([]byte, 2)
	read := func(n int) []byte {
		b := make([]byte, n)
		_, _ = io.ReadFull(r, b)
		return b
	}
	_, _ = io.ReadFull(r, head)
	read(int(head[1]))
	_, _ = c.Write([]byte{5, 2})
	user := read(int(read(2)[1]))
	password := read(int(read(1)[0]))
	if string(user) != "joe" || string(password) != "secret" {
		_, _ = c.Write([]byte{1, 1})
		return
	}
	_, _ = c.Write([]byte{1, 0})
	switch read(4)[3] {
	case 1:
		read(4)
	case 3:
		read(int(read(1)[0]))
	default:
		read(16)
	}
	server, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(binary.BigEndian.Uint16(read(2))))))
	if err != nil {
		_, _ = c.Write([]byte{5, 5, 0, 1, 0, 0, 0, 0, 0, 0})
		return
	}
	defer server.Close()
	_, _ = c.Write([]byte{5, 0, 0, 1, 127, 0, 0, 1, 0, 1})
	join(r, c, server)
}

// httpProxy is an HTTP proxy that asks for a password. Every name is 127.0.0.1.
func httpProxy(c net.Conn) {
	r := bufio.NewReader(c)
	request, err := http.ReadRequest(r)
	if err != nil || request.Method != http.MethodConnect {
		_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
		return
	}
	request.Header["Authorization"] = request.Header["Proxy-Authorization"]
	if user, password, ok := request.BasicAuth(); !ok || user != "joe" || password != "secret" {
		_, _ = io.WriteString(c, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n")
		return
	}
	server, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", request.URL.Port()))
	if err != nil {
		_, _ = io.WriteString(c, "HTTP/1.1 502 Bad Gateway\r\n\r\n")
		return
	}
	defer server.Close()
	_, _ = io.WriteString(c, "HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
	join(r, c, server)
}

func TestRealProxies(t *testing.T) {
	l := start(t)
	echo := reactor.FactoryFunc(func(net.Addr) reactor.Protocol {
		p := newProbe()
		p.made = func(p *probe) { _, _ = p.Transport().Write([]byte("* OK\r\n")) }
		p.data = func(p *probe, data []byte) { _, _ = p.Transport().Write(data) }
		return p
	})
	loopback := reactor.Interface("127.0.0.1")
	plain := portOf(l.listen(endpoints.TCPServer(l.Reactor, 0, loopback), echo))
	secure := portOf(l.listen(endpoints.TLSServer(l.Reactor, 0, serverConfig(), loopback), echo))
	socks, web := netPeer(t, socksProxy).Port, netPeer(t, httpProxy).Port
	pem := certFile(t)
	webs := netPeer(t, func(c net.Conn) { httpProxy(tls.Server(c, serverConfig())) }).Port

	for _, c := range []struct {
		form   string
		secure bool
	}{
		{fmt.Sprintf("tcp:imap.example:%d via socks5:127.0.0.1:%d:user=joe:password=secret", plain, socks), false},
		{fmt.Sprintf("tcp:imap.example:%d via http:127.0.0.1:%d:user=joe:password=secret", plain, web), false},
		{fmt.Sprintf("tls:server.example:%d:ca=%s via socks5:127.0.0.1:%d:user=joe:password=secret", secure, pem, socks), true},
		{fmt.Sprintf("tls:server.example:%d:ca=%s via http:127.0.0.1:%d:user=joe:password=secret", secure, pem, web), true},
		{fmt.Sprintf("tls:server.example:%d:ca=%s via http:a:%d:user=joe:password=secret via socks5:127.0.0.1:%d:user=joe:password=secret",
			secure, pem, web, socks), true},
		{fmt.Sprintf("tcp:imap.example:%d via https:127.0.0.1:%d:ca=%s:user=joe:password=secret", plain, webs, pem), true},
		{fmt.Sprintf("tcp:imap.example:%d via https:server.example:%d:ca=%s:user=joe:password=secret via socks5:127.0.0.1:%d:user=joe:password=secret",
			plain, webs, pem, socks), true},
	} {
		t.Run(c.form, func(t *testing.T) {
			ep, err := endpoints.ParseClient(l.Reactor, c.form)
			if err != nil {
				t.Fatal(err)
			}
			p := newProbe()
			p.made = func(p *probe) { _, _ = p.Transport().Write([]byte("hello")) }
			o := l.connect(ep, p)
			wait(t, o.done, "the connection")
			o.wantProto(t, p)
			p.waitFor(t, "* OK\r\nhello")
			l.do(func() {
				if _, secure := p.Transport().(reactor.TLSTransport).TLSState(); secure != c.secure {
					t.Errorf("under TLS is %v, want %v", secure, c.secure)
				}
				p.Transport().LoseConnection()
			})
			if got := wait(t, p.lost, "the loss"); got != reactor.ErrConnectionDone {
				t.Errorf("lost with %v, want %v", got, reactor.ErrConnectionDone)
			}
		})
	}
	closed := closedPort(t)
	for _, c := range []struct {
		form string
		want error
	}{
		{fmt.Sprintf("tcp:imap.example:%d via socks5:127.0.0.1:%d:user=joe:password=secret", closed, socks), reactor.ErrConnectionRefused},
		{fmt.Sprintf("tcp:imap.example:%d via socks5:127.0.0.1:%d:user=joe:password=wrong", plain, socks), endpoints.ErrProxyAuth},
		{fmt.Sprintf("tcp:imap.example:%d via http:127.0.0.1:%d:user=joe:password=wrong", plain, web), endpoints.ErrProxyAuth},
		{fmt.Sprintf("tcp:imap.example:%d via http:127.0.0.1:%d:user=joe:password=secret", closed, web), reactor.ErrConnect},
		{fmt.Sprintf("tcp:imap.example:%d via socks5:127.0.0.1:%d", plain, closed), reactor.ErrConnectionRefused},
		{fmt.Sprintf("tls:other.example:%d:ca=%s via socks5:127.0.0.1:%d:user=joe:password=secret", secure, pem, socks), reactor.ErrTLSWrongName},
	} {
		t.Run(c.form, func(t *testing.T) {
			ep, err := endpoints.ParseClient(l.Reactor, c.form)
			if err != nil {
				t.Fatal(err)
			}
			o := l.connect(ep, newProbe())
			wait(t, o.done, "the failure")
			o.wantErr(t, c.want)
		})
	}
}
