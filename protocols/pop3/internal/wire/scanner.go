package wire

import (
	"bytes"
	"math"
)

// Kind says what a Unit is.
type Kind uint8

const (
	// None: more bytes are needed.
	None Kind = iota
	// Line is a status line, or a line of a listing, without its end and with its stuffed dot taken off.
	Line
	// Data is a piece of a message, cut anyhow, with stuffed dots taken off and line ends as sent.
	Data
	// End is the line with the single dot.
	End
)

// Unit is what Scanner.Next has found. Lifetime: Bytes are borrowed until the next call.
type Unit struct {
	Kind  Kind
	Bytes []byte
}

// Scanner cuts what a server sends into units, the same ones however the stream was cut. It keeps at most one line that is not complete, and
// nothing between lines. Its zero value waits for a status line, with the default limits.
//
// Lines end with LF or CRLF. The work is linear in the bytes.
type Scanner struct {
	// Limits bounds lines; nil is the default.
	Limits *Limits

	kept []byte // the beginning of a line that is not complete
	mode mode
	at   place
}

// mode is what the scanner waits for.
type mode uint8

const (
	modeStatus  mode = iota
	modeListing      // lines up to the single dot
	modeData         // pieces up to the single dot
)

// place is where in a line of data the scanner stands.
type place uint8

const (
	lineStart place = iota
	inLine
	behindDot   // of a line that began with it
	behindDotCR // and went on with CR
)

// Listing makes the lines that follow those of a listing, up to the single dot.
func (s *Scanner) Listing() { s.mode = modeListing }

// Data makes what follows the pieces of a message, up to the single dot.
func (s *Scanner) Data() { s.mode, s.at = modeData, lineStart }

// Next takes the first unit from p, and says how many bytes of p belong to it. An error is a *LimitError; the scanner is of no use then.
func (s *Scanner) Next(p []byte) (u Unit, n int, err error) {
	if len(p) == 0 {
		return Unit{}, 0, nil
	}
	if s.mode == modeData {
		u, n = s.nextData(p)
		return u, n, nil
	}
	line, n, err := s.nextLine(p)
	switch {
	case err != nil || line == nil:
		return Unit{}, n, err
	case s.mode == modeStatus:
		return Unit{Line, line}, n, nil
	case len(line) == 1 && line[0] == '.':
		s.mode = modeStatus
		return Unit{Kind: End}, n, nil
	}
	return Unit{Line, unstuffed(line)}, n, nil
}

// unstuffed takes the dot off that stands before a dot. A server that forgets to stuff keeps its single one.
func unstuffed(line []byte) []byte {
	if len(line) > 1 && line[0] == '.' && line[1] == '.' {
		return line[1:]
	}
	return line
}

// nextLine answers the first line of p without its end, nil if there is no whole one: then its beginning is kept.
func (s *Scanner) nextLine(p []byte) (line []byte, n int, err error) {
	const lineEnd = 2 // octets of CRLF
	limit := min(s.Limits.MaxLine(), math.MaxInt-lineEnd)
	end := bytes.IndexByte(p[:min(len(p), limit+lineEnd)], '\n')
	if end < 0 {
		if len(s.kept)+len(p) >= limit+lineEnd {
			return nil, 0, &LimitError{Limit: LimitLine, Max: int64(limit)}
		}
		s.kept = append(s.kept, p...)
		return nil, len(p), nil
	}
	line = p[:end]
	if len(s.kept) > 0 {
		line = append(s.kept, line...)
		s.kept = nil
	}
	if len(line) > 0 && line[len(line)-1] == '\r' {
		line = line[:len(line)-1]
	}
	if len(line) > limit {
		return nil, 0, &LimitError{Limit: LimitLine, Max: int64(limit)}
	}
	return line[:len(line):len(line)], end + 1, nil
}

// What has been held back because it might have been the end.
var (
	dot   = []byte(".")
	dotCR = []byte(".\r")
)

// nextData answers the first piece of p. What could be the beginning of the end is held back, in s.at.
func (s *Scanner) nextData(p []byte) (u Unit, n int) {
	for n < len(p) {
		switch b := p[n]; s.at {
		case lineStart:
			if b != '.' {
				s.at = inLine
				continue
			}
			s.at = behindDot
			n++
		case behindDot:
			switch b {
			case '\n':
				s.mode = modeStatus
				return Unit{Kind: End}, n + 1
			case '\r':
				s.at = behindDotCR
				n++
			case '.': // the dot before it was put there
				s.at = inLine
			default:
				s.at = inLine
				return Unit{Data, dot}, n
			}
		case behindDotCR:
			if b == '\n' {
				s.mode = modeStatus
				return Unit{Kind: End}, n + 1
			}
			s.at = inLine
			return Unit{Data, dotCR}, n
		default:
			return s.piece(p, n)
		}
	}
	return Unit{}, n
}

// piece is what goes from p[n], which is in a line, up to the next line that begins with a dot.
func (s *Scanner) piece(p []byte, n int) (Unit, int) {
	rest := p[n:]
	if i := dottedLine(rest); i >= 0 {
		s.at = lineStart
		return Unit{Data, rest[:i:i]}, n + i
	}
	if rest[len(rest)-1] == '\n' {
		s.at = lineStart
	}
	return Unit{Data, rest[:len(rest):len(rest)]}, len(p)
}

// dottedLine is where in p, behind its first byte, a line begins with a dot; -1 if none does. Base64, which is most of what is large, has no
// dots: it looks for them first, and for the line's end behind one that is within a line.
func dottedLine(p []byte) int {
	for i := 0; ; {
		dot := bytes.IndexByte(p[i:], '.')
		if dot < 0 {
			return -1
		}
		if i += dot; i > 0 && p[i-1] == '\n' {
			return i
		}
		end := bytes.IndexByte(p[i:], '\n')
		if end < 0 {
			return -1
		}
		i += end + 1
	}
}

// Begun tells whether a unit has begun that is not complete: the stream must not end here.
func (s *Scanner) Begun() bool { return len(s.kept) > 0 || s.mode != modeStatus }
