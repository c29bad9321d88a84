package imap4server

import "github.com/tconn/tconn/protocols/imap4/internal/wire"

// capabilities is the list, as it stands in a response code. It grows with the table of commands and nothing else.
func (s *Server) capabilities() string {
	const list = "CAPABILITY IMAP4rev1 LITERAL+ UNSELECT"
	if s.state == stateNotAuth && s.loginObjection() != nil {
		return list + " LOGINDISABLED"
	}
	return list
}

// onCapability: RFC 3501 section 6.1.1.
func (s *Server) onCapability(c wire.Command) {
	s.write([]byte("* "+s.capabilities()+"\r\n"), nil)
	s.answer(c.Tag, ok("", "CAPABILITY completed"))
}

// onNoop: RFC 3501 section 6.1.2.
func (s *Server) onNoop(c wire.Command) { s.answer(c.Tag, ok("", "NOOP completed")) }

// onLogout: RFC 3501 section 6.1.3. What the client sent behind it is not looked at.
func (s *Server) onLogout(c wire.Command) {
	s.untagged("BYE", "", "tconn IMAP4rev1 server logging out")
	s.answer(c.Tag, ok("", "LOGOUT completed"))
	s.hangUp()
}
