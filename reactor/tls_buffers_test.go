package reactor_test

import (
	"net"
	"testing"

	"github.com/tconn/tconn/reactor"
)

// TestTLSBuffers wants an idle session to hold no buffers, in this version of Go, and TLS to work where they cannot be taken away.
func TestTLSBuffers(t *testing.T) {
	if !reactor.TLSLayoutKnown() {
		t.Error("crypto/tls has changed: sessions keep their buffers now; see tls_buffers.go")
	}
	talk := func(t *testing.T) (kept int) {
		l := start(t)
		addr := l.listenTLS(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &echo{} }), serverConfig())
		p := newProbe()
		l.secure(addr, clientOf(p), trusting())
		wait(t, p.up, "the connection")
		want := pattern(62<<10, 62)
		l.do(func() { _, _ = p.Transport().Write(want) })
		sameBytes(t, []byte(p.in.wait(t, len(want))), want)
		l.do(func() { kept = reactor.TLSBuffers(p.Transport()) })
		return kept
	}
	t.Run("an idle session holds none", func(t *testing.T) {
		if kept := talk(t); kept != 0 {
			t.Errorf("the session holds %d bytes of buffers, want none", kept)
		}
	})
	t.Run("without access to them each session keeps its own", func(t *testing.T) {
		t.Cleanup(reactor.ForgetTLSLayout()) // after the reactor has stopped
		if kept := talk(t); kept != -1 {
			t.Errorf("got %d, want the layout unknown", kept)
		}
	})
}
