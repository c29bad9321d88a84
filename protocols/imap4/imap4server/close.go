package imap4server

import (
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// onClose: RFC 3501 section 6.4.2. Messages flagged \Deleted are removed first, if the mailbox can do that.
func (s *Server) onClose(c wire.Command) {
	m, expunges := s.mailbox.(Expunger)
	if !expunges || !s.writeable {
		s.onUnselect(c)
		return
	}
	await(s, m.Expunge, func(_ []uint32, err error) error {
		switch {
		case s.ended():
		case err != nil:
			s.answer(c.Tag, refusalOf(err))
		default:
			s.onUnselect(c)
		}
		return unexpected(err)
	})
}

// onUnselect: RFC 3691 section 2.
func (s *Server) onUnselect(c wire.Command) {
	s.leaveMailbox()
	s.answer(c.Tag, ok("", c.Name+" completed"))
}

// leaveMailbox goes back to the state after LOGIN.
func (s *Server) leaveMailbox() {
	s.closeMailbox()
	s.setState(stateAuth)
}
