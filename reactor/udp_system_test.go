package reactor_test

import (
	"errors"
	"net/netip"
	"os"
	"syscall"
	"testing"

	"go.uber.org/zap/zaptest/observer"

	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/internal/engine"
)

// streamsOnly is a system without UDP and without descriptors of the process.
type streamsOnly struct{ engine.System }

// faulty is the system with faults in it.
type faulty struct {
	engine.System
	engine.Datagrams
	send, receive func() error // an error in place of the call
}

func (f *faulty) Send(fd int, p []byte, to netip.AddrPort) error {
	if err := f.send(); err != nil {
		return err
	}
	return f.Datagrams.Send(fd, p, to)
}

func (f *faulty) Receive(fd int, p []byte) (int, netip.AddrPort, error) {
	if err := f.receive(); err != nil {
		return 0, netip.AddrPort{}, err
	}
	return f.Datagrams.Receive(fd, p)
}

func newFaulty() *faulty {
	none := func() error { return nil }
	return &faulty{System: engine.OS, Datagrams: engine.OS.(engine.Datagrams), send: none, receive: none}
}

func TestSystemWithoutDatagrams(t *testing.T) {
	r := reactor.New(reactor.WithSystem(streamsOnly{engine.OS}))
	_, err := r.ListenUDP(0, newPackets())
	wantIs(t, err, reactor.ErrCannotListen, errors.ErrUnsupported)
	_, err = r.ConnectUDP(netip.MustParseAddrPort("127.0.0.1:9"), newPackets())
	wantIs(t, err, reactor.ErrConnect, errors.ErrUnsupported)
	_, err = r.AdoptDatagramPort(os.Stdin, newPackets())
	wantIs(t, err, errors.ErrUnsupported)
	_, err = r.AdoptStreamPort(os.Stdin, echoFactory)
	wantIs(t, err, errors.ErrUnsupported)
	wantIs(t, r.AdoptStreamConnection(os.Stdin, echoFactory), errors.ErrUnsupported)
	wantIs(t, r.AdoptReadWriter(&stream{}, echoFactory), errors.ErrUnsupported)
	wantIs(t, r.StandardIO(newProbe()), errors.ErrUnsupported)
}

func TestUDPFaults(t *testing.T) {
	t.Run("the system's queue is full: the datagram is dropped, counted and answered as an error", func(t *testing.T) {
		sys, full := newFaulty(), true
		sys.send = func() error {
			if full {
				return engine.ErrWouldBlock
			}
			return nil
		}
		l := start(t, reactor.WithSystem(sys))
		u := l.datagrams(newPackets())
		c := udpPeer(t, "127.0.0.1:0")
		l.do(func() {
			for range 2 {
				err := u.Write([]byte("lost"), addrPort(c))
				wantIs(t, err, reactor.ErrDatagramDropped, reactor.ErrDatagram)
			}
			full = false
			if err := u.Write([]byte("sent"), addrPort(c)); err != nil || u.Dropped() != 2 {
				t.Errorf("Write answered %v with %d dropped, want nil with 2", err, u.Dropped())
			}
		})
		expectFrom(t, c, "sent", u.LocalAddr())
	})
	t.Run("an error that comes once costs nothing", func(t *testing.T) {
		sys, errs := newFaulty(), []error{syscall.EHOSTUNREACH, syscall.ECONNREFUSED}
		sys.receive = func() (err error) {
			if len(errs) > 0 {
				err, errs = errs[0], errs[1:]
			}
			return err
		}
		l, p := start(t, reactor.WithSystem(sys)), newPackets()
		u := l.datagrams(p)
		c := udpPeer(t, "127.0.0.1:0")
		sendTo(t, c, "hello", u.LocalAddr())
		p.wantPacket(t, "hello", addrPort(c))
		nothing(t, p.refused, "a refusal on a port that is not connected")
	})
	t.Run("an error that does not go away makes the port rest, and it recovers", func(t *testing.T) {
		option, logs := observed()
		sys, calls := newFaulty(), 0
		sys.receive = func() error {
			if calls++; calls <= 128 {
				return syscall.ENOMEM
			}
			return nil
		}
		l, p := start(t, reactor.WithSystem(sys), option), newPackets()
		u := l.datagrams(p)
		c := udpPeer(t, "127.0.0.1:0")
		sendTo(t, c, "hello", u.LocalAddr())
		p.wantPacket(t, "hello", addrPort(c))
		if got := rests(logs); got != 2 {
			t.Errorf("it rested %d times, want 2", got)
		}
	})
	t.Run("a port that rests can be paused, resumed and stopped", func(t *testing.T) {
		option, logs := observed()
		sys, rested := newFaulty(), make(chan struct{}, 64)
		sys.receive = func() error {
			rested <- struct{}{}
			return syscall.ENOMEM
		}
		l, p := start(t, reactor.WithSystem(sys), option), newPackets()
		u := l.datagrams(p)
		sendTo(t, udpPeer(t, "127.0.0.1:0"), "hello", u.LocalAddr())
		for range 64 {
			wait(t, rested, "a failure")
		}
		l.do(func() {
			u.PauseProducing()
			u.ResumeProducing()
		})
		l.do(func() {
			u.StopListening()
		})
		l.finish()
		p.life.want(t, "start", "stop")
		if got := rests(logs); got != 1 {
			t.Errorf("it rested %d times, want once", got)
		}
	})
}

func rests(logs *observer.ObservedLogs) int {
	return logs.FilterMessage("receiving datagrams fails; resting").Len()
}
