package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
)

// Exit codes, curl's where it has one for the case.
const (
	exitOK          = 0
	exitUsage       = 2
	exitName        = 6
	exitConnect     = 7
	exitStrange     = 8
	exitWrite       = 23
	exitTimeout     = 28
	exitTLS         = 35
	exitCertificate = 60
	exitLogin       = 67
	exitInterrupted = 130
)

// exitCode says what kind of failure err is.
func exitCode(err error) int {
	var certificate *tls.CertificateVerificationError
	var refused *imap4.ResponseError
	var bye *imap4.ByeError
	switch {
	case errors.As(err, &bye): // however long the server took to close then
		return exitStrange
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, reactor.ErrTCPTimedOut):
		return exitTimeout
	case errors.As(err, &certificate):
		return exitCertificate
	case errors.Is(err, reactor.ErrTLS):
		return exitTLS
	case errors.Is(err, reactor.ErrDNSLookup):
		return exitName
	case errors.Is(err, reactor.ErrConnect):
		return exitConnect
	case errors.As(err, &refused) && refused.Command == "LOGIN":
		return exitLogin
	}
	return exitStrange
}

// runTimeout is the end of --timeout during the conversation.
type runTimeout struct{ after time.Duration }

func (e *runTimeout) Error() string {
	return fmt.Sprintf("timed out after %v: the server accepted the connection but did not answer", e.after)
}

func (e *runTimeout) Is(target error) bool { return target == context.DeadlineExceeded }

// maxShown is how many bytes of a message are shown.
const maxShown = 1000

// safe makes text fit for a terminal: what is not printable is escaped, what is very long is cut.
func safe(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		if b.Len() >= maxShown {
			b.WriteString("...")
			break
		}
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		text = text[size:]
	}
	return b.String()
}
