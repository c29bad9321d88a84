package reactor_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
)

// readSlowly reads everything, a little at a time at first, so that the writer's side fills up.
func readSlowly(r io.Reader, rnd *rand.Rand) ([]byte, error) {
	var all bytes.Buffer
	buf := make([]byte, 1<<18)
	for {
		most := 1 + rnd.IntN(len(buf))
		if all.Len() < 1<<16 {
			most = 1 + rnd.IntN(256)
		}
		n, err := r.Read(buf[:most])
		all.Write(buf[:n])
		if err == io.EOF {
			return all.Bytes(), nil
		}
		if err != nil {
			return all.Bytes(), err
		}
	}
}

func TestWrite(t *testing.T) {
	t.Run("50 MiB and LoseConnection to a slow reader loses nothing", func(t *testing.T) {
		want := pattern(50<<20, 50)
		for _, chatty := range []bool{false, true} {
			l := start(t)
			p := newProbe()
			far, _ := connected(t, l, p)
			l.do(func() {
				n, err := p.Transport().Write(want)
				if n != len(want) || err != nil {
					t.Errorf("Write answered %d and %v, want %d and nil", n, err, len(want))
				}
				p.Transport().LoseConnection()
			})
			if chatty {
				go func() {
					for err := error(nil); err == nil; {
						_, err = far.Write(want[:1<<14])
					}
				}()
			}
			got, err := readSlowly(far, rand.New(rand.NewPCG(1, 2)))
			if err != nil {
				t.Errorf("peer that sends %v: got %v, want the end of the stream", chatty, err)
			}
			sameBytes(t, got, want)
			wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrConnectionDone)
			_ = far.Close()
		}
	})
	t.Run("a peer that has sent much more than was read sees the end, not a reset", func(t *testing.T) {
		for range 20 {
			l := start(t)
			p := newProbe()
			p.made = func(p *probe) { p.Transport().PauseProducing() }
			far, _ := connected(t, l, p)
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				junk := make([]byte, 1<<20)
				for err := error(nil); err == nil; {
					_, err = far.Write(junk)
				}
			}()
			l.do(func() {
				_, _ = p.Transport().Write([]byte("bye"))
				p.Transport().LoseConnection()
			})
			expect(t, far, "bye")
			expectEnd(t, far)
			_ = far.Close()
			wait(t, sent, "the peer's writer")
			l.finish()
		}
	})
	t.Run("T24 1 MiB from connectionMade, the peer reads late", func(t *testing.T) {
		l := start(t)
		want := pattern(1<<20, 24)
		p := newProbe()
		p.made = func(p *probe) {
			if n, err := p.Transport().Write(want); n != len(want) || err != nil {
				t.Errorf("Write answered %d and %v, want %d and nil", n, err, len(want))
			}
		}
		far, _ := connected(t, l, p)
		l.do(func() { _, _ = p.Transport().Write([]byte("end")) })
		got := make([]byte, len(want)+3)
		if _, err := io.ReadFull(far, got); err != nil {
			t.Fatal(err)
		}
		sameBytes(t, got, append(want, "end"...))
	})
	t.Run("T25 WriteSequence is the same as many writes", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		far, _ := connected(t, l, p)
		l.do(func() {
			n, err := p.Transport().WriteSequence([]byte("ab"), nil, []byte("c"), []byte("def"))
			if n != 6 || err != nil {
				t.Errorf("got %d and %v, want 6 and nil", n, err)
			}
			if n, err := p.Transport().WriteSequence(); n != 0 || err != nil {
				t.Errorf("nothing: got %d and %v, want 0 and nil", n, err)
			}
		})
		expect(t, far, "abcdef")
	})
	t.Run("the caller's bytes are copied", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		far, _ := connected(t, l, p)
		l.do(func() {
			b := []byte("right")
			_, _ = p.Transport().Write(b)
			copy(b, "WRONG")
		})
		expect(t, far, "right")
	})
	t.Run("what one callback writes leaves when it returns, not before", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		far, _ := connected(t, l, p)
		l.do(func() {
			for _, s := range []string{"in ", "one ", "piece"} {
				_, _ = p.Transport().Write([]byte(s))
			}
			if got := p.Transport().Buffered(); got != len("in one piece") {
				t.Errorf("got %d bytes buffered, want %d", got, len("in one piece"))
			}
		})
		expect(t, far, "in one piece")
		l.do(func() {
			if got := p.Transport().Buffered(); got != 0 {
				t.Errorf("got %d bytes buffered, want 0", got)
			}
		})
	})
	t.Run("order is kept for all sizes, around and over the direct path", func(t *testing.T) {
		const seed = 16
		rnd := rand.New(rand.NewPCG(seed, seed))
		l := start(t)
		p := newProbe()
		far, _ := connected(t, l, p)
		want := pattern(12<<20, seed)
		cut := pieces(want, rnd, 40<<10)
		go func() {
			for i := 0; i < len(cut); {
				batch := cut[i:min(i+1+rnd.IntN(6), len(cut))]
				i += len(batch)
				_ = l.CallFromThread(func() {
					for _, piece := range batch {
						_, _ = p.Transport().Write(piece)
					}
				})
			}
			_ = l.CallFromThread(p.Transport().LoseConnection)
		}()
		got, err := readSlowly(far, rand.New(rand.NewPCG(3, seed)))
		if err != nil {
			t.Errorf("seed %d: got %v, want the end of the stream", seed, err)
		}
		sameBytes(t, got, want)
	})
	t.Run("ErrBufferFull when the peer lets more than the limit pile up", func(t *testing.T) {
		const limit = 1 << 20
		l := start(t, reactor.WithMaxBuffered(limit))
		p := newProbe()
		far, _ := connected(t, l, p)
		l.do(func() {
			tr := p.Transport()
			piece := make([]byte, 64<<10)
			for i := 0; ; i++ {
				before := tr.Buffered()
				n, err := tr.Write(piece)
				if err == nil {
					if before >= limit || i > 1000 {
						t.Fatalf("a write with %d bytes waiting was accepted, the limit is %d", before, limit)
					}
					continue
				}
				wantIs(t, err, reactor.ErrBufferFull)
				if n != 0 || before < limit || before > limit+len(piece) {
					t.Errorf("got n = %d with %d bytes waiting, want 0 with about %d", n, before, limit)
				}
				break
			}
			_, err := tr.Write(piece)
			wantIs(t, err, reactor.ErrWriteAfterClose)
			nothing(t, p.lost, "a loss inside Write")
		})
		wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrBufferFull, reactor.ErrConnectionLost)
		expectReset(t, far)
	})
	t.Run("the peer ends its side while output is pending: everything arrives", func(t *testing.T) {
		l := start(t)
		want := pattern(20<<20, 7)
		p := newProbe()
		p.made = func(p *probe) { _, _ = p.Transport().Write(want) }
		far, _ := connected(t, l, p)
		_ = far.CloseWrite()
		got, err := readSlowly(far, rand.New(rand.NewPCG(4, 4)))
		if err != nil {
			t.Errorf("got %v, want the end of the stream", err)
		}
		sameBytes(t, got, want)
		wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrConnectionDone)
	})
	t.Run("an answer to the last request of a peer that has ended its side arrives", func(t *testing.T) {
		l := start(t)
		port := l.listen(echoFactory)
		c := dial(t, port.Addr())
		send(t, c, "question")
		_ = c.CloseWrite()
		expect(t, c, "question")
		expectEnd(t, c)
	})
	t.Run("T20 a write to a peer that is gone is the loss of the connection", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		p.made = func(p *probe) { p.Transport().PauseProducing() }
		far, _ := connected(t, l, p)
		reset(far)
		l.do(func() { _, _ = p.Transport().Write([]byte("x")) })
		err := wait(t, p.lost, "ConnectionLost")
		wantIs(t, err, reactor.ErrConnectionLost)
		if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
			t.Errorf("got %v, want a reset or a broken pipe", err)
		}
	})
	t.Run("a closing connection whose peer takes nothing is given up after a minute", func(t *testing.T) {
		now := new(clock)
		l := start(t, reactor.WithClock(now.Now))
		p := newProbe()
		far, _ := connected(t, l, p)
		l.do(func() {
			_, _ = p.Transport().Write(make([]byte, 32<<20))
			p.Transport().LoseConnection()
		})
		l.pass(now, 59*time.Second)
		nothing(t, p.lost, "a loss before its time")
		for i := 0; i < 100 && len(p.lost) == 0; i++ { // the kernel may have taken a little more meanwhile
			l.pass(now, 61*time.Second)
		}
		wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrConnectionLost, reactor.ErrTimeout)
		expectReset(t, far)
	})
}

