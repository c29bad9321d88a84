package reactortest_test

import (
	"crypto/tls"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// connected answers a protocol on a transport, with no events yet.
func connected(t *testing.T) (*recorder, *reactortest.Transport) {
	t.Helper()
	p, tr := &recorder{}, reactortest.NewTransport(nil)
	tr.Connect(p)
	p.expect(t, "transport", "made")
	return p, tr
}

func expectWritten(t *testing.T, tr *reactortest.Transport, want string) {
	t.Helper()
	if got := string(tr.Take()); got != want {
		t.Fatalf("written %.100q, want %.100q", got, want)
	}
}

// refused checks that a write is refused and leaves nothing behind.
func refused(t *testing.T, tr *reactortest.Transport) {
	t.Helper()
	if n, err := tr.Write([]byte("late")); n != 0 || err != reactor.ErrWriteAfterClose {
		t.Errorf("Write = %d, %v, want 0, ErrWriteAfterClose", n, err)
	}
	if n, err := tr.WriteSequence([]byte("la"), []byte("te")); n != 0 || err != reactor.ErrWriteAfterClose {
		t.Errorf("WriteSequence = %d, %v, want 0, ErrWriteAfterClose", n, err)
	}
	expectWritten(t, tr, "")
}

func TestTransportDouble(t *testing.T) {
	t.Run("P21 string transport: write, value, clear, disconnecting, pause state", func(t *testing.T) {
		_, tr := connected(t)
		if n, err := tr.Write([]byte("hello")); n != 5 || err != nil {
			t.Fatalf("Write = %d, %v, want 5, nil", n, err)
		}
		if got := string(tr.Written()); got != "hello" {
			t.Errorf("Written() = %q, want %q", got, "hello")
		}
		if got := string(tr.Written()); got != "hello" {
			t.Errorf("second Written() = %q, want %q", got, "hello")
		}
		tr.Clear()
		expectWritten(t, tr, "")
		tr.PauseProducing()
		if !tr.Paused() {
			t.Error("Paused() = false after PauseProducing, want true")
		}
		tr.ResumeProducing()
		if tr.Paused() {
			t.Error("Paused() = true after ResumeProducing, want false")
		}
		if tr.Disconnecting() {
			t.Error("Disconnecting() = true, want false")
		}
		tr.StopProducing()
		if !tr.Disconnecting() {
			t.Error("Disconnecting() = false after StopProducing, want true")
		}
		tr.PauseProducing()
		if tr.Paused() {
			t.Error("Paused() = true after the end has begun, want false")
		}
	})
	t.Run("what is written is copied", func(t *testing.T) {
		_, tr := connected(t)
		p := []byte("hello")
		_, _ = tr.Write(p)
		copy(p, "XXXXX")
		tr.Written()[0] = 'Y'
		expectWritten(t, tr, "hello")
	})
	t.Run("borrowed bytes turn into noise when DataReceived returns", func(t *testing.T) {
		k, tr := &keeper{}, reactortest.NewTransport(nil)
		tr.Connect(k)
		mine := []byte("hello")
		tr.Receive(mine)
		if string(k.kept) == "hello" {
			t.Error("the protocol kept borrowed bytes and they are still there")
		}
		if string(mine) != "hello" {
			t.Errorf("the test's own bytes became %q", mine)
		}
	})
	t.Run("a callback is inside the reactor goroutine", func(t *testing.T) {
		inside := 0
		tr := reactortest.NewTransport(nil)
		count := func() {
			if deferred.OnLoop(tr.Reactor()) {
				inside++
			}
		}
		tr.OnLost(func(error) { count() })
		tr.Connect(&recorder{
			onMade: func(*recorder) { count() },
			onData: func(*recorder, string) { count() },
			onLost: func(*recorder, error) { count() },
		})
		tr.Receive([]byte("x"))
		tr.Lose(nil)
		if inside != 4 {
			t.Errorf("%d of 4 callbacks inside", inside)
		}
	})
	t.Run("addresses, TLS state, options, reactor, connector", func(t *testing.T) {
		clock := reactortest.NewClock()
		tr := reactortest.NewTransport(clock)
		var as reactor.Transport = tr
		if got := as.LocalAddr().String() + " " + as.RemoteAddr().String(); got != "192.0.2.1:49152 192.0.2.2:143" {
			t.Errorf("addresses %s", got)
		}
		tr.SetAddrs(netip.MustParseAddrPort("[2001:db8::1]:1"), netip.MustParseAddrPort("[2001:db8::2]:2"))
		if got := as.LocalAddr().String() + " " + as.RemoteAddr().String(); got != "[2001:db8::1]:1 [2001:db8::2]:2" {
			t.Errorf("addresses after SetAddrs %s", got)
		}
		if as.Reactor() != clock.Reactor() || tr.Clock() != clock {
			t.Error("Reactor or Clock is not that of the clock")
		}
		if as.Connector() != nil {
			t.Error("Connector() is not nil")
		}
		if _, ok := as.(reactor.TLSTransport).TLSState(); ok {
			t.Error("TLSState ok = true, want false at first")
		}
		tr.SetTLS(&tls.ConnectionState{Version: tls.VersionTLS13})
		if s, ok := as.(reactor.TLSTransport).TLSState(); !ok || s.Version != tls.VersionTLS13 {
			t.Errorf("TLSState = %x, %v, want TLS 1.3", s.Version, ok)
		}
		if tcp := as.(reactor.TCPTransport); tcp.SetNoDelay(false) != nil || tcp.SetKeepAlive(true) != nil {
			t.Error("a socket option was refused")
		}
		if tr.NoDelay() || !tr.KeepAlive() {
			t.Errorf("NoDelay, KeepAlive = %v, %v, want false, true", tr.NoDelay(), tr.KeepAlive())
		}
		tr.Lose(nil)
		if err := tr.SetKeepAlive(true); err != reactor.ErrWriteAfterClose {
			t.Errorf("SetKeepAlive after the loss = %v, want ErrWriteAfterClose", err)
		}
	})
	t.Run("misuse panics", func(t *testing.T) {
		tr := reactortest.NewTransport(nil)
		if got := panics(t, func() { tr.Receive([]byte("x")) }); !strings.Contains(got, "before Connect") {
			t.Errorf("panic %q", got)
		}
		tr.Connect(&recorder{})
		if got := panics(t, func() { tr.Connect(&recorder{}) }); !strings.Contains(got, "protocol already") {
			t.Errorf("panic %q", got)
		}
	})
	t.Run("a panic of the protocol reaches the test", func(t *testing.T) {
		tr := reactortest.NewTransport(nil)
		tr.Connect(&recorder{onData: func(*recorder, string) { panic("boom") }})
		if got := panics(t, func() { tr.Receive([]byte("x")) }); got != "boom" {
			t.Errorf("panic %q, want boom", got)
		}
		tr.Clock().Turn()
	})
}

// keeper keeps what it should copy.
type keeper struct {
	reactor.BaseProtocol
	kept []byte
}

func (k *keeper) DataReceived(data []byte) { k.kept = data }

func TestTransportWrite(t *testing.T) {
	t.Run("T25 writeSequence: same bytes as three writes", func(t *testing.T) {
		_, tr := connected(t)
		if n, err := tr.WriteSequence([]byte("a"), []byte("bc"), []byte("d")); n != 4 || err != nil {
			t.Errorf("WriteSequence = %d, %v, want 4, nil", n, err)
		}
		expectWritten(t, tr, "abcd")
	})
	t.Run("Hold makes writes wait until Drain and Release", func(t *testing.T) {
		_, tr := connected(t)
		tr.Hold()
		_, _ = tr.Write([]byte("abcdef"))
		if got := tr.Buffered(); got != 6 {
			t.Errorf("Buffered() = %d, want 6", got)
		}
		expectWritten(t, tr, "")
		tr.Drain(2)
		expectWritten(t, tr, "ab")
		_, _ = tr.Write([]byte("gh"))
		if got := tr.Buffered(); got != 6 {
			t.Errorf("Buffered() = %d, want 6", got)
		}
		tr.Release()
		expectWritten(t, tr, "cdefgh")
		_, _ = tr.Write([]byte("i"))
		expectWritten(t, tr, "i")
		if got := tr.Buffered(); got != 0 {
			t.Errorf("Buffered() = %d, want 0", got)
		}
	})
	t.Run("a full buffer aborts", func(t *testing.T) {
		p, tr := connected(t)
		tr.SetMaxBuffered(4)
		tr.Hold()
		if n, err := tr.Write([]byte("abcd")); n != 4 || err != nil {
			t.Fatalf("Write = %d, %v, want 4, nil", n, err)
		}
		if n, err := tr.Write([]byte("e")); n != 0 || err != reactor.ErrBufferFull {
			t.Fatalf("Write = %d, %v, want 0, ErrBufferFull", n, err)
		}
		p.expect(t)
		tr.Clock().Turn()
		p.expect(t, "lost reactor: write buffer is full")
		if !tr.Aborted() {
			t.Error("Aborted() = false, want true")
		}
		tr.Release()
		expectWritten(t, tr, "")
	})
	t.Run("T23 write, lose, abort after connectionLost do nothing", func(t *testing.T) {
		p, tr := connected(t)
		tr.Lose(nil)
		p.expect(t, done)
		refused(t, tr)
		tr.LoseConnection()
		tr.AbortConnection()
		tr.PauseProducing()
		tr.ResumeProducing()
		tr.UnregisterProducer()
		tr.Clock().Turn()
		p.expect(t)
		if tr.Reason() != reactor.ErrConnectionDone || tr.Aborted() {
			t.Errorf("Reason, Aborted = %v, %v, want ErrConnectionDone, false", tr.Reason(), tr.Aborted())
		}
	})
}

func TestTransportEnd(t *testing.T) {
	t.Run("T17 no dataReceived after loseConnection", func(t *testing.T) {
		p, tr := connected(t)
		p.onData = func(r *recorder, data string) {
			if data == "quit" {
				_, _ = r.Transport().Write([]byte("bye"))
				r.Transport().LoseConnection()
				r.note("loseConnection returned")
			}
		}
		tr.Receive([]byte("quit"))
		tr.Receive([]byte("more"))
		p.expect(t, "data quit", "loseConnection returned")
		expectWritten(t, tr, "bye")
		refused(t, tr)
		tr.Clock().Turn()
		p.expect(t, done)
		tr.Receive([]byte("still more"))
		tr.Clock().Turn()
		p.expect(t)
	})
	t.Run("T17 what waited while paused is dropped, too", func(t *testing.T) {
		p, tr := connected(t)
		tr.PauseProducing()
		tr.Receive([]byte("one"))
		tr.LoseConnection()
		tr.ResumeProducing()
		tr.Clock().Turn()
		p.expect(t, done)
	})
	t.Run("T18 abortConnection drops the buffer and reports aborted, not inside the call", func(t *testing.T) {
		p, tr := connected(t)
		tr.Hold()
		_, _ = tr.Write([]byte("unsent"))
		tr.AbortConnection()
		p.expect(t)
		if !tr.Disconnecting() || !tr.Aborted() {
			t.Errorf("Disconnecting, Aborted = %v, %v, want true, true", tr.Disconnecting(), tr.Aborted())
		}
		tr.Release()
		expectWritten(t, tr, "")
		tr.Clock().Turn()
		p.expect(t, aborted)
	})
	for name, calls := range map[string][]func(*reactortest.Transport){
		"abort twice":      {(*reactortest.Transport).AbortConnection, (*reactortest.Transport).AbortConnection},
		"abort, then lose": {(*reactortest.Transport).AbortConnection, (*reactortest.Transport).LoseConnection},
		"lose, then abort": {(*reactortest.Transport).LoseConnection, (*reactortest.Transport).AbortConnection},
	} {
		t.Run("T19 "+name+": one connectionLost", func(t *testing.T) {
			p, tr := connected(t)
			for _, call := range calls {
				call(tr)
			}
			tr.Clock().Turn()
			tr.Clock().Turn()
			p.expect(t, aborted)
		})
	}
	t.Run("T19 lose twice: one connectionLost", func(t *testing.T) {
		p, tr := connected(t)
		tr.LoseConnection()
		tr.LoseConnection()
		tr.Clock().Turn()
		tr.Clock().Turn()
		p.expect(t, done)
	})
	t.Run("loseConnection waits for what is held back", func(t *testing.T) {
		p, tr := connected(t)
		tr.Hold()
		_, _ = tr.Write([]byte("abc"))
		tr.LoseConnection()
		refused(t, tr)
		tr.Clock().Turn()
		p.expect(t)
		tr.Drain(2)
		p.expect(t)
		tr.Drain(1)
		p.expect(t, done)
		expectWritten(t, tr, "abc")
	})
	t.Run("hooks of OnLost run in order, before ConnectionLost, with the same reason", func(t *testing.T) {
		p, tr := connected(t)
		boom := errors.New("boom")
		for _, name := range []string{"a", "b"} {
			tr.OnLost(func(reason error) {
				p.note(name + " " + reason.Error())
				tr.OnLost(func(reason error) { p.note(name + "' " + reason.Error()) })
			})
		}
		tr.Lose(boom)
		p.expect(t, "a boom", "a' boom", "b boom", "b' boom", "lost boom")
		tr.OnLost(func(reason error) { p.note("late " + reason.Error()) })
		p.expect(t, "late boom")
	})
	t.Run("all hear of the loss also when one of them panics", func(t *testing.T) {
		p, tr := connected(t)
		tr.OnLost(func(error) { panic("boom") })
		tr.OnLost(func(error) { p.note("second hook") })
		if got := panics(t, func() { tr.Lose(nil) }); got != "boom" {
			t.Errorf("panic %q, want boom", got)
		}
		p.expect(t, "second hook", done)
	})
	t.Run("Receive and Lose inside a callback wait for its end", func(t *testing.T) {
		p, tr := connected(t)
		p.onData = func(r *recorder, data string) {
			if data == "first" {
				tr.Receive([]byte("second"))
				tr.Lose(reactor.ErrConnectionLost)
				r.note("returned")
			}
		}
		tr.Receive([]byte("first"))
		p.expect(t, "data first", "returned", "data second")
		tr.Clock().Turn()
		p.expect(t, lost)
	})
	t.Run("abort with a cause", func(t *testing.T) {
		boom := errors.New("boom")
		p, tr := connected(t)
		tr.AbortWith(boom)
		tr.AbortWith(errors.New("too late"))
		p.expect(t)
		tr.Clock().Turn()
		p.expect(t, aborted)
		var loss *reactor.LossError
		if err := tr.Reason(); !errors.As(err, &loss) || !errors.Is(err, boom) || !errors.Is(err, reactor.ErrConnectionAborted) {
			t.Errorf("Reason() = %v, want a LossError of ErrConnectionAborted and boom", err)
		}
		p, tr = connected(t)
		tr.AbortWith(nil)
		tr.Clock().Turn()
		p.expect(t, aborted)
		if err := tr.Reason(); err != reactor.ErrConnectionAborted {
			t.Errorf("Reason() = %v, want ErrConnectionAborted itself", err)
		}
	})
	t.Run("loseConnection inside a planned call: lost when the turn is over", func(t *testing.T) {
		p, tr := connected(t)
		tr.Reactor().CallLater(0, func() {
			tr.LoseConnection()
			p.note("loseConnection returned")
		})
		tr.Clock().Turn()
		p.expect(t, "loseConnection returned", done)
	})
	t.Run("loseConnection inside ConnectionMade and inside ConnectionLost", func(t *testing.T) {
		p, tr := &recorder{}, reactortest.NewTransport(nil)
		p.onMade = func(r *recorder) { r.Transport().LoseConnection() }
		p.onLost = func(r *recorder, _ error) { r.Transport().LoseConnection() }
		tr.Connect(p)
		p.expect(t, "transport", "made")
		tr.Clock().Turn()
		tr.Clock().Turn()
		p.expect(t, done)
	})
	t.Run("a clean end by the peer waits for what is held back, a reset does not", func(t *testing.T) {
		for name, reason := range map[string]error{done: nil, lost: reactor.ErrConnectionLost} {
			p, tr := connected(t)
			tr.Hold()
			_, _ = tr.Write([]byte("abc"))
			tr.Lose(nil)
			p.expect(t)
			tr.Lose(reason)
			tr.Release()
			p.expect(t, name)
		}
	})
}

func TestTransportPause(t *testing.T) {
	t.Run("T26 pauseProducing inside connectionMade: nothing until resume, then all of it", func(t *testing.T) {
		p, tr := &recorder{onMade: func(r *recorder) { r.Transport().PauseProducing() }}, reactortest.NewTransport(nil)
		tr.Connect(p)
		tr.Receive([]byte("one"))
		tr.Receive([]byte("two"))
		tr.Clock().Turn()
		p.expect(t, "transport", "made")
		p.Transport().ResumeProducing()
		p.expect(t)
		tr.Clock().Turn()
		p.expect(t, "data one", "data two")
	})
	t.Run("T26 pausing after each piece keeps the rest", func(t *testing.T) {
		p, tr := connected(t)
		p.onData = func(r *recorder, _ string) { r.Transport().PauseProducing() }
		tr.Receive([]byte("one"))
		tr.Receive([]byte("two"))
		tr.Receive([]byte("three"))
		p.expect(t, "data one")
		for _, want := range []string{"data two", "data three"} {
			tr.ResumeProducing()
			tr.Clock().Turn()
			p.expect(t, want)
		}
	})
	t.Run("order holds when bytes come between resume and the turn", func(t *testing.T) {
		p, tr := connected(t)
		tr.PauseProducing()
		tr.Receive([]byte("one"))
		tr.ResumeProducing()
		tr.Receive([]byte("two"))
		p.expect(t, "data one", "data two")
	})
	t.Run("T27 paused, peer closes, resume: data first, then connectionLost", func(t *testing.T) {
		for name, reason := range map[string]error{done: nil, lost: reactor.ErrConnectionLost} {
			p, tr := connected(t)
			tr.PauseProducing()
			tr.Receive([]byte("last words"))
			tr.Lose(reason)
			tr.Receive([]byte("from the grave"))
			tr.Clock().Turn()
			p.expect(t)
			tr.ResumeProducing()
			tr.Clock().Turn()
			p.expect(t, "data last words", name)
		}
	})
	t.Run("T28 resumeProducing after loseConnection does not restart reading", func(t *testing.T) {
		p, tr := connected(t)
		tr.Hold()
		_, _ = tr.Write([]byte("x"))
		tr.PauseProducing()
		tr.LoseConnection()
		tr.ResumeProducing()
		if !tr.Paused() {
			t.Error("Paused() = false after ResumeProducing of a closing connection, want true")
		}
		tr.Receive([]byte("late"))
		tr.Clock().Turn()
		p.expect(t)
		tr.Release()
		p.expect(t, done)
		tr.ResumeProducing()
		tr.Receive([]byte("later"))
		tr.Clock().Turn()
		p.expect(t)
	})
	t.Run("T29 paused, peer has gone, writes: connectionLost still arrives", func(t *testing.T) {
		p, tr := connected(t)
		tr.PauseProducing()
		tr.Lose(nil)
		if n, err := tr.Write([]byte("x")); n != 1 || err != nil {
			t.Errorf("first Write = %d, %v, want 1, nil", n, err)
		}
		refused(t, tr)
		p.expect(t)
		tr.Clock().Turn()
		p.expect(t, lost)
		if !errors.Is(tr.Reason(), syscall.EPIPE) {
			t.Errorf("Reason() = %v, want EPIPE in it", tr.Reason())
		}
	})
}

func TestTransportProducer(t *testing.T) {
	kilo := []byte(strings.Repeat("x", 1<<10))
	t.Run("T32 streaming: paused once above 64 KiB, resumed when the buffer is empty", func(t *testing.T) {
		_, tr := connected(t)
		s := &source{}
		if err := tr.RegisterProducer(s, true); err != nil {
			t.Fatalf("RegisterProducer = %v", err)
		}
		for range 100 {
			_, _ = tr.Write(kilo)
		}
		s.expect(t) // nothing waits unless the test says so
		tr.Hold()
		_, _ = tr.Write(kilo)
		tr.Release()
		s.expect(t) // it was not paused, so it is not resumed
		tr.Hold()
		for range 64 {
			_, _ = tr.Write(kilo)
		}
		s.expect(t)
		for range 10 {
			_, _ = tr.Write(kilo)
		}
		s.expect(t, "pause")
		tr.Drain(73 << 10)
		s.expect(t)
		tr.Release()
		s.expect(t, "resume")
		if got, want := len(tr.Take()), 175<<10; got != want {
			t.Errorf("%d bytes written, want %d", got, want)
		}
	})
	t.Run("T33 pull: asked at registration and each time its bytes have gone", func(t *testing.T) {
		_, tr := connected(t)
		s := &source{onResume: func() { _, _ = tr.Write([]byte("x")) }}
		_ = tr.RegisterProducer(s, false)
		s.expect(t, "resume")
		tr.Clock().Turn()
		s.expect(t, "resume")
		tr.Hold()
		tr.Clock().Turn()
		s.expect(t, "resume")
		tr.Clock().Turn()
		s.expect(t) // what it wrote is held back
		tr.Release()
		s.expect(t, "resume")
		tr.Hold()
		_, _ = tr.Write([]byte("y"))
		tr.Clock().Turn()
		s.expect(t) // something waits
		tr.Release()
		s.expect(t, "resume")
		s.onResume = nil
		tr.Clock().Turn()
		s.expect(t, "resume")
		tr.Clock().Turn()
		s.expect(t) // it had nothing to write
		expectWritten(t, tr, "xxxxyx")
	})
	t.Run("T34 second registerProducer is refused", func(t *testing.T) {
		_, tr := connected(t)
		_ = tr.RegisterProducer(&source{}, true)
		second := &source{}
		if err := tr.RegisterProducer(second, false); err != reactor.ErrProducerRegistered {
			t.Errorf("RegisterProducer = %v, want ErrProducerRegistered", err)
		}
		second.expect(t)
		tr.UnregisterProducer()
		if err := tr.RegisterProducer(second, true); err != nil {
			t.Errorf("RegisterProducer after UnregisterProducer = %v, want nil", err)
		}
	})
	t.Run("T35 register on a lost transport: stopProducing at once", func(t *testing.T) {
		for _, streaming := range []bool{true, false} {
			_, tr := connected(t)
			tr.Lose(nil)
			s := &source{}
			if err := tr.RegisterProducer(s, streaming); err != nil {
				t.Errorf("RegisterProducer = %v, want nil", err)
			}
			s.expect(t, "stop")
		}
	})
	t.Run("T36 producer registered, loseConnection: open until unregisterProducer", func(t *testing.T) {
		p, tr := connected(t)
		s := &source{}
		_ = tr.RegisterProducer(s, true)
		tr.LoseConnection()
		tr.Clock().Turn()
		p.expect(t)
		if n, err := tr.Write([]byte("the rest")); n != 8 || err != nil {
			t.Errorf("Write = %d, %v, want 8, nil", n, err)
		}
		tr.UnregisterProducer()
		expectWritten(t, tr, "the rest")
		refused(t, tr)
		tr.Clock().Turn()
		p.expect(t, done)
		s.expect(t)
	})
	t.Run("T36 a producer that is a connection is not waited for once that has ended", func(t *testing.T) {
		p, tr := connected(t)
		_, other := connected(t)
		_ = tr.RegisterProducer(other, true)
		tr.LoseConnection()
		tr.Clock().Turn()
		p.expect(t)
		other.LoseConnection()
		tr.LoseConnection()
		tr.Clock().Turn()
		p.expect(t, done)
	})
	t.Run("LoseWriteConnection passes the end of a half on", func(t *testing.T) {
		_, tr := connected(t)
		other := reactortest.NewTransport(tr.Clock())
		other.Connect(&halfRecorder{})
		_ = tr.RegisterProducer(other, true)
		tr.LoseWriteConnection()
		tr.Clock().Turn()
		if tr.WriteEnded() {
			t.Error("before the other peer's end: got the half ended, want it open")
		}
		_, tr = connected(t)
		_ = tr.RegisterProducer(other, true)
		other.Lose(nil)
		tr.LoseWriteConnection()
		tr.Clock().Turn()
		if !tr.WriteEnded() {
			t.Error("after the other peer's end: got an open half, want it ended")
		}
	})
	t.Run("T36 a connection that is its own producer closes", func(t *testing.T) {
		p, tr := connected(t)
		_ = tr.RegisterProducer(tr, true)
		tr.LoseConnection()
		tr.Clock().Turn()
		p.expect(t, done)
	})
	t.Run("T37 connection lost with producer: stopProducing once, before the hooks", func(t *testing.T) {
		p, tr := connected(t)
		s := &source{}
		_ = tr.RegisterProducer(s, true)
		var seen []string
		tr.OnLost(func(error) { seen = slices.Clone(s.events) })
		tr.Lose(reactor.ErrConnectionLost)
		p.expect(t, lost)
		tr.Clock().Turn()
		s.expect(t, "stop")
		if !slices.Equal(seen, []string{"stop"}) {
			t.Errorf("before the hooks the producer was asked for %q, want [stop]", seen)
		}
	})
}
