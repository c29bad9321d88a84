package basic

import "bytes"

// crlf is the delimiter of lines unless another one is set.
var crlf = []byte("\r\n")

// joinBytes is how much is copied at a time to a line whose beginning is held: enough for most lines, and little if the
// chunk holds many.
const joinBytes = 512

// verdict is what nextLine has found.
type verdict uint8

const (
	partial verdict = iota // the end has not come
	whole
	tooLong // the line, and all that is behind it
)

// nextLine cuts the next line of at most limit bytes out of what r has got. A beginning of a line is held, and what is held is not
// searched again, so that a line costs the same however it is cut.
//
// Lifetime: the line is valid until the next call.
func nextLine(r *receiver, delimiter []byte, limit int) (line []byte, v verdict) {
	if len(r.held) > 0 {
		return joinLine(r, delimiter, limit)
	}
	i := bytes.Index(r.rest, delimiter)
	switch {
	case i > limit, i < 0 && exceeds(r.rest, delimiter, limit):
		return r.takeAll(), tooLong
	case i < 0:
		r.held = append([]byte(nil), r.rest...)
		r.rest = nil
		return nil, partial
	}
	line, r.rest = r.rest[:i:i], r.rest[i+len(delimiter):]
	return line, whole
}

// joinLine is nextLine for a line whose beginning is held.
func joinLine(r *receiver, delimiter []byte, limit int) (line []byte, v verdict) {
	for len(r.rest) > 0 {
		had := len(r.held)
		searched := max(had-len(delimiter)+1, 0)
		r.held = append(r.held, r.rest[:min(len(r.rest), joinBytes)]...)
		i := bytes.Index(r.held[searched:], delimiter)
		if i >= 0 {
			i += searched
		}
		switch {
		case i > limit, i < 0 && exceeds(r.held, delimiter, limit):
			r.held = r.held[:had]
			r.unhold()
			return r.takeAll(), tooLong
		case i >= 0:
			line = r.held[:i:i]
			r.held, r.rest = nil, r.rest[i+len(delimiter)-had:]
			return line, whole
		}
		r.rest = r.rest[len(r.held)-had:]
	}
	return nil, partial
}

// exceeds tells whether a line that begins with p, in which there is no delimiter, must become longer than limit: whether no
// delimiter can have begun in time.
func exceeds(p, delimiter []byte, limit int) bool {
	if len(p) <= limit {
		return false
	}
	for i := max(len(p)-len(delimiter)+1, 0); i <= limit; i++ {
		if bytes.HasPrefix(delimiter, p[i:]) {
			return false
		}
	}
	return true
}
