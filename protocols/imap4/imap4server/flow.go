package imap4server

import (
	"bytes"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// When to read on: never while a command's Deferred is waited for, nor while the client does not read its answers.

// DataReceived handles the commands in data; what cannot be handled yet is kept, and the transport stops reading.
//
// Lifetime: data is borrowed.
func (s *Server) DataReceived(data []byte) {
	if s.ended() {
		return
	}
	if s.blocked() {
		s.left = append(s.left, data...)
		return
	}
	if rest := s.handle(data); len(rest) > 0 {
		s.left = bytes.Clone(rest)
	}
	s.steerReading()
}

// goOn handles what was left when reading was blocked.
func (s *Server) goOn() {
	if s.running || s.blocked() {
		return
	}
	s.left = s.handle(s.left)
	s.steerReading()
}

func (s *Server) blocked() bool { return s.waiting || s.full || s.ended() }

// handle takes one unit after the other out of p, until all is used up or reading is blocked; it answers the rest.
func (s *Server) handle(p []byte) (rest []byte) {
	s.running = true
	defer func() { s.running = false }()
	for !s.blocked() {
		u, n, err := s.scanner.Next(p)
		p = p[n:]
		switch {
		case err != nil:
			s.onScanError()
		case u.Kind == wire.None:
			return nil
		default:
			s.onUnit(u)
			s.checkFull()
		}
	}
	if s.ended() {
		return nil
	}
	return p
}

// steerReading tells the transport whether to read. It is the last thing a turn does: resuming may bring bytes at once.
func (s *Server) steerReading() {
	blocked := s.blocked()
	if blocked == s.paused || s.ended() {
		return
	}
	s.paused = blocked
	if blocked {
		s.transport.PauseProducing()
	} else {
		s.transport.ResumeProducing()
	}
}

// await starts a command's work and has done called with what comes of it, possibly at once. What done answers is left as
// the error of the Deferred, for those who care for errors nobody took.
// A panic in done ends the connection.
func await[T any](s *Server, start func() *deferred.Deferred[T], done func(T, error) error) {
	s.waiting = true
	d := deferred.Execute(func() (T, error) { return deferred.Chain(start()) })
	d.AddBoth(func(v T, err error) (T, error) {
		s.waiting = false
		defer func() {
			if p := recover(); p != nil {
				s.transport.AbortConnection()
				panic(p)
			}
		}()
		err = done(v, err)
		s.goOn()
		return v, err
	})
}

// checkFull stops reading when too many answers wait for the client; the transport tells when all of them are gone.
func (s *Server) checkFull() {
	if s.full || s.ended() || s.transport.Buffered() <= maxAnswerBytes {
		return
	}
	s.full = s.transport.RegisterProducer((*answers)(s), true) == nil
}

// answers is the Server as a producer of answers, while the client does not read them.
type answers Server

// PauseProducing does nothing: while s.full nothing is written anyway.
func (a *answers) PauseProducing() {}

// ResumeProducing is called when the client has read all answers. A connection that is closing waits for that, too.
func (a *answers) ResumeProducing() {
	s := (*Server)(a)
	s.full = false
	s.transport.UnregisterProducer()
	s.goOn()
}

// StopProducing does nothing: Transport.OnLost tells of the end.
func (a *answers) StopProducing() {}
