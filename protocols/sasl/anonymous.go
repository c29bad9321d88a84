package sasl

import (
	"context"
	"strings"
	"unicode/utf8"
)

// NewAnonymous is nobody in particular (RFC 4505). It says Trace, which is public: up to 255 characters for the server's log, such as a mail
// address. It cannot say AuthorizationID. Fails with: *ArgumentError.
func NewAnonymous(c *Credentials) (Mechanism, error) {
	const name = "ANONYMOUS"
	control := func(r rune) bool { return r < ' ' || r == 0x7f }
	if !utf8.ValidString(c.Trace) || utf8.RuneCountInString(c.Trace) > 255 || strings.ContainsFunc(c.Trace, control) {
		return nil, &ArgumentError{Mechanism: name, Field: "Trace", Reason: "is longer than 255 characters, not UTF-8, or holds control characters"}
	}
	if err := onlyHimself(name, c); err != nil {
		return nil, err
	}
	return anonymous(c.Trace), nil
}

type anonymous string // the trace

func (anonymous) Name() string { return "ANONYMOUS" }

func (a anonymous) Start(context.Context) ([]byte, bool, error) { return []byte(a), true, nil }

func (anonymous) Next(context.Context, []byte) ([]byte, error) { return nil, tooMany("ANONYMOUS") }
