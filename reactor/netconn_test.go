package reactor_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// ends are the pairs of ends that a stream is tried between: NetConn or plain.
var ends = []struct {
	name      string
	near, far bool
}{{"NetConn to NetConn", true, true}, {"NetConn to plain", true, false}, {"plain to NetConn", false, true}}

func TestNetConnStream(t *testing.T) {
	for _, e := range ends {
		t.Run(e.name+": ping and pong", func(t *testing.T) {
			near, far := netPair(t, start(t), e.near, e.far)
			done := begin(func() (int, error) {
				n, err := io.Copy(far, struct{ io.Reader }{far})
				_ = far.Close()
				return int(n), err
			})
			const rounds = 300
			for range rounds {
				send(t, near, "ping")
				expect(t, near, "ping")
			}
			_ = near.Close()
			if got := wait(t, done, "the end of the echo"); got != (netAnswer{rounds * 4, nil}) {
				t.Errorf("the echo ended with %v, want %d bytes and no error", got, rounds*4)
			}
		})
		t.Run(e.name+": much in both directions at once, cut at random", func(t *testing.T) {
			near, far := netPair(t, start(t), e.near, e.far)
			const size = 6 << 20
			there, back := pattern(size, 1), pattern(size, 2)
			var gotThere, gotBack []byte
			var wg sync.WaitGroup
			wg.Go(func() { sendCut(t, near, there, rand.New(rand.NewPCG(1, 1)), 300<<10) })
			wg.Go(func() { sendCut(t, far, back, rand.New(rand.NewPCG(1, 2)), 9000) })
			wg.Go(func() { gotThere = receiveCut(t, far, size, rand.New(rand.NewPCG(1, 3)), 100<<10) })
			wg.Go(func() { gotBack = receiveCut(t, near, size, rand.New(rand.NewPCG(1, 4)), 5000) })
			wg.Wait()
			sameBytes(t, gotThere, there)
			sameBytes(t, gotBack, back)
		})
	}
	t.Run("a Write is never mixed with another one", func(t *testing.T) {
		_, near, far := nearFar(t)
		const writers, rounds, long, short = 8, 20, 90_000, 900
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for range rounds {
					send(t, near, string(bytes.Repeat([]byte{byte(2 * w)}, long)))
					send(t, near, string(bytes.Repeat([]byte{byte(2*w + 1)}, short)))
				}
			})
		}
		got := make([]byte, writers*rounds*(long+short))
		if _, err := io.ReadFull(far, got); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		for len(got) > 0 {
			size := long
			if got[0]%2 == 1 {
				size = short
			}
			if n := run1(got); n%size != 0 {
				t.Fatalf("got %d bytes of writer %d in a row, want a multiple of %d", n, got[0]/2, size)
			}
			got = got[size:]
		}
	})
	t.Run("nothing to read into and nothing to write", func(t *testing.T) {
		_, near, _ := nearFar(t)
		for name, call := range map[string]func([]byte) (int, error){"Read": near.Read, "Write": near.Write} {
			if n, err := call(nil); n != 0 || err != nil {
				t.Errorf("%s answered %d and %v, want 0 and nil", name, n, err)
			}
		}
	})
	t.Run("addresses", func(t *testing.T) {
		_, near, far := nearFar(t)
		if got, want := near.RemoteAddr().String(), far.LocalAddr().String(); got != want {
			t.Errorf("the remote address is %s, want %s", got, want)
		}
		if got, want := near.LocalAddr().String(), far.RemoteAddr().String(); got != want {
			t.Errorf("the local address is %s, want %s", got, want)
		}
	})
	t.Run("what came before the end is read first", func(t *testing.T) {
		_, near, far := nearFar(t)
		send(t, far, "the last words")
		_ = far.Close()
		expect(t, near, "the last words")
		wantEnd(t, near)
		wantEnd(t, near)
	})
}

// run1 is the length of the run of equal bytes that p begins with.
func run1(p []byte) int {
	n := 0
	for n < len(p) && p[n] == p[0] {
		n++
	}
	return n
}

