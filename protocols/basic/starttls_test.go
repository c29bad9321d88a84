package basic_test

import (
	"crypto/tls"
	"errors"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

func TestStartTLS(t *testing.T) {
	config := &tls.Config{ServerName: "mail.example.org"}
	state := tls.ConnectionState{Version: tls.VersionTLS13}

	t.Run("lines go on under TLS", func(t *testing.T) {
		p := newLines()
		tr := connect(p)
		var d *deferred.Deferred[tls.ConnectionState]
		p.onLine = func(line string) {
			if line == "STARTTLS" {
				_ = p.SendLine([]byte("OK"))
				d = p.StartTLS(config)
			}
		}
		tr.Receive([]byte("hello\r\nSTARTTLS\r\n"))
		if got, ok := tr.Starting(); !ok || got != config {
			t.Fatalf("handshake: got %v, %v; want it begun with the configuration given", got, ok)
		}
		tr.FinishTLS(state)
		if got, err, fired := d.Result(); got.Version != state.Version || err != nil || !fired {
			t.Errorf("got %x, %v, %v; want %x, nil, true", got.Version, err, fired, state.Version)
		}
		tr.Receive([]byte("secret\r\n"))
		expect(t, "lines", p.events, []string{"hello", "STARTTLS", "secret"})
	})

	for _, tc := range []struct {
		name, input string
		later       bool // called after the handler
		paused      bool
	}{
		{"a line behind the switch", "STARTTLS\r\nLOGIN mallory\r\n", false, false},
		{"a byte behind the switch", "STARTTLS\r\nL", false, false},
		{"the beginning of a line, afterwards", "STARTTLS\r\nLOGIN", true, false},
		{"lines held back by a pause, afterwards", "STARTTLS\r\nLOGIN\r\n", true, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newLines()
			tr := connect(p)
			var d *deferred.Deferred[tls.ConnectionState]
			p.onLine = func(string) {
				if tc.paused {
					p.PauseProducing()
				}
				if !tc.later {
					d = p.StartTLS(config)
				}
			}
			tr.Receive([]byte(tc.input))
			if tc.later {
				d = p.StartTLS(config)
			}
			if _, err, _ := d.Result(); !errors.Is(err, reactor.ErrPlaintextAfterStartTLS) {
				t.Errorf("the Deferred: got %v, want %v", err, reactor.ErrPlaintextAfterStartTLS)
			}
			tr.Clock().Turn()
			if !tr.Aborted() || !errors.Is(p.lost, reactor.ErrPlaintextAfterStartTLS) {
				t.Errorf("the connection: got aborted %v, %v; want true, %v", tr.Aborted(), p.lost, reactor.ErrPlaintextAfterStartTLS)
			}
			if got := p.ClearLineBuffer(); got != nil {
				t.Errorf("kept: got %q, want nothing", got)
			}
		})
	}

	t.Run("every receiver", func(t *testing.T) {
		p := newNetstrings()
		tr := connect(p)
		p.onString = func(string) { _, _, _ = p.StartTLS(config).Result() }
		tr.Receive([]byte("8:STARTTLS,5:LOGIN,"))
		expect(t, "strings", p.events, []string{"STARTTLS"})
		if !errors.Is(tr.Reason(), reactor.ErrPlaintextAfterStartTLS) {
			t.Errorf("reason: got %v, want %v", tr.Reason(), reactor.ErrPlaintextAfterStartTLS)
		}
	})

	t.Run("a second time, with more lines under TLS", func(t *testing.T) {
		p := newLines()
		tr := connect(p)
		tr.SetTLS(&state)
		var err error
		p.onLine = func(string) { _, err, _ = p.StartTLS(config).Result() }
		tr.Receive([]byte("one\r\ntwo\r\n"))
		if !errors.Is(err, reactor.ErrTLSStarted) || tr.Disconnecting() {
			t.Errorf("got %v, closing %v; want %v, false", err, tr.Disconnecting(), reactor.ErrTLSStarted)
		}
		expect(t, "lines", p.events, []string{"one", "two"})
	})

	t.Run("on a closing connection", func(t *testing.T) {
		p := newLines()
		tr := connect(p)
		tr.Receive([]byte("beginning"))
		tr.LoseConnection()
		if _, err, _ := p.StartTLS(config).Result(); !errors.Is(err, reactor.ErrWriteAfterClose) {
			t.Errorf("got %v, want %v", err, reactor.ErrWriteAfterClose)
		}
	})

	t.Run("a transport without TLS", func(t *testing.T) {
		p := newLines()
		p.MakeConnection(struct{ reactor.Transport }{reactortest.NewTransport(nil)})
		if _, err, _ := p.StartTLS(config).Result(); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("got %v, want %v", err, errors.ErrUnsupported)
		}
	})
}
