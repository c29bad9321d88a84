package reactortest_test

import (
	"crypto/tls"
	"errors"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

func TestTransportHalfClose(t *testing.T) {
	t.Run("T30 a protocol that knows of halves hears of each", func(t *testing.T) {
		p := &halfRecorder{}
		tr := reactortest.NewTransport(nil)
		tr.Connect(p)
		say(&p.recorder, "question")
		tr.LoseWriteConnection()
		if tr.WriteEnded() {
			t.Error("WriteEnded inside the call: got true, want it later")
		}
		tr.Clock().Turn()
		if !tr.WriteEnded() || tr.Disconnecting() {
			t.Errorf("got ended %v, disconnecting %v; want true, false", tr.WriteEnded(), tr.Disconnecting())
		}
		if _, err := tr.Write([]byte("x")); !errors.Is(err, reactor.ErrWriteAfterClose) {
			t.Errorf("Write: got %v, want ErrWriteAfterClose", err)
		}
		tr.Receive([]byte("answer"))
		tr.Lose(nil)
		p.expect(t, "transport", "made", "write half lost", "data answer", "read half lost", done)
	})
	t.Run("the peer's half first", func(t *testing.T) {
		p := &halfRecorder{}
		tr := reactortest.NewTransport(nil)
		tr.Connect(p)
		tr.Lose(nil)
		p.expect(t, "transport", "made", "read half lost")
		tr.LoseWriteConnection()
		tr.Clock().Turn()
		p.expect(t, "write half lost", done)
	})
	t.Run("a protocol that does not know of them loses the connection", func(t *testing.T) {
		p := &recorder{}
		tr := reactortest.NewTransport(nil)
		tr.Connect(p)
		tr.LoseWriteConnection()
		tr.Clock().Turn()
		p.expect(t, "transport", "made")
		tr.Lose(nil)
		p.expect(t, done)
	})
	t.Run("a producer finishes first", func(t *testing.T) {
		p, s := &recorder{}, &source{}
		tr := reactortest.NewTransport(nil)
		tr.Connect(p)
		_ = tr.RegisterProducer(s, true)
		tr.LoseWriteConnection()
		tr.Clock().Turn()
		if _, err := tr.Write([]byte("rest")); err != nil || tr.WriteEnded() {
			t.Errorf("the producer's write: got %v, ended %v; want none, false", err, tr.WriteEnded())
		}
		tr.UnregisterProducer()
		tr.Clock().Turn()
		if got := string(tr.Take()); got != "rest" || !tr.WriteEnded() {
			t.Errorf("got %q, ended %v; want %q, true", got, tr.WriteEnded(), "rest")
		}
		late := &source{}
		_ = tr.RegisterProducer(late, true)
		late.expect(t, "stop")
	})
}

func TestTransportStartTLS(t *testing.T) {
	begin := func(t *testing.T) (tr *reactortest.Transport, p *recorder, outcome *[]error) {
		p = &recorder{}
		tr = reactortest.NewTransport(nil)
		tr.Connect(p)
		config := &tls.Config{ServerName: "x"}
		outcome = new([]error)
		tr.StartTLS(config).Handle(func(tls.ConnectionState) { *outcome = append(*outcome, nil) }, func(err error) { *outcome = append(*outcome, err) })
		if got, ok := tr.Starting(); !ok || got != config {
			t.Errorf("Starting: got %v %v, want the configuration", got, ok)
		}
		say(p, "early")
		if got := tr.Take(); len(got) != 0 {
			t.Errorf("before the end of the handshake: got %q, want nothing", got)
		}
		tr.Receive([]byte("held"))
		p.expect(t, "transport", "made")
		return tr, p, outcome
	}
	t.Run("succeeds", func(t *testing.T) {
		tr, p, outcome := begin(t)
		tr.FinishTLS(tls.ConnectionState{ServerName: "x"})
		if len(*outcome) != 1 || (*outcome)[0] != nil {
			t.Errorf("the Deferred: got %v, want one success", *outcome)
		}
		if got := string(tr.Take()); got != "early" {
			t.Errorf("got %q, want %q", got, "early")
		}
		p.expect(t, "data held")
		if state, ok := tr.TLSState(); !ok || state.ServerName != "x" {
			t.Errorf("TLSState: got %v %v, want that of FinishTLS", state.ServerName, ok)
		}
		again := tr.StartTLS(nil)
		if _, err, _ := again.Result(); !errors.Is(err, reactor.ErrTLSStarted) {
			t.Errorf("a second StartTLS: got %v, want ErrTLSStarted", err)
		}
	})
	t.Run("fails", func(t *testing.T) {
		tr, p, outcome := begin(t)
		tr.FailTLS(reactor.ErrNotTLS)
		if len(*outcome) != 1 || !errors.Is((*outcome)[0], reactor.ErrNotTLS) {
			t.Errorf("the Deferred: got %v, want ErrNotTLS", *outcome)
		}
		p.expect(t, lost)
	})
	t.Run("is overtaken by the loss", func(t *testing.T) {
		tr, p, outcome := begin(t)
		tr.AbortConnection()
		tr.Clock().Turn()
		if len(*outcome) != 1 || !errors.Is((*outcome)[0], reactor.ErrConnectionAborted) {
			t.Errorf("the Deferred: got %v, want ErrConnectionAborted", *outcome)
		}
		p.expect(t, aborted)
		d := tr.StartTLS(nil)
		if _, err, _ := d.Result(); !errors.Is(err, reactor.ErrWriteAfterClose) {
			t.Errorf("StartTLS afterwards: got %v, want ErrWriteAfterClose", err)
		}
	})
	for name, misuse := range map[string]func(tr *reactortest.Transport){
		"FinishTLS": func(tr *reactortest.Transport) { tr.FinishTLS(tls.ConnectionState{}) },
		"FailTLS":   func(tr *reactortest.Transport) { tr.FailTLS(errWrong) },
	} {
		t.Run(name+" without StartTLS", func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("got no panic, want one")
				}
			}()
			misuse(reactortest.NewTransport(nil))
		})
	}
}

func TestTransportOptions(t *testing.T) {
	tr := reactortest.NewTransport(nil)
	tr.Connect(&recorder{})
	for _, err := range []error{
		tr.SetKeepAlivePeriod(time.Minute), tr.SetUserTimeout(time.Second), tr.SetReadBuffer(1), tr.SetWriteBuffer(2),
	} {
		if err != nil {
			t.Errorf("got %v, want none", err)
		}
	}
	want := reactortest.Options{KeepAlivePeriod: time.Minute, UserTimeout: time.Second, ReadBuffer: 1, WriteBuffer: 2}
	if got := tr.Options(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	tr.Lose(nil)
	if err := tr.SetReadBuffer(3); !errors.Is(err, reactor.ErrWriteAfterClose) {
		t.Errorf("after the loss: got %v, want ErrWriteAfterClose", err)
	}
}