func TestPause(t *testing.T) {
	t.Run("T26 paused inside connectionMade", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		p.made = func(p *probe) { p.Transport().PauseProducing() }
		far, _ := connected(t, l, p)
		send(t, far, "waits")
		l.do(func() {})
		l.do(func() {
			if got := p.in.got(); got != "" {
				t.Errorf("got %q while paused, want nothing", got)
			}
			p.Transport().ResumeProducing()
		})
		if got := p.in.wait(t, 5); got != "waits" {
			t.Errorf("got %q, want %q", got, "waits")
		}
	})
	t.Run("the peer's sending backs up, and goes on", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		p.made = func(p *probe) { p.Transport().PauseProducing() }
		far, _ := connected(t, l, p)
		want := pattern(24<<20, 30)
		f := newFlood()
		go f.write(far, want)
		f.stuck(t)
		l.do(func() {
			if got := p.in.got(); got != "" {
				t.Errorf("got %d bytes while paused, want none", len(got))
			}
			p.Transport().ResumeProducing()
		})
		sameBytes(t, []byte(p.in.wait(t, len(want))), want)
		wait(t, f.done, "the peer's writer")
	})
	t.Run("paused after every piece", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		p.data = func(p *probe, data []byte) {
			p.in.add(data)
			p.Transport().PauseProducing()
			_ = l.CallFromThread(p.Transport().ResumeProducing)
		}
		far, _ := connected(t, l, p)
		want := pattern(4<<20, 4)
		go func() { _, _ = far.Write(want) }()
		sameBytes(t, []byte(p.in.wait(t, len(want))), want)
	})
	t.Run("T27 paused, the peer closes, resumed: data first, then the loss", func(t *testing.T) {
		l := start(t)
		var j journal
		p := newProbe()
		p.made = func(p *probe) { p.Transport().PauseProducing() }
		p.data = func(_ *probe, data []byte) { j.add("%s", data) }
		p.gone = func(_ *probe, err error) { j.add("%v", err) }
		far, c := connected(t, l, p)
		send(t, far, "data")
		_ = far.Close()
		l.do(func() {})
		j.want(t)
		l.do(p.Transport().ResumeProducing)
		wait(t, c.lost, "ClientConnectionLost")
		j.want(t, "data", "Connection was closed cleanly.")
	})
	t.Run("T28 resumeProducing after loseConnection does not read", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		p.data = func(*probe, []byte) { t.Error("DataReceived after LoseConnection") }
		far, _ := connected(t, l, p)
		l.do(func() {
			_, _ = p.Transport().Write(make([]byte, 32<<20)) // keeps it open for a while
			p.Transport().PauseProducing()
			p.Transport().LoseConnection()
			p.Transport().ResumeProducing()
			send(t, far, "x")
		})
		l.do(func() {})
		if n, err := io.Copy(io.Discard, far); n != 32<<20 || err != nil {
			t.Errorf("the peer got %d bytes and %v, want %d and nil", n, err, 32<<20)
		}
		wait(t, p.lost, "ConnectionLost")
		l.do(p.Transport().ResumeProducing)
	})
	t.Run("T29 paused, the peer closed, then many writes: the loss still comes", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		p.made = func(p *probe) { p.Transport().PauseProducing() }
		far, c := connected(t, l, p)
		_ = far.Close()
		var write func()
		write = func() {
			if _, err := p.Transport().Write([]byte("anybody?")); err == nil {
				l.CallLater(0, write)
			}
		}
		l.do(write)
		wantIs(t, wait(t, c.lost, "ClientConnectionLost"), reactor.ErrConnectionLost)
	})
	t.Run("a paused loop does not spin", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		p.made = func(p *probe) { p.Transport().PauseProducing() }
		far, _ := connected(t, l, p)
		send(t, far, strings.Repeat("x", 1000))
		_ = far.CloseWrite()
		before := cpuTime(t)
		ticked := make(chan struct{})
		l.do(func() { l.CallLater(200*time.Millisecond, func() { close(ticked) }) })
		wait(t, ticked, "the timer")
		if used := cpuTime(t) - before; used > 150*time.Millisecond {
			t.Errorf("200 ms of waiting took %v of CPU", used)
		}
	})
}

