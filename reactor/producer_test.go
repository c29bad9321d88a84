package reactor_test

import (
	"testing"

	"github.com/tconn/tconn/reactor"
)

// TestTransportAsProducer: a relay whose sides are each other's producers closes both of them, as Twisted's portforward expects, whichever
// side ends first.
func TestTransportAsProducer(t *testing.T) {
	pair := func(t *testing.T, l *loop) (a, b *probe, farA, farB interface{ Close() error }) {
		a, b = newProbe(), newProbe()
		x, _ := connected(t, l, a)
		y, _ := connected(t, l, b)
		a.gone = func(*probe, error) { b.Transport().LoseConnection() }
		b.gone = func(*probe, error) { a.Transport().LoseConnection() }
		l.do(func() {
			_ = a.Transport().RegisterProducer(b.Transport(), true)
			_ = b.Transport().RegisterProducer(a.Transport(), true)
		})
		return a, b, x, y
	}
	t.Run("T36 the peer of one side goes", func(t *testing.T) {
		l := start(t)
		a, b, far, _ := pair(t, l)
		_ = far.Close()
		wait(t, a.lost, "ConnectionLost of the one")
		wantIs(t, wait(t, b.lost, "ConnectionLost of the other"), reactor.ErrConnectionDone)
	})
	t.Run("T36 one side closes, and is let finish by the other", func(t *testing.T) {
		l := start(t)
		a, b, _, far := pair(t, l)
		l.do(a.Transport().LoseConnection)
		l.do(func() { nothing(t, a.lost, "a loss while the producer may have more") })
		_ = far.Close()
		wait(t, b.lost, "ConnectionLost of the other")
		wantIs(t, wait(t, a.lost, "ConnectionLost of the one"), reactor.ErrConnectionDone)
	})
	t.Run("LoseWriteConnection passes the end of a half on", func(t *testing.T) {
		l := start(t)
		a, b := newHalves(), newProbe()
		target := peer(t)
		l.connect(target.Addr(), clientOf(a))
		x := accept(t, target)
		wait(t, a.up, "ConnectionMade")
		y, _ := connected(t, l, b)
		a.readLost = func() { b.Transport().(reactor.TCPTransport).LoseWriteConnection() }
		b.data = func(_ *probe, p []byte) { _, _ = a.Transport().Write(p) }
		l.do(func() { _ = b.Transport().RegisterProducer(a.Transport(), true) })
		_ = x.CloseWrite()
		expectEnd(t, y)
		send(t, y, "answer")
		expect(t, x, "answer")
	})
	t.Run("T36 a connection that is its own producer closes", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		far, _ := connected(t, l, p)
		l.do(func() {
			_ = p.Transport().RegisterProducer(p.Transport(), true)
			_, _ = p.Transport().Write([]byte("bye"))
			p.Transport().LoseConnection()
		})
		expect(t, far, "bye")
		expectEnd(t, far)
		wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrConnectionDone)
	})
}
