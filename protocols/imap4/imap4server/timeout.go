package imap4server

import "time"

// One timer per connection, or none where there is no limit. After LOGIN it is lazy: a command only notes the time, and the timer
// moves on when it runs out.

func (s *Server) startTimer() { s.setTimer(s.Options.LoginTimeout) }

// noteCommand puts the end of the session off; before LOGIN nothing does.
func (s *Server) noteCommand() { s.lastCommand = s.transport.Reactor().Now() }

// startIdleTimer is called when LOGIN has succeeded.
func (s *Server) startIdleTimer() {
	s.noteCommand()
	s.stopTimer()
	s.setTimer(s.Options.IdleTimeout)
}

// setTimer starts the timer; a negative delay is no limit.
func (s *Server) setTimer(d time.Duration) {
	if d > 0 {
		s.timer = s.transport.Reactor().CallLater(d, s.onTimer)
	}
}

func (s *Server) stopTimer() {
	if s.timer != nil {
		_ = s.timer.Cancel() // it may have been the timer that called
		s.timer = nil
	}
}

func (s *Server) onTimer() {
	if s.state == stateNotAuth {
		s.bye("Autologout; no login in time")
		return
	}
	if left := s.timeLeft(); left > 0 {
		s.setTimer(left)
		return
	}
	s.bye("Autologout; connection idle too long")
}

func (s *Server) timeLeft() time.Duration {
	return s.lastCommand.Add(s.Options.IdleTimeout).Sub(s.transport.Reactor().Now())
}