// flood writes in small pieces, and shows how far it has come.
type flood struct {
	written atomic.Int64
	done    chan struct{} // closed when everything is written, or nothing more can be
}

func newFlood() *flood { return &flood{done: make(chan struct{})} }

func (f *flood) write(w io.Writer, p []byte) {
	defer close(f.done)
	for len(p) > 0 {
		n, err := w.Write(p[:min(len(p), 16<<10)])
		f.written.Add(int64(n))
		if err != nil {
			return
		}
		p = p[n:]
	}
}

// stuck waits until nothing more is taken.
func (f *flood) stuck(t testing.TB) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	last := int64(-1)
	for same := 0; same < 30; same++ {
		if now := f.written.Load(); now != last || now == 0 {
			same, last = 0, now
		}
		wait(t, tick.C, "a tick")
		select {
		case <-f.done:
			t.Fatalf("all of the flood was taken: %d bytes", f.written.Load())
		default:
		}
	}
}

// puller is a producer that writes a piece each time it is asked.
type puller struct {
	p       *probe
	pieces  [][]byte
	asked   int
	paused  int
	stopped int
	after   func()
}

func (u *puller) PauseProducing() { u.paused++ }
func (u *puller) StopProducing()  { u.stopped++ }

func (u *puller) ResumeProducing() {
	u.asked++
	if len(u.pieces) == 0 {
		u.p.Transport().UnregisterProducer()
		if u.after != nil {
			u.after()
		}
		return
	}
	_, _ = u.p.Transport().Write(u.pieces[0])
	u.pieces = u.pieces[1:]
}

