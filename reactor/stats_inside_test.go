package reactor

import (
	"errors"
	"net"
	"os"
	"slices"
	"syscall"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// failing is the operating system with faults in the way of accepting.
type failing struct {
	engine.System
	accepts []error // of the next calls of Accept
	ports   bool    // nothing can be watched
}

func (f *failing) Accept(listener int) (int, engine.Address, error) {
	if len(f.accepts) > 0 {
		err := f.accepts[0]
		f.accepts = f.accepts[1:]
		return -1, engine.Address{}, err
	}
	return f.System.Accept(listener)
}

func (f *failing) Open(onWake, onTimer func()) (engine.Poller, error) {
	p, err := f.System.Open(onWake, onTimer)
	if f.ports && err == nil {
		p = blind{p}
	}
	return p, err
}

// blind is a poller that watches nothing.
type blind struct{ engine.Poller }

func (blind) SetInterest(*engine.Attachment, engine.Interest) error {
	return errors.New("cannot watch")
}

// runPort runs a reactor with a port until a peer that connects hears that its connection has ended, or until the first turn has passed.
func runPort(t *testing.T, system *failing, connect bool) (Stats, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zap.DebugLevel)
	r := New(WithLogger(zap.New(core)))
	system.System = r.sys
	r.sys = system
	declines := FactoryFunc(func(net.Addr) Protocol { return nil })
	port, err := r.ListenTCP(0, declines, Interface("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	r.CallWhenRunning(func() {
		if !connect {
			_ = r.Stop()
			return
		}
		go func() {
			defer func() { _ = r.Stop() }()
			c, err := net.Dial("tcp", port.Addr().String())
			if err != nil {
				t.Errorf("got %v, want a connection", err)
				return
			}
			defer c.Close()
			_, _ = c.Read(make([]byte, 1))
		}()
	})
	if err := r.Run(); err != nil {
		t.Fatal(err)
	}
	return r.Stats(), logs
}

func wantFields(t *testing.T, logs *observer.ObservedLogs, message string, want ...string) {
	t.Helper()
	lines := logs.FilterMessage(message).All()
	if len(lines) != 1 {
		t.Errorf("got %v, want one line %q", logs.All(), message)
		return
	}
	var got []string
	for _, f := range lines[0].Context {
		got = append(got, f.Key)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q: got fields %q, want %q", message, got, want)
	}
}

func TestStatsOfAccepting(t *testing.T) {
	none := os.NewSyscallError("accept", syscall.EMFILE)
	t.Run("T38 a peer is turned away", func(t *testing.T) {
		s, logs := runPort(t, &failing{accepts: []error{none}}, true)
		if s.TurnedAway != 1 || s.Accepted != 0 {
			t.Errorf("got TurnedAway = %d, Accepted = %d, want 1 and 0", s.TurnedAway, s.Accepted)
		}
		if logs.Len() != 0 {
			t.Errorf("got %v, want no line", logs.All())
		}
	})
	t.Run("T38 a port rests", func(t *testing.T) {
		s, logs := runPort(t, &failing{accepts: []error{none, none}}, true)
		if s.TurnedAway != 0 || s.Accepted != 1 {
			t.Errorf("got TurnedAway = %d, Accepted = %d, want 0 and 1", s.TurnedAway, s.Accepted)
		}
		wantFields(t, logs, "accept failed; resting", FieldPort, FieldError, FieldPause)
	})
	t.Run("a port that cannot be watched", func(t *testing.T) {
		_, logs := runPort(t, &failing{ports: true}, false)
		wantFields(t, logs, "cannot accept connections", FieldPort, FieldError)
	})
}
