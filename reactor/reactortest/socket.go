package reactortest

import (
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// socket is a descriptor of a reactor in memory: one side of a connection, a listening socket, or nothing but a number.
type socket struct {
	net           *Network
	local, remote engine.Address
	listener      *listener
	in, out       *Flow // of a connection

	connecting  bool          // no answer yet
	established time.Duration // when the answer has come back
	dead        bool          // reset
	err         error         // what the next call tells; a syscall.Errno
	shut        bool          // the end of our stream was sent
	resets      bool          // close is to reset
	spurious    bool          // said to be ready, once
}

// refuse answers a connect.
func (s *socket) refuse(err error) {
	s.connecting = false
	s.dead, s.err = true, err
}

// takeError answers the pending error of a socket once, as a system call does.
func (s *socket) takeError(call string) error {
	err := s.err
	s.err = nil
	if err == nil {
		return nil
	}
	return os.NewSyscallError(call, err)
}

// pending tells whether a connect has not been answered.
func (s *socket) pending() bool { return s.connecting || !s.dead && s.established > s.net.now() }

// ready tells what a poller reports, and whether the socket has failed or both halves are over, which is always reported.
func (s *socket) ready() (ready engine.Interest, always bool) {
	switch {
	case s.listener != nil:
		if len(s.listener.waiting) > 0 {
			ready = engine.Read
		}
		return ready, false
	case s.pending() || s.in == nil && !s.dead:
		return engine.None, false
	case s.dead || s.in.ended && s.shut:
		return engine.Read | engine.Write, true
	}
	if len(s.in.arrived) > 0 || s.in.ended {
		ready |= engine.Read
	}
	if s.shut || s.out.space() > 0 {
		ready |= engine.Write
	}
	return ready, false
}

// read takes what has arrived.
func (s *socket) read(p []byte) (int, error) {
	switch {
	case s.in == nil:
		return 0, os.NewSyscallError("read", syscall.ENOTCONN)
	case len(s.in.arrived) > 0:
		return s.in.read(p), nil
	case s.in.ended:
		return 0, nil
	case s.dead:
		return 0, s.takeError("read")
	}
	return 0, engine.ErrWouldBlock
}

// write takes what fits.
func (s *socket) write(p []byte) (int, error) {
	switch {
	case s.out == nil:
		return 0, os.NewSyscallError("write", syscall.ENOTCONN)
	case s.err != nil:
		return 0, s.takeError("write")
	case s.dead || s.shut:
		return 0, os.NewSyscallError("write", syscall.EPIPE)
	}
	n := min(len(p), s.out.space())
	if n == 0 {
		return 0, engine.ErrWouldBlock
	}
	s.out.send(segment{bytes: slices.Clone(p[:n])})
	return n, nil
}

// shutdown sends the end of the stream.
func (s *socket) shutdown() {
	if s.out == nil || s.dead || s.shut {
		return
	}
	s.shut = true
	if !s.out.closing {
		s.out.send(segment{end: true})
	}
}

// close gives the socket up. Unread bytes, or resets, make it a reset.
func (s *socket) close() {
	if s.listener != nil {
		s.closeListener()
		return
	}
	s.net.dials = slices.DeleteFunc(s.net.dials, func(d *dial) bool { return d.socket == s })
	if s.out == nil {
		return
	}
	switch {
	case s.dead:
	case s.resets || len(s.in.arrived) > 0:
		s.out.Reset()
	default:
		s.shutdown()
	}
	s.out.from, s.in.to = nil, nil
	s.in.refused, s.in.arrived = true, nil
	s.net.arrive()
}

func (s *socket) closeListener() {
	l := s.listener
	s.net.listeners = slices.DeleteFunc(s.net.listeners, func(other *listener) bool { return other == l })
	for _, waiting := range l.waiting {
		waiting.resets = true
		waiting.close()
	}
	l.waiting = nil
	s.net.arrive()
}
