package imap4

import (
	"bytes"
	"strings"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// Arg is an argument of a Command: made by one of the functions below, of which each refuses what it cannot send, with *ArgumentError
// and before anything is sent. The zero Arg is refused, too.
type Arg struct {
	put func(c *Client, b *wire.CommandBuilder)
}

// append appends the argument with the space before it.
func (a Arg) append(c *Client, b *wire.CommandBuilder) {
	a.appendValue(c, b.SP())
}

// appendValue appends the argument.
func (a Arg) appendValue(c *Client, b *wire.CommandBuilder) {
	if a.put == nil {
		b.Refuse("is the zero Arg")
		return
	}
	a.put(c, b)
}

// Atom is a word that stands as it is, such as UNSEEN. What no atom holds is refused: spaces, controls, 8-bit characters and
// ( ) { % * " \ ].
func Atom(s string) Arg { return Arg{func(c *Client, b *wire.CommandBuilder) { b.Atom(s) }} }

// AString is text, sent as atom, quoted string or literal, as it needs. NUL is refused.
func AString(s string) Arg { return Arg{func(c *Client, b *wire.CommandBuilder) { b.AString(s) }} }

// Quoted is text that is never sent as an atom: a quoted string, or a literal if that cannot hold it. NUL is refused.
func Quoted(s string) Arg {
	return Arg{func(c *Client, b *wire.CommandBuilder) { b.QuotedOrLiteral(s) }}
}

// Secret is AString of what no trace shows.
func Secret(s string) Arg { return Arg{func(c *Client, b *wire.CommandBuilder) { b.SecretAString(s) }} }

// MailboxName is the name of a mailbox, or a pattern of names, in UTF-8; it is sent in modified UTF-7 unless the server takes UTF-8. What is
// no UTF-8 is refused.
func MailboxName(name string) Arg {
	return Arg{func(c *Client, b *wire.CommandBuilder) { c.appendMailbox(b, name) }}
}

// Number is a number.
func Number(n uint64) Arg { return Arg{func(c *Client, b *wire.CommandBuilder) { b.Number(n) }} }

// SetArg is a set of messages. Whether it holds UIDs or sequence numbers is for the name of the command to say. The empty set is refused.
func SetArg(set MessageSet) Arg {
	return Arg{func(c *Client, b *wire.CommandBuilder) { set.sequenceSet(b) }}
}

// FlagArg is a flag. What is none is refused.
func FlagArg(f Flag) Arg { return Arg{func(c *Client, b *wire.CommandBuilder) { b.Flag(string(f)) }} }

// List is a list in parentheses, its items with a space between them.
func List(items ...Arg) Arg {
	return Arg{func(c *Client, b *wire.CommandBuilder) {
		b.List(func(b *wire.CommandBuilder) {
			for i, item := range items {
				if i > 0 {
					b.SP()
				}
				item.appendValue(c, b)
			}
		})
	}}
}

// LiteralBytes are octets, sent as a literal. NUL is refused. octets must not change until the command is sent.
func LiteralBytes(octets []byte) Arg {
	return Arg{func(c *Client, b *wire.CommandBuilder) {
		if bytes.IndexByte(octets, 0) >= 0 {
			b.Refuse("contains NUL")
			return
		}
		b.Literal(octets)
	}}
}

// Raw is text that is sent as it is, with all the spaces and parentheses in it. CR, LF and NUL are refused, and so is the announcement of a
// literal at the end: no text becomes a second command, or makes the server wait for octets. Nothing that others write belongs here.
func Raw(s string) Arg {
	return Arg{func(c *Client, b *wire.CommandBuilder) {
		if announcesLiteral(s) {
			b.Refuse("ends like the announcement of a literal")
			return
		}
		b.Raw(s)
	}}
}

// announcesLiteral tells whether a server would take the end of a line s for "{5}" or "{5+}".
func announcesLiteral(s string) bool {
	digits, ok := strings.CutSuffix(s, "}")
	if !ok {
		return false
	}
	digits = strings.TrimSuffix(digits, "+")
	rest := strings.TrimRight(digits, "0123456789")
	return len(rest) < len(digits) && strings.HasSuffix(rest, "{")
}
