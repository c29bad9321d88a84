package wire

import (
	"bytes"
	"slices"
)

// Retag gives a command that is one segment without secrets another tag, in the memory that it has. It answers false for any other
// command, which stays as it is.
func (e *Encoded) Retag(tag []byte) bool {
	end := bytes.IndexByte(e.buf, ' ')
	if len(e.Segments) != 1 || len(e.secrets) > 0 || end < 0 {
		return false
	}
	if len(tag) == end {
		copy(e.buf, tag)
	} else {
		e.buf = slices.Replace(e.buf, 0, end, tag...)
	}
	e.Segments[0] = e.buf
	return true
}

// PlainOK reads a tagged OK without a response code, and answers false for any other line.
//
// Lifetime: tag and text are views of b.
//
//	response-done = tag SP "OK" SP text
func PlainOK(b []byte) (tag, text []byte, ok bool) {
	end := tagEnd(b)
	rest := b[end:]
	if end == 0 || len(rest) < 3 || rest[0] != ' ' || !equalFold(rest[1:3], "OK") {
		return nil, nil, false
	}
	switch text = rest[3:]; {
	case len(text) == 0:
	case text[0] != ' ' || len(text) > 1 && (text[1] == '[' || isSpace(text[1])):
		return nil, nil, false
	default:
		text = text[1:]
	}
	return b[:end], text, true
}
