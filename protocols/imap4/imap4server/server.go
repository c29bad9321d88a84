package imap4server

import (
	"time"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
	"github.com/tconn/tconn/reactor"
)

// Server is one connection of a client. Set the fields, then give it to the reactor as a Protocol: Factory does both.
//
// It can be embedded: it greets in MakeConnection and cleans up with Transport.OnLost, so that ConnectionMade and ConnectionLost
// may be shadowed. What a client sends stands in no error and in no log.
//
// Goroutine: reactor. Source: twisted.mail.imap4.IMAP4Server.
type Server struct {
	// Authenticate decides on LOGIN; nil: LOGIN is refused and LOGINDISABLED advertised, also under TLS. Set it before MakeConnection.
	Authenticate Authenticate
	// Options of this connection; the zero value is ready for use. Set them before MakeConnection, which fills in the defaults.
	Options Options

	transport reactor.Transport
	limits    *wire.Limits
	scanner   wire.Scanner
	refusal   *refused // the answer that the command being read will get: one of its literals was not acceptable

	state     state
	account   Account
	mailbox   Mailbox // open; nil in the other states
	writeable bool    // the mailbox was opened by SELECT and can be changed

	left    []byte // received, not looked at yet: while blocked
	running bool   // handle is at work
	waiting bool   // a command's Deferred has not fired yet
	full    bool   // the client does not read its answers
	paused  bool   // the transport was told to stop reading

	badInRow     int
	failedLogins int
	timer        *reactor.DelayedCall // nil for none
	lastCommand  time.Time            // when the last complete command came
}

// MakeConnection sets the server up and greets the client. A second call panics: a server serves one connection.
func (s *Server) MakeConnection(t reactor.Transport) {
	if s.transport != nil {
		panic("imap4server: a Server serves one connection; build another one for the next")
	}
	s.transport = t
	s.Options = s.Options.withDefaults()
	s.limits = s.Options.limits()
	s.scanner.Init(wire.Server, s.limits)
	s.startTimer()
	t.OnLost(s.onLost)
	s.untagged("OK", s.capabilities(), "tconn IMAP4rev1 server ready")
}

// ConnectionMade does nothing; it is yours to shadow.
func (s *Server) ConnectionMade() {}

// ConnectionLost does nothing; it is yours to shadow.
func (s *Server) ConnectionLost(error) {}

// Transport is the connection; nil before MakeConnection.
func (s *Server) Transport() reactor.Transport { return s.transport }

// onUnit takes what the scanner found.
func (s *Server) onUnit(u wire.Unit) {
	switch u.Kind {
	case wire.LiteralStart:
		s.onLiteral(u)
	case wire.Line:
		s.onCommand(u)
	}
}

// onScanError ends the connection: where the next command begins is not known.
func (s *Server) onScanError() { s.bye("Command too long") }

// bye tells the client why and closes.
func (s *Server) bye(text string) {
	s.untagged("BYE", "", text)
	s.hangUp()
}

// hangUp closes after what was written has gone out.
func (s *Server) hangUp() {
	s.setState(stateLogout)
	s.release()
	s.transport.LoseConnection()
}

// onLost is the clean-up, whatever the user's type does with ConnectionLost.
func (s *Server) onLost(error) {
	if !s.ended() {
		s.setState(stateLogout)
		s.release()
	}
}

// release lets go of all that the connection held.
func (s *Server) release() {
	s.stopTimer()
	s.left, s.refusal, s.account = nil, nil, nil
	s.closeMailbox()
}

func (s *Server) closeMailbox() {
	if m := s.mailbox; m != nil {
		s.mailbox = nil
		m.Close()
	}
}