func TestNetConnDeadline(t *testing.T) {
	past, soon, later := time.Unix(1, 0), 5*time.Millisecond, time.Hour
	for _, tt := range []struct {
		name string
		set  func(*reactor.NetConn, time.Time) error
		call func(testing.TB, net.Conn) <-chan netAnswer // waits
		now  func(net.Conn) (int, error)                 // fails at once, or would wait
	}{
		{"Read", (*reactor.NetConn).SetReadDeadline, reading, func(c net.Conn) (int, error) { return c.Read(make([]byte, 1)) }},
		{"Write", (*reactor.NetConn).SetWriteDeadline, writing, func(c net.Conn) (int, error) { return c.Write(make([]byte, 1)) }},
		{"Read by SetDeadline", (*reactor.NetConn).SetDeadline, reading, func(c net.Conn) (int, error) { return c.Read(make([]byte, 1)) }},
		{"Write by SetDeadline", (*reactor.NetConn).SetDeadline, writing, func(c net.Conn) (int, error) { return c.Write(make([]byte, 1)) }},
	} {
		set := func(c *reactor.NetConn, at time.Time) {
			t.Helper()
			if err := tt.set(c, at); err != nil {
				t.Errorf("setting the deadline answered %v, want nil", err)
			}
		}
		t.Run(tt.name+": past", func(t *testing.T) {
			_, near, far := nearFar(t)
			send(t, far, "there is something to read")
			set(near, past)
			for range 3 {
				_, err := tt.now(near)
				wantTimeout(t, err)
			}
		})
		t.Run(tt.name+": set to the past while it waits", func(t *testing.T) {
			_, near, _ := nearFar(t)
			answered := tt.call(t, near)
			set(near, past)
			wantTimeout(t, wait(t, answered, "the call").err)
		})
		t.Run(tt.name+": comes while it waits", func(t *testing.T) {
			_, near, _ := nearFar(t)
			answered := tt.call(t, near)
			set(near, time.Now().Add(soon))
			wantTimeout(t, wait(t, answered, "the call").err)
		})
		t.Run(tt.name+": moved closer while it waits", func(t *testing.T) {
			_, near, _ := nearFar(t)
			set(near, time.Now().Add(later))
			answered := tt.call(t, near)
			set(near, time.Now().Add(soon))
			wantTimeout(t, wait(t, answered, "the call").err)
		})
		t.Run(tt.name+": moved away and cleared while it waits", func(t *testing.T) {
			_, near, _ := nearFar(t)
			set(near, time.Now().Add(later))
			answered := tt.call(t, near)
			set(near, time.Now().Add(2*later))
			set(near, time.Time{})
			parked(t, "sync.Cond.Wait", "reactor.(*NetConn)")
			nothing(t, answered, "an answer")
			_ = near.Close()
			wantIs(t, wait(t, answered, "the call").err, net.ErrClosed)
		})
		t.Run(tt.name+": passed, then moved", func(t *testing.T) {
			_, near, far := nearFar(t)
			set(near, past)
			_, err := tt.now(near)
			wantTimeout(t, err)
			set(near, time.Now().Add(later))
			send(t, far, "!")
			if n, err := tt.now(near); n != 1 || err != nil {
				t.Errorf("got %d and %v, want 1 and nil", n, err)
			}
		})
		t.Run(tt.name+": races with many moves", func(t *testing.T) {
			_, near, _ := nearFar(t)
			var wg sync.WaitGroup
			for w := range 4 {
				wg.Go(func() {
					for i := range 200 {
						set(near, time.Now().Add(time.Duration(w*i)*time.Microsecond))
					}
				})
			}
			answered := begin(func() (int, error) {
				for {
					if n, err := tt.now(near); err != nil {
						return n, err
					}
				}
			})
			wantTimeout(t, wait(t, answered, "the call").err)
			wg.Wait()
			set(near, past)
			_, err := tt.now(near)
			wantTimeout(t, err)
		})
	}
	t.Run("the deadline of one direction leaves the other alone", func(t *testing.T) {
		_, near, far := nearFar(t)
		_ = near.SetReadDeadline(past)
		send(t, near, "goes out")
		expect(t, far, "goes out")
		_ = near.SetReadDeadline(time.Time{})
		_ = near.SetWriteDeadline(past)
		send(t, far, "comes in")
		expect(t, near, "comes in")
	})
	t.Run("a Write that gives up tells how much of it is sent", func(t *testing.T) {
		l, near, far := nearFar(t)
		data := pattern(stuckBytes, 7)
		answered := netWaiting(t, inWrite, func() (int, error) { return near.Write(data) })
		for left := 0; left == 0; { // until the kernel takes no more
			l.do(func() { left = near.Transport().Buffered() })
		}
		_ = near.SetWriteDeadline(past)
		gave := wait(t, answered, "the call")
		wantTimeout(t, gave.err)
		if gave.n <= 0 || gave.n >= len(data) {
			t.Fatalf("Write answered %d, want a part of %d", gave.n, len(data))
		}
		clear(data[gave.n:]) // it is the caller's again
		_ = near.SetWriteDeadline(time.Time{})
		more := begin(func() (int, error) { return near.Write([]byte("and on")) })
		got := make([]byte, gave.n)
		if _, err := io.ReadFull(far, got); err != nil {
			t.Fatal(err)
		}
		sameBytes(t, got, data[:gave.n])
		expect(t, far, "and on")
		if got := wait(t, more, "the next Write"); got != (netAnswer{6, nil}) {
			t.Errorf("the next Write answered %v, want 6 and no error", got)
		}
		_ = near.CloseWrite()
		expectEnd(t, far)
	})
}

