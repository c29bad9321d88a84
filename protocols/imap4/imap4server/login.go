package imap4server

import (
	"bytes"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// loginObjection tells why LOGIN is refused whatever its arguments.
func (s *Server) loginObjection() *reply {
	var r reply
	switch {
	case s.Options.LoginDisabled:
		r = no("PRIVACYREQUIRED", "LOGIN is disabled on this connection")
	case s.Authenticate == nil:
		r = no("", "LOGIN is disabled")
	default:
		return nil
	}
	return &r
}

// onLogin: RFC 3501 section 6.2.3.
//
//	login = "LOGIN" SP userid SP password ; both astring
func (s *Server) onLogin(c wire.Command) {
	user := c.Args.AString()
	c.Args.SP()
	password := c.Args.AString()
	endArguments(&c.Args)
	if c.Args.Err() != nil || hasNUL(user) || hasNUL(password) {
		s.answer(c.Tag, *bad("LOGIN wants a user name and a password"))
		return
	}
	u, p := string(user), string(password)
	await(s,
		func() *deferred.Deferred[Account] { return s.Authenticate(u, p) },
		func(a Account, err error) error { return s.onAuthenticated(c.Tag, a, err) })
}

func (s *Server) onAuthenticated(tag string, a Account, err error) error {
	if err == nil && a == nil {
		err = errNoAccount
	}
	switch {
	case s.ended():
	case err != nil:
		s.failLogin(tag, err)
	default:
		s.account = a
		s.setState(stateAuth)
		s.startIdleTimer()
		s.answer(tag, ok(s.capabilities(), "LOGIN completed"))
	}
	return unexpected(err)
}

// failLogin counts the failure; the last one allowed ends the connection.
func (s *Server) failLogin(tag string, err error) {
	s.answer(tag, refusalOf(err))
	s.failedLogins++
	if s.failedLogins >= s.Options.LoginTries {
		s.bye("Too many failed logins")
	}
}

// hasNUL: an astring has no NUL, not even in a literal (RFC 3501 section 9, CHAR8).
func hasNUL(b []byte) bool { return bytes.IndexByte(b, 0) >= 0 }
