package wire

import (
	"strings"
	"unicode/utf8"
)

// LiteralMode tells which literals a server takes without being asked first.
type LiteralMode uint8

// Modes of literals.
const (
	Sync         LiteralMode = iota // none: {n}, then wait for "+"
	NonSync                         // LITERAL+ (RFC 7888): {n+} always
	NonSyncSmall                    // LITERAL- and IMAP4rev2: {n+} up to 4096 octets
)

// MaxNonSyncSmall is the largest literal of LITERAL-, in octets (RFC 7888 section 5).
const MaxNonSyncSmall = 4096

func (m LiteralMode) nonSync(size int64) bool {
	return m == NonSync || m == NonSyncSmall && size <= MaxNonSyncSmall
}

// CommandBuilder builds one command after the other: Begin, then SP and a value as often as needed, then Done.
// Its first error stays until the next Begin, and Done answers it: nothing of a bad command can be sent.
// The zero value is ready, in mode Sync. The methods return the builder itself, to be chained.
//
// Goroutine: one at a time.
type CommandBuilder struct {
	// Mode of the server at the other end.
	Mode LiteralMode
	// UTF8: the server takes UTF-8 in quoted strings and as mailbox names (RFC 9051 section 5.1, RFC 6855).
	UTF8 bool

	out     *Encoded // that is being made
	buf     []byte
	cuts    []cut
	secrets []secret // what a trace must not show
	name    string
	arg     int // arguments so far
	depth   int // List in List: all of a list is one argument
	modal   bool
	err     error
}

// cut is where a segment ends, and what comes then.
type cut struct {
	end int
	gap Gap
}

// Begin drops what there was and begins "tag name". Name may be of two words, as "UID FETCH".
func (b *CommandBuilder) Begin(tag, name string) *CommandBuilder {
	e := new(Encoded)
	*b = CommandBuilder{Mode: b.Mode, UTF8: b.UTF8, out: e, buf: e.short[:0], secrets: e.oneSecret[:0]}
	if tagEnd([]byte(tag)) != len(tag) || tag == "" {
		return b.fail("the tag is none")
	}
	b.buf = append(b.buf, tag...)
	for word := range strings.SplitSeq(name, " ") {
		if atomFault(word) != "" {
			return b.fail("the command's name is none")
		}
		b.buf = append(append(b.buf, ' '), word...)
	}
	b.name = name
	return b
}

func (b *CommandBuilder) fail(reason string) *CommandBuilder {
	return b.failWith(&ArgumentError{Reason: reason})
}

// Refuse makes the command fail because of its next argument.
func (b *CommandBuilder) Refuse(reason string) *CommandBuilder {
	b.count()
	return b.fail(reason)
}

// failWith keeps the first error, with the place where the command stands.
func (b *CommandBuilder) failWith(err *ArgumentError) *CommandBuilder {
	if b.err == nil {
		b.err = &ArgumentError{Command: b.name, Arg: b.arg, Reason: err.Reason}
	}
	return b
}

// value counts an argument, and appends it if put accepts it.
func (b *CommandBuilder) value(put func(dst []byte) ([]byte, error)) *CommandBuilder {
	b.count()
	buf, err := put(b.buf)
	if bad, ok := err.(*ArgumentError); ok {
		return b.failWith(bad)
	}
	b.buf = buf
	return b
}

func (b *CommandBuilder) count() {
	if b.depth == 0 {
		b.arg++
	}
}

// SP appends the space before the next value.
func (b *CommandBuilder) SP() *CommandBuilder {
	b.buf = append(b.buf, ' ')
	return b
}

// Atom appends s as an atom. Fails if it is none: empty, or with a control, a space, one of ( ) { % * " \ ], or 8-bit.
func (b *CommandBuilder) Atom(s string) *CommandBuilder {
	return b.value(func(dst []byte) ([]byte, error) { return AppendAtom(dst, s) })
}

// Flag appends a flag: a keyword, or a backslash and an atom. Fails if it is none.
func (b *CommandBuilder) Flag(s string) *CommandBuilder {
	return b.value(func(dst []byte) ([]byte, error) { return AppendFlag(dst, s) })
}

// SequenceSet appends a set such as 1:5,7,9:* or $. Fails on any other character.
func (b *CommandBuilder) SequenceSet(s string) *CommandBuilder {
	return b.value(func(dst []byte) ([]byte, error) {
		if !isSet(s) {
			return dst, &ArgumentError{Reason: reasonSet}
		}
		return append(dst, s...), nil
	})
}

// Raw appends s as it stands, for what the words here cannot say, such as BODY.PEEK[HEADER.FIELDS (From)]<0.512>. Fails if it is
// empty, has a control character, or ends in a literal's announcement: no command can be smuggled in with it.
func (b *CommandBuilder) Raw(s string) *CommandBuilder {
	return b.value(func(dst []byte) ([]byte, error) {
		for i := 0; i < len(s); i++ {
			if s[i] < ' ' || s[i] == 0x7f {
				return dst, &ArgumentError{Reason: reasonRaw}
			}
		}
		if _, literal := lastAnnouncement([]byte(s)); s == "" || literal {
			return dst, &ArgumentError{Reason: reasonRaw}
		}
		return append(dst, s...), nil
	})
}

// Number appends n in decimal.
func (b *CommandBuilder) Number(n uint64) *CommandBuilder {
	return b.value(func(dst []byte) ([]byte, error) { return AppendNumber(dst, n), nil })
}

