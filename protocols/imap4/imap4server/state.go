package imap4server

import "slices"

// state is where a connection stands (RFC 3501 section 3).
type state uint8

const (
	stateNotAuth  state = iota // connected, nobody has logged in
	stateAuth                  // logged in, no mailbox open
	stateSelected              // a mailbox is open
	stateLogout                // BYE was sent or the connection is lost: nothing is read any more
)

// next is the table of legal moves.
var next = map[state][]state{
	stateNotAuth:  {stateAuth, stateLogout},
	stateAuth:     {stateSelected, stateLogout},
	stateSelected: {stateAuth, stateLogout},
}

// String is the state's name in RFC 3501.
func (st state) String() string {
	switch st {
	case stateNotAuth:
		return "not authenticated"
	case stateAuth:
		return "authenticated"
	case stateSelected:
		return "selected"
	case stateLogout:
		return "logout"
	}
	return "state?"
}

// setState moves on. A move that is not in the table is a fault of this package: it panics, which ends this connection only.
func (s *Server) setState(to state) {
	if !slices.Contains(next[s.state], to) {
		panic("imap4server: no way from state " + s.state.String() + " to " + to.String())
	}
	s.state = to
}

// ended tells whether nobody is there any more to be answered.
func (s *Server) ended() bool { return s.state == stateLogout }
