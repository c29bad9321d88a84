package imap4server

import "time"

// One timer per connection. After LOGIN it is lazy: a command only notes the time, and the timer moves on when it runs out.

func (s *Server) startTimer() {
	s.timer = s.transport.Reactor().CallLater(s.Options.LoginTimeout, s.onTimer)
}

// noteCommand puts the end of the session off; before LOGIN nothing does.
func (s *Server) noteCommand() { s.lastCommand = s.transport.Reactor().Now() }

// startIdleTimer is called when LOGIN has succeeded.
func (s *Server) startIdleTimer() {
	s.noteCommand()
	_ = s.timer.Reset(s.Options.IdleTimeout) // it fails only once the timer has run out, which ends the session
}

func (s *Server) onTimer() {
	if s.state == stateNotAuth {
		s.bye("Autologout; no login in time")
		return
	}
	if left := s.timeLeft(); left > 0 {
		s.timer = s.transport.Reactor().CallLater(left, s.onTimer)
		return
	}
	s.bye("Autologout; connection idle too long")
}

func (s *Server) timeLeft() time.Duration {
	return s.lastCommand.Add(s.Options.IdleTimeout).Sub(s.transport.Reactor().Now())
}