// AString appends s as atom, quoted string or literal, the first of them that can hold it. Fails on NUL.
func (b *CommandBuilder) AString(s string) *CommandBuilder { return b.astring(s, false) }

// QuotedOrLiteral appends s as quoted string or, if that cannot hold it, as literal: where the grammar has no atom. Fails on NUL.
func (b *CommandBuilder) QuotedOrLiteral(s string) *CommandBuilder {
	if isAString(s) {
		b.count()
		b.buf = appendQuoted(b.buf, s)
		return b
	}
	return b.astring(s, false)
}

// SecretAString is AString of what no trace may show. An initial SASL response goes this way too: base64 is an atom.
func (b *CommandBuilder) SecretAString(s string) *CommandBuilder { return b.astring(s, true) }

// Mailbox appends a mailbox name or pattern given in UTF-8: INBOX in any case as INBOX, others in modified UTF-7
// (RFC 3501 section 5.1.3), unless the server takes UTF-8. Fails on what is no UTF-8. A name kept as the server sent it goes
// through AString.
func (b *CommandBuilder) Mailbox(name string) *CommandBuilder {
	if b.UTF8 && utf8.ValidString(name) && !equalFold([]byte(name), "INBOX") {
		return b.AString(name)
	}
	encoded, err := encodeMailbox(name)
	if bad, ok := err.(*ArgumentError); ok {
		b.count()
		return b.failWith(bad)
	}
	return b.AString(encoded)
}

// Literal appends octets as a literal, whatever they are: a message for APPEND. NUL is sent as it is, which a
// server takes in a literal8 only (RFC 3516).
func (b *CommandBuilder) Literal(octets []byte) *CommandBuilder {
	b.count()
	b.openLiteral(len(octets))
	b.buf = append(b.buf, octets...)
	return b
}

// Literal8 appends octets as a literal8, in which NUL may stand (RFC 3516).
func (b *CommandBuilder) Literal8(octets []byte) *CommandBuilder {
	b.buf = append(b.buf, '~')
	return b.Literal(octets)
}

// StreamedLiteral appends the announcement of a literal, or literal8, whose octets the sender of the command sends himself
// (Gap.Stream). sync asks the server first, whatever the mode.
func (b *CommandBuilder) StreamedLiteral(size int64, binary, sync bool) *CommandBuilder {
	b.count()
	if size < 0 {
		return b.fail("a literal has no negative size")
	}
	if binary {
		b.buf = append(b.buf, '~')
	}
	b.modal = true
	nonSync := !sync && b.Mode.nonSync(size)
	b.buf = appendAnnouncement(b.buf, size, nonSync)
	b.cuts = append(b.cuts, cut{len(b.buf), Gap{Wait: !nonSync, Stream: true, Size: size}})
	return b
}

// List appends "(", what items appends, and ")". To the position in an ArgumentError it counts as one argument.
func (b *CommandBuilder) List(items func(b *CommandBuilder)) *CommandBuilder {
	b.count()
	b.buf = append(b.buf, '(')
	b.depth++
	items(b)
	b.depth--
	b.buf = append(b.buf, ')')
	return b
}

func (b *CommandBuilder) astring(s string, isSecret bool) *CommandBuilder {
	b.count()
	from := len(b.buf)
	octets := from
	switch {
	case isAString(s):
		b.buf = append(b.buf, s...)
	case isQuotable(s), b.UTF8 && isQuotableUTF8(s):
		b.buf = appendQuoted(b.buf, s)
	case strings.IndexByte(s, 0) >= 0:
		return b.fail(reasonNUL)
	default:
		b.openLiteral(len(s))
		octets = len(b.buf)
		b.buf = append(b.buf, s...)
	}
	if isSecret {
		b.secrets = append(b.secrets, secret{from: from, octets: octets, to: len(b.buf)})
	}
	return b
}

// openLiteral appends the announcement, and ends the segment there if the server has to be asked first.
func (b *CommandBuilder) openLiteral(size int) {
	b.modal = true
	nonSync := b.Mode.nonSync(int64(size))
	b.buf = appendAnnouncement(b.buf, int64(size), nonSync)
	if !nonSync {
		b.cuts = append(b.cuts, cut{len(b.buf), Gap{Wait: true}})
	}
}

// Done ends the command. The builder can Begin the next one; what Done returned stays as it is.
// Errors: *ArgumentError, the first of this command.
func (b *CommandBuilder) Done() (*Encoded, error) {
	if b.err == nil && b.name == "" {
		b.fail("no command has been begun")
	}
	if b.err != nil {
		return nil, b.err
	}
	b.buf = append(b.buf, '\r', '\n')
	e := b.out
	e.Modal, e.buf, e.secrets, e.Segments = b.modal, b.buf, b.secrets, e.whole[:0]
	from := 0
	for _, cut := range b.cuts {
		e.Segments = append(e.Segments, b.buf[from:cut.end:cut.end])
		e.Gaps = append(e.Gaps, cut.gap)
		from = cut.end
	}
	e.Segments = append(e.Segments, b.buf[from:])
	*b = CommandBuilder{Mode: b.Mode, UTF8: b.UTF8}
	return e, nil
}

// Bare builds a command that is a tag and a name, without arguments. Errors: *ArgumentError.
func Bare(tag, name string) (*Encoded, error) {
	var b CommandBuilder
	return b.Begin(tag, name).Done()
}