// wantTimeout wants what every net.Conn answers when a deadline has passed.
func wantTimeout(t testing.TB, err error) {
	t.Helper()
	wantIs(t, err, os.ErrDeadlineExceeded)
	var e net.Error
	if !errors.As(err, &e) || !e.Timeout() {
		t.Errorf("got %v, want a net.Error whose Timeout is true", err)
	}
}

func TestNetConnClose(t *testing.T) {
	t.Run("while Read and Write wait", func(t *testing.T) {
		_, near, _ := nearFar(t)
		read, write := reading(t, near), writing(t, near)
		second := begin(func() (int, error) { return near.Read(make([]byte, 1)) })
		if err := near.Close(); err != nil {
			t.Errorf("Close answered %v, want nil", err)
		}
		wantIs(t, wait(t, read, "Read").err, net.ErrClosed)
		wantIs(t, wait(t, write, "Write").err, net.ErrClosed)
		wantIs(t, wait(t, second, "a second Read").err, net.ErrClosed)
	})
	t.Run("afterwards everything is refused", func(t *testing.T) {
		_, near, far := nearFar(t)
		send(t, far, "unread")
		_ = near.Close()
		_, readErr := near.Read(make([]byte, 1))
		_, writeErr := near.Write([]byte("x"))
		for _, got := range []struct {
			op  string
			err error
		}{
			{"read", readErr}, {"write", writeErr}, {"close", near.Close()}, {"close", near.CloseWrite()},
			{"set", near.SetDeadline(time.Now())}, {"set", near.SetReadDeadline(time.Time{})},
		} {
			wantIs(t, got.err, net.ErrClosed)
			wantOp(t, got.err, got.op, near)
		}
	})
	t.Run("delivers what Write has accepted", func(t *testing.T) {
		_, near, far := nearFar(t)
		want := pattern(8<<20, 3)
		sent := begin(func() (int, error) {
			sendCut(t, near, want, rand.New(rand.NewPCG(3, 3)), 20_000)
			return 0, near.Close()
		})
		got, err := io.ReadAll(far)
		if err != nil {
			t.Error(err)
		}
		sameBytes(t, got, want)
		wait(t, sent, "Close")
	})
	t.Run("Read, Write and Close at once", func(t *testing.T) {
		l := start(t)
		listener := listenNet(t, l)
		for range 40 {
			near := dialNet(t, l, listener.Addr())
			far, err := listener.Accept()
			if err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			for _, c := range []net.Conn{near, far} {
				wg.Go(func() { _, _ = io.Copy(io.Discard, c) })
				wg.Go(func() {
					for {
						if _, err := c.Write(make([]byte, 40_000)); err != nil {
							return
						}
					}
				})
			}
			_ = far.Close()
			wg.Go(func() { _ = near.Close() })
			wg.Wait()
		}
	})
}

// wantOp wants a *net.OpError of an operation on c.
func wantOp(t testing.TB, err error, op string, c net.Conn) {
	t.Helper()
	var e *net.OpError
	if !errors.As(err, &e) {
		t.Errorf("got %v (%T), want a *net.OpError", err, err)
		return
	}
	if e.Op != op || e.Net != "tcp" || e.Addr.String() != c.RemoteAddr().String() || e.Source.String() != c.LocalAddr().String() {
		t.Errorf("got %q %q %v %v, want %q on tcp between %v and %v", e.Op, e.Net, e.Source, e.Addr, op, c.LocalAddr(), c.RemoteAddr())
	}
}

func TestNetConnHalfClose(t *testing.T) {
	t.Run("T30 CloseWrite: the peer reads the end, and its bytes still come", func(t *testing.T) {
		_, near, far := nearFar(t)
		want := pattern(3<<20, 4)
		done := begin(func() (int, error) {
			n, err := near.Write(want)
			_ = near.CloseWrite()
			return n, err
		})
		got, err := io.ReadAll(far)
		if err != nil {
			t.Error(err)
		}
		sameBytes(t, got, want)
		wait(t, done, "CloseWrite")
		send(t, far, "answer")
		expect(t, near, "answer")
		_ = far.Close()
		wantEnd(t, near)
		_, err = near.Write([]byte("x"))
		wantIs(t, err, syscall.EPIPE)
		if err := near.CloseWrite(); err != nil {
			t.Errorf("a second CloseWrite answered %v, want nil", err)
		}
	})
	t.Run("T30 the peer's half: Read is at the end, Write goes on", func(t *testing.T) {
		_, near, far := nearFar(t)
		send(t, far, "question")
		_ = far.CloseWrite()
		expect(t, near, "question")
		wantEnd(t, near)
		want := pattern(3<<20, 5)
		done := begin(func() (int, error) {
			sendCut(t, near, want, rand.New(rand.NewPCG(5, 5)), 200_000)
			return 0, near.Close()
		})
		got, err := io.ReadAll(far)
		if err != nil {
			t.Error(err)
		}
		sameBytes(t, got, want)
		wait(t, done, "Close")
	})
	t.Run("T30 CloseWrite while Write waits", func(t *testing.T) {
		_, near, far := nearFar(t)
		answered := writing(t, near)
		if err := near.CloseWrite(); err != nil {
			t.Errorf("CloseWrite answered %v, want nil", err)
		}
		gave := wait(t, answered, "Write")
		wantIs(t, gave.err, syscall.EPIPE)
		if got, err := io.Copy(io.Discard, far); int(got) != gave.n || err != nil {
			t.Errorf("the peer got %d bytes and %v, want %d and the end", got, err, gave.n)
		}
	})
}

