package imap4server

import "github.com/tconn/tconn/protocols/imap4/internal/wire"

// reply is the answer to a command, but for its tag.
type reply struct {
	status, code, text string
	fault              bool // the client is to blame: see Options.BadCommands
}

func ok(code, text string) reply { return reply{status: "OK", code: code, text: text} }
func no(code, text string) reply { return reply{status: "NO", code: code, text: text} }
func bad(text string) *reply     { return &reply{status: "BAD", text: text, fault: true} }

// tooBig is NO for a literal that waits for "+", else BAD: its octets have come and were thrown away.
func tooBig(status string) *reply {
	return &reply{status: status, code: "TOOBIG", text: "Literal too large", fault: true}
}

// answer completes a command. Without a tag, because none could be read, the answer is untagged. Too many bad commands before
// LOGIN end the connection: whoever sends them is no mail client.
func (s *Server) answer(tag string, r reply) {
	if tag == "" {
		s.untagged(r.status, r.code, r.text)
	} else {
		s.tagged(tag, r)
	}
	if !r.fault {
		s.badInRow = 0
		return
	}
	s.badInRow++
	if s.state == stateNotAuth && s.badInRow > s.Options.BadCommands {
		s.bye("Too many bad commands")
	}
}

// tagged writes the answer; words of a Refusal that cannot stand on a line are left out.
func (s *Server) tagged(tag string, r reply) {
	line, err := wire.AppendTagged(nil, tag, r.status, r.code, r.text)
	if err != nil {
		line, err = wire.AppendTagged(nil, tag, r.status, "", "Refused")
	}
	s.write(line, err)
}

func (s *Server) untagged(status, code, text string) {
	s.write(wire.AppendUntagged(nil, status, code, text))
}

func (s *Server) continuation(text string) {
	s.write(wire.AppendContinuation(nil, text))
}

// write sends lines. An error in making one is a fault of this package; an error of Write means that the transport has ended the
// connection, of which OnLost tells.
func (s *Server) write(lines []byte, err error) {
	if err != nil {
		panic(err)
	}
	_, _ = s.transport.Write(lines)
}
