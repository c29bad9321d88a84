package wire

// Encoded is a command ready to be sent.
//
// Segments are sent one after the other. Each but the last ends with the announcement of a literal, and the Gap of the same
// index says what has to happen before the next one is sent. The last ends with CRLF. There is always at least one.
type Encoded struct {
	Segments [][]byte
	Gaps     []Gap // one fewer than Segments
	// Modal: the bytes depend on the mode of literals, because there is one.
	Modal bool

	buf     []byte
	secrets []secret

	// memory for what most commands have: one segment, a short one, and no more than one secret
	whole     [1][]byte
	short     [64]byte
	oneSecret [1]secret
}

// Gap is what stands between two segments.
type Gap struct {
	// Wait: a synchronising literal. What follows may be sent when the server has answered "+", and must not if it answered
	// NO or BAD (RFC 3501 section 7.5).
	Wait bool
	// Stream: the literal's octets are not in the next segment. The sender sends them, exactly Size.
	Stream bool
	Size   int64
}

// secret is the place of an argument that no trace may show: from its quote or announcement to its end. Its octets
// begin behind the announcement, or at from.
type secret struct{ from, octets, to int }

const redacted = "***"

// AppendRedacted appends the whole command as a trace may show it: each secret is ***, whichever form it has.
func (e Encoded) AppendRedacted(dst []byte) []byte {
	pos := 0
	for _, s := range e.secrets {
		dst = append(append(dst, e.buf[pos:s.from]...), redacted...)
		pos = s.to
	}
	return append(dst, e.buf[pos:]...)
}

// AppendRedactedSegment appends segment i as a trace may show it: each secret is ***, and so is the size of a
// literal that is one.
func (e Encoded) AppendRedactedSegment(dst []byte, i int) []byte {
	from := 0
	for _, segment := range e.Segments[:i] {
		from += len(segment)
	}
	to := from + len(e.Segments[i])
	for _, s := range e.secrets {
		if s.octets > s.from && s.from >= from && s.from < to {
			dst = append(append(dst, e.buf[from:s.from]...), "{***}\r\n"...)
			from = s.octets
		}
		if s.octets >= from && s.octets < to {
			dst = append(append(dst, e.buf[from:s.octets]...), redacted...)
			from = s.to
		}
	}
	return append(dst, e.buf[from:to]...)
}

// String is the redacted command: no print shows a secret.
func (e Encoded) String() string { return string(e.AppendRedacted(nil)) }

// GoString is String, for %#v.
func (e Encoded) GoString() string { return e.String() }