func TestNetConnLoss(t *testing.T) {
	t.Run("T20 reset while Read waits", func(t *testing.T) {
		_, near, far := nearFar(t)
		read := reading(t, near)
		reset(far)
		err := wait(t, read, "Read").err
		wantIs(t, err, syscall.ECONNRESET, reactor.ErrConnectionLost)
		wantOp(t, err, "read", near)
		_, err = near.Write([]byte("x"))
		wantIs(t, err, syscall.ECONNRESET)
		wantOp(t, err, "write", near)
	})
	t.Run("T20 reset while Write waits", func(t *testing.T) {
		_, near, far := nearFar(t)
		write := writing(t, near)
		reset(far)
		wantIs(t, wait(t, write, "Write").err, syscall.ECONNRESET)
	})
	t.Run("R06 the reactor stops while Read and Write wait", func(t *testing.T) {
		l := start(t, reactor.WithFlushTimeout(0))
		near, _ := netPair(t, l, true, false)
		read, write := reading(t, near), writing(t, near)
		_ = l.Stop()
		wantIs(t, wait(t, read, "Read").err, reactor.ErrConnectionLost)
		wantIs(t, wait(t, write, "Write").err, reactor.ErrConnectionLost)
		l.finish()
		_, err := near.Write([]byte("x"))
		wantIs(t, err, reactor.ErrConnectionLost)
		if err := near.Close(); err != nil {
			t.Errorf("Close answered %v, want nil", err)
		}
	})
	t.Run("R06 what Write has accepted before Stop is sent", func(t *testing.T) {
		l := start(t, reactor.WithFlushTimeout(guard))
		near, far := netPair(t, l, true, false)
		short := bytes.Repeat([]byte("0123456789"), 3000)
		sent := 0
		_ = near.SetWriteDeadline(time.Now().Add(20 * time.Millisecond)) // until nothing moves any more
		for {
			n, err := near.Write(short)
			sent += n
			if err != nil {
				break
			}
		}
		_ = l.Stop()
		if got, err := io.Copy(io.Discard, far); int(got) != sent || err != nil {
			t.Errorf("the peer got %d bytes and %v, want %d and the end", got, err, sent)
		}
	})
}

func TestNetConnOnTheLoop(t *testing.T) {
	l, near, far := nearFar(t)
	listener := listenNet(t, l)
	l.do(func() {
		for name, call := range map[string]func() error{
			"Read":         func() error { _, err := near.Read(make([]byte, 1)); return err },
			"a long Write": func() error { _, err := near.Write(make([]byte, 1<<20)); return err },
			"Accept":       func() error { _, err := listener.Accept(); return err },
			"DialNet":      func() error { _, err := reactor.DialNet(t.Context(), l.Reactor, "tcp", "127.0.0.1:1"); return err },
		} {
			if err := call(); !errors.Is(err, deferred.ErrAwaitOnLoop) {
				t.Errorf("%s answered %v, want %v", name, err, deferred.ErrAwaitOnLoop)
			}
		}
		if n, err := near.Write([]byte("short")); n != 5 || err != nil {
			t.Errorf("a short Write answered %d and %v, want 5 and nil", n, err)
		}
	})
	expect(t, far, "short")
	read := reading(t, near)
	l.do(func() {
		if _, err := near.Read(make([]byte, 1)); !errors.Is(err, deferred.ErrAwaitOnLoop) {
			t.Errorf("Read behind another one answered %v, want %v", err, deferred.ErrAwaitOnLoop)
		}
	})
	send(t, far, "x")
	if got := wait(t, read, "Read"); got != (netAnswer{1, nil}) {
		t.Errorf("Read answered %v, want 1 and no error", got)
	}
	l.do(func() {
		if err := listener.Close(); err != nil {
			t.Errorf("Close of the listener answered %v, want nil", err)
		}
		if err := near.Close(); err != nil {
			t.Errorf("Close answered %v, want nil", err)
		}
	})
	expectEnd(t, far)
}
