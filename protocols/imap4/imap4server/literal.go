package imap4server

import (
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// refused is a command's answer that is known before the command is complete.
type refused struct {
	tag   string
	reply reply
}

// onLiteral decides on a literal that was announced. "+" is sent only for one that will be taken (RFC 3501 section 7.5); one
// that the client sends without waiting (RFC 7888) is skipped if it will not, and its command answered when it is complete.
func (s *Server) onLiteral(u wire.Unit) {
	if s.refusal == nil {
		s.refusal = s.refuseLiteral(u)
	}
	r := s.refusal
	switch {
	case r == nil && u.Literal.NonSync:
	case r == nil:
		s.continuation("Ready for literal data")
	case u.Literal.NonSync:
		s.scanner.SkipLiteral()
	default:
		s.refusal = nil
		s.scanner.RefuseLiteral()
		s.answer(r.tag, r.reply)
	}
}

// refuseLiteral answers what speaks against the command so far, or against the size of its literal; nil for nothing.
func (s *Server) refuseLiteral(u wire.Unit) *refused {
	c, cmd, objection := s.admit(u)
	switch {
	case objection != nil:
	case !cmd.arguments:
		objection = bad("This command has no arguments")
	case s.fits(u.Literal):
		return nil
	case u.Literal.NonSync:
		objection = tooBig("BAD")
	default:
		objection = tooBig("NO")
	}
	return &refused{tag: c.Tag, reply: *objection}
}

func (s *Server) fits(lit wire.Literal) bool {
	return lit.Size <= s.limits.Literal && lit.Size <= s.limits.Response-int64(lit.Offset)
}
