package reactor

import (
	"io"
	"net"
	"testing"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// netConnInside is a NetConn, the plain socket at its other end, and a way to run something on its reactor and wait.
func netConnInside(t *testing.T) (near *NetConn, far net.Conn, do func(func())) {
	t.Helper()
	r := New()
	listener, err := ListenNet(r, 0, Interface("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- r.Run() }()
	if far, err = net.Dial("tcp", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if near, err = listener.AcceptNet(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = far.Close()
		_ = r.Stop()
		if err := <-done; err != nil {
			t.Errorf("Run answered %v, want nil", err)
		}
	})
	return near, far, func(f func()) {
		ran := make(chan struct{})
		if err := r.CallFromThread(func() { defer close(ran); f() }); err != nil {
			t.Error(err)
			return
		}
		<-ran
	}
}

// look runs f with the NetConn locked until it answers true.
func (n *NetConn) look(do func(func()), f func() bool) {
	for ok := false; !ok; {
		do(func() {
			n.mu.Lock()
			defer n.mu.Unlock()
			ok = f()
		})
	}
}

func TestNetConnHoldsLittle(t *testing.T) {
	t.Run("what nobody reads stays with the peer", func(t *testing.T) {
		for _, limit := range []int{1, 1000, 0, 300 << 10} {
			near, far, do := netConnInside(t)
			_ = near.SetReadBuffer(limit)
			want := netLimit(limit, DefaultNetReadBuffer)
			const size = 16 << 20
			sent := make(chan error, 1)
			go func() {
				_, err := far.Write(make([]byte, size))
				sent <- err
			}()
			near.look(do, func() bool { return near.in.paused })
			for range 100 {
				do(func() {
					near.mu.Lock()
					defer near.mu.Unlock()
					if got, most := len(near.in.waiting()), want-1+readBufferBytes; got < want || got > most {
						t.Errorf("limit %d: %d bytes wait, want from %d to %d", limit, got, want, most)
					}
				})
			}
			if _, err := io.ReadFull(near, make([]byte, size)); err != nil {
				t.Errorf("limit %d: reading on answered %v, want nil", limit, err)
			}
			if err := <-sent; err != nil {
				t.Error(err)
			}
			near.look(do, func() bool { return !near.in.paused })
		}
	})
	t.Run("short writes to a peer that does not read wait in the buffer, up to its limit", func(t *testing.T) {
		for _, limit := range []int{2000, 0} {
			near, far, do := netConnInside(t)
			_ = near.SetWriteBuffer(limit)
			want := netLimit(limit, DefaultNetWriteBuffer)
			sent := make(chan int, 1)
			go func() {
				n := 0
				for {
					k, err := near.Write(make([]byte, 500))
					n += k
					if err != nil {
						sent <- n
						return
					}
				}
			}()
			near.look(do, func() bool { return len(near.out.buffer)+500 > want && near.transport.Buffered() > 0 })
			for range 100 {
				do(func() {
					near.mu.Lock()
					defer near.mu.Unlock()
					if got := len(near.out.buffer); got > want {
						t.Errorf("limit %d: %d bytes wait, want at most %d", limit, got, want)
					}
					if got, most := near.transport.Buffered(), directWriteBytes+netChunk; got > most {
						t.Errorf("limit %d: the transport holds %d bytes, want at most %d", limit, got, most)
					}
				})
			}
			_ = near.Close()
			n := <-sent
			if got, err := io.Copy(io.Discard, far); int(got) != n || err != nil {
				t.Errorf("limit %d: the peer got %d bytes and %v, want %d and the end", limit, got, err, n)
			}
		}
	})
	t.Run("a long write is lent, not copied", func(t *testing.T) {
		near, far, do := netConnInside(t)
		data := make([]byte, 32<<20)
		sent := make(chan error, 1)
		go func() {
			_, err := near.Write(data)
			sent <- err
		}()
		near.look(do, func() bool { return len(near.out.lent) > 0 && len(near.out.lent) < len(data) })
		for range 100 {
			do(func() {
				near.mu.Lock()
				defer near.mu.Unlock()
				if got, most := len(near.out.buffer)+near.transport.Buffered(), directWriteBytes+netChunk; got > most {
					t.Errorf("%d bytes are copied, want at most %d", got, most)
				}
			})
		}
		if _, err := io.CopyN(io.Discard, far, int64(len(data))); err != nil {
			t.Error(err)
		}
		if err := <-sent; err != nil {
			t.Error(err)
		}
	})
	t.Run("an idle connection keeps no buffer", func(t *testing.T) {
		near, far, do := netConnInside(t)
		if _, err := far.Write(make([]byte, 100_000)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(near, make([]byte, 100_000)); err != nil {
			t.Fatal(err)
		}
		if _, err := near.Write(make([]byte, 9000)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(far, make([]byte, 9000)); err != nil {
			t.Fatal(err)
		}
		near.look(do, func() bool { return near.in.buffer == nil && near.out.buffer == nil && near.transport.Buffered() == 0 })
	})
}

func TestNetBuffers(t *testing.T) {
	for _, tt := range []struct{ size, want int }{
		{0, smallNetBuffer}, {smallNetBuffer, smallNetBuffer}, {smallNetBuffer + 1, largeNetBuffer},
		{largeNetBuffer, largeNetBuffer}, {largeNetBuffer + 1, largeNetBuffer + 1},
	} {
		b := takeNetBuffer(tt.size)
		if len(b) != 0 || cap(b) != tt.want {
			t.Errorf("a buffer for %d bytes has %d bytes and room for %d, want 0 and %d", tt.size, len(b), cap(b), tt.want)
		}
		giveNetBuffer(b)
	}
	var b []byte
	for range 20_000 {
		b = appendNet(b, []byte("0123456789"))
	}
	for i, c := range b {
		if c != byte('0'+i%10) {
			t.Fatalf("byte %d is %q, want %q", i, c, '0'+i%10)
		}
	}
	if len(b) != 200_000 {
		t.Errorf("got %d bytes, want 200000", len(b))
	}
}

// hungryTransport takes everything at once.
type hungryTransport struct {
	Transport
	r     *Reactor
	taken int
}

func (h *hungryTransport) Reactor() *Reactor    { return h.r }
func (h *hungryTransport) LocalAddr() net.Addr  { return noAddr }
func (h *hungryTransport) RemoteAddr() net.Addr { return noAddr }
func (h *hungryTransport) Buffered() int        { return 0 }

func (h *hungryTransport) Write(p []byte) (int, error) {
	h.taken += len(p)
	return len(p), nil
}

func TestNetConnLetsOthersHaveTheirTurn(t *testing.T) {
	const size = 8 << 20
	h := &hungryTransport{r: New()}
	n, p := NewNetConn()
	p.MakeConnection(h)
	sent := make(chan error, 1)
	go func() {
		_, err := n.Write(make([]byte, size))
		sent <- err
	}()
	for h.taken < size {
		before := h.taken
		h.r.RunUntilCurrent()
		if got := h.taken - before; got > netTurn {
			t.Fatalf("%d bytes were sent in one turn, want at most %d", got, netTurn)
		}
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

// A port that rests for want of descriptors would spin if somebody made it accept again.
func TestPortHold(t *testing.T) {
	r := New()
	l, err := ListenNet(r, 0, Interface("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	p := l.Port()
	p.hold(true) // before Run there is nothing to hold
	r.CallWhenRunning(func() {
		defer r.Stop()
		want := func(step string, want engine.Interest) {
			if got := p.attachment.Interest(); got != want {
				t.Errorf("%s: the interest is %v, want %v", step, got, want)
			}
		}
		want("begin", engine.Read)
		p.hold(true)
		want("held", engine.None)
		p.hold(false)
		want("let go", engine.Read)
		p.rest(engine.ErrWouldBlock)
		p.hold(false)
		want("let go while it rests", engine.None)
		p.hold(true)
		_ = p.close()
		p.hold(false) // nothing is left to hold
	})
	if err := r.Run(); err != nil {
		t.Error(err)
	}
}
