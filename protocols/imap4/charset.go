package imap4

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// CharsetError is a search in characters that the server does not know. Charsets are those it does, if it says so.
type CharsetError struct {
	Charsets []string
	Err      *ResponseError
}

// Error is the server's answer.
func (e *CharsetError) Error() string { return e.Err.Error() }

// Unwrap is the server's answer.
func (e *CharsetError) Unwrap() error { return e.Err }

// withCharsets makes a *CharsetError of BADCHARSET.
func withCharsets[T any](d *deferred.Deferred[T]) *deferred.Deferred[T] {
	return d.AddErrback(func(err error) (none T, _ error) {
		if refused, ok := err.(*ResponseError); ok && refused.Code == "BADCHARSET" {
			err = &CharsetError{Charsets: charsets(refused.CodeArgs), Err: refused}
		}
		return none, err
	})
}

// charsets: resp-text-code =/ "BADCHARSET" [SP "(" charset *(SP charset) ")" ]; servers leave the parentheses out.
func charsets(args string) (names []string) {
	d := wire.NewDecoder([]byte(args), nil, nil)
	name := func(d *wire.Decoder) {
		if s := d.AString(); d.Err() == nil {
			names = append(names, string(s))
		}
	}
	for {
		d.TrySP()
		next, more := d.Peek()
		switch {
		case !more:
			return names
		case next == '(':
			d.List(name)
		default:
			name(&d)
		}
	}
}
