package imap4server

import (
	"bytes"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
	"github.com/tconn/tconn/reactor"
)

// loginObjection tells why LOGIN is refused whatever its arguments.
func (s *Server) loginObjection() *reply {
	var r reply
	switch {
	case s.Authenticate == nil:
		r = no("", "LOGIN is disabled")
	case !s.encrypted() && !s.Options.AllowInsecureAuth:
		r = no("PRIVACYREQUIRED", "LOGIN is disabled without TLS")
	default:
		return nil
	}
	return &r
}

// encrypted tells whether the connection is under TLS now.
func (s *Server) encrypted() bool {
	t, ok := s.transport.(reactor.TLSTransport)
	if !ok {
		return false
	}
	_, ok = t.TLSState()
	return ok
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
	l := Login{User: string(user), Password: string(password), Peer: s.transport.RemoteAddr(), Encrypted: s.encrypted()}
	await(s,
		func() *deferred.Deferred[Account] { return s.Authenticate(l) },
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