// streamer is a producer that writes, in turns of its own, until it is paused.
type streamer struct {
	l       *loop
	p       *probe
	left    []byte
	running bool
	pauses  int
	resumes int
	stops   int
	most    int // bytes that waited at one time
}

func (s *streamer) PauseProducing() { s.pauses++; s.running = false }
func (s *streamer) StopProducing()  { s.stops++; s.running = false }

func (s *streamer) ResumeProducing() {
	s.resumes++
	s.running = true
	s.produce()
}

func (s *streamer) produce() {
	for range 8 {
		if !s.running {
			return
		}
		n := min(5000, len(s.left))
		_, _ = s.p.Transport().Write(s.left[:n])
		s.left = s.left[n:]
		s.most = max(s.most, s.p.Transport().Buffered())
		if len(s.left) == 0 {
			s.running = false
			s.p.Transport().UnregisterProducer()
			return
		}
	}
	s.l.CallLater(0, s.produce)
}

func TestProducer(t *testing.T) {
	t.Run("T32 streaming: paused once over 64 KiB, resumed when empty, memory bounded", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		far, _ := connected(t, l, p)
		want := pattern(24<<20, 32)
		s := &streamer{l: l, p: p, left: want, running: true}
		l.do(func() {
			if err := p.Transport().RegisterProducer(s, true); err != nil {
				t.Errorf("got %v, want nil", err)
			}
			p.Transport().LoseConnection() // waits for the producer
			s.produce()
		})
		got, err := readSlowly(far, rand.New(rand.NewPCG(32, 32)))
		if err != nil {
			t.Errorf("got %v, want the end of the stream", err)
		}
		sameBytes(t, got, want)
		wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrConnectionDone)
		l.do(func() {
			if s.pauses == 0 || s.resumes != s.pauses || s.stops != 0 {
				t.Errorf("got %d pauses, %d resumes and %d stops, want as many resumes as pauses and no stop", s.pauses, s.resumes, s.stops)
			}
			if s.most > 64<<10+5000 {
				t.Errorf("up to %d bytes waited, want at most 64 KiB and one piece", s.most)
			}
		})
	})
	t.Run("T32 paused once however much is written meanwhile", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		far, _ := connected(t, l, p)
		s := &streamer{l: l, p: p}
		l.do(func() {
			_ = p.Transport().RegisterProducer(s, true)
			for range 100 {
				_, _ = p.Transport().Write(make([]byte, 1<<16))
			}
			if s.pauses != 1 || s.resumes != 0 {
				t.Errorf("got %d pauses and %d resumes, want 1 and 0", s.pauses, s.resumes)
			}
			s.left = []byte("the end")
		})
		if _, err := io.ReadFull(far, make([]byte, 100<<16)); err != nil {
			t.Fatal(err)
		}
		expect(t, far, "the end")
		l.do(func() {
			if s.pauses != 1 || s.resumes != 1 {
				t.Errorf("got %d pauses and %d resumes, want 1 and 1", s.pauses, s.resumes)
			}
		})
	})
	t.Run("T32 registered with too much waiting already", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		connected(t, l, p)
		l.do(func() {
			s := &streamer{l: l, p: p}
			_, _ = p.Transport().Write(make([]byte, 16<<20))
			_ = p.Transport().RegisterProducer(s, true)
			if s.pauses != 1 {
				t.Errorf("got %d pauses, want 1", s.pauses)
			}
		})
	})
	t.Run("T33 pull: asked at registration and after every drain, never paused", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		far, _ := connected(t, l, p)
		want := pattern(8<<20, 33)
		u := &puller{p: p, pieces: pieces(want, rand.New(rand.NewPCG(33, 33)), 300<<10)}
		asks := len(u.pieces) + 1
		u.after = p.Transport().LoseConnection
		l.do(func() {
			_ = p.Transport().RegisterProducer(u, false)
			if u.asked != 1 {
				t.Errorf("asked %d times by the registration, want 1", u.asked)
			}
		})
		got, err := readSlowly(far, rand.New(rand.NewPCG(33, 34)))
		if err != nil {
			t.Errorf("got %v, want the end of the stream", err)
		}
		sameBytes(t, got, want)
		wait(t, p.lost, "ConnectionLost")
		l.do(func() {
			if u.asked != asks || u.paused != 0 || u.stopped != 0 {
				t.Errorf("asked %d times, paused %d, stopped %d; want %d, 0, 0", u.asked, u.paused, u.stopped, asks)
			}
		})
	})
	t.Run("T34 a second one is refused, until the first one is gone", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		connected(t, l, p)
		l.do(func() {
			tr := p.Transport()
			_ = tr.RegisterProducer(&streamer{}, true)
			wantIs(t, tr.RegisterProducer(&streamer{}, true), reactor.ErrProducerRegistered)
			tr.UnregisterProducer()
			tr.UnregisterProducer()
			if err := tr.RegisterProducer(&streamer{}, true); err != nil {
				t.Errorf("got %v, want nil", err)
			}
		})
	})
	t.Run("T35 registered on a lost transport", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		_, c := connected(t, l, p)
		l.do(p.Transport().AbortConnection)
		wait(t, c.lost, "ClientConnectionLost")
		l.do(func() {
			s := &streamer{}
			if err := p.Transport().RegisterProducer(s, true); err != nil || s.stops != 1 || s.resumes != 0 {
				t.Errorf("got %v, %d stops and %d resumes, want nil, 1 and 0", err, s.stops, s.resumes)
			}
		})
	})
	t.Run("T36 LoseConnection waits for the producer", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		far, _ := connected(t, l, p)
		l.do(func() {
			_ = p.Transport().RegisterProducer(&streamer{}, true)
			p.Transport().LoseConnection()
			if n, err := p.Transport().Write([]byte("still ")); n != 6 || err != nil {
				t.Errorf("got %d and %v, want 6 and nil", n, err)
			}
		})
		expect(t, far, "still ")
		l.do(func() {
			nothing(t, p.lost, "a loss before the producer is done")
			_, _ = p.Transport().Write([]byte("here"))
			p.Transport().UnregisterProducer()
			_, err := p.Transport().Write([]byte("x"))
			wantIs(t, err, reactor.ErrWriteAfterClose)
		})
		expect(t, far, "here")
		expectEnd(t, far)
		wantIs(t, wait(t, p.lost, "ConnectionLost"), reactor.ErrConnectionDone)
	})
	t.Run("T37 stopped once when the connection is lost", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		far, c := connected(t, l, p)
		s := &streamer{}
		l.do(func() { _ = p.Transport().RegisterProducer(s, true) })
		reset(far)
		wait(t, c.lost, "ClientConnectionLost")
		l.do(func() {
			p.Transport().UnregisterProducer()
			if s.stops != 1 {
				t.Errorf("got %d stops, want 1", s.stops)
			}
		})
	})
	t.Run("a transport is the producer of another one: a proxy", func(t *testing.T) {
		l := start(t)
		target := peer(t)
		out := newProbe()
		port := l.listen(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &proxy{l: l, to: target.Addr().(*net.TCPAddr).Port, out: out} }))
		near := dial(t, port.Addr())
		want := pattern(20<<20, 20)
		go func() {
			_, _ = near.Write(want)
			_ = near.CloseWrite()
		}()
		got, err := readSlowly(accept(t, target), rand.New(rand.NewPCG(2, 0)))
		if err != nil {
			t.Errorf("got %v, want the end of the stream", err)
		}
		sameBytes(t, got, want)
	})
}

// proxy passes what it gets on to a second connection, no faster than that one takes it.
type proxy struct {
	reactor.BaseProtocol
	l   *loop
	to  int
	out *probe
}

func (x *proxy) ConnectionMade() {
	x.Transport().PauseProducing()
	x.out.made = func(out *probe) {
		_ = out.Transport().RegisterProducer(x.Transport(), true)
		x.Transport().ResumeProducing()
	}
	x.l.ConnectTCP("127.0.0.1", x.to, clientOf(x.out))
}

func (x *proxy) DataReceived(data []byte) { _, _ = x.out.Transport().Write(data) }

func (x *proxy) ConnectionLost(error) {
	x.out.Transport().UnregisterProducer()
	x.out.Transport().LoseConnection()
}
