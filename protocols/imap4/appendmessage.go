package imap4

import (
	"bytes"
	"io"
	"strings"
	"time"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// AppendMessage is a message to be added to a mailbox. It has either a Body or Parts.
type AppendMessage struct {
	// Body is read once, from where it stands. A message with NUL in it needs Binary: in memory it is refused without, from
	// another reader it goes out as it is, and most servers refuse it.
	Body io.Reader
	// Size is how many octets of Body are sent. Zero is all of a *bytes.Reader, *strings.Reader or *bytes.Buffer; any other reader
	// needs it. If Body has less the connection is closed (*ShortBodyError).
	Size int64
	// Flags that the message gets.
	Flags []Flag
	// Date is the internal date; the zero Time is the time of the server.
	Date time.Time
	// Binary sends Body as a literal8 (BINARY, RFC 3516).
	Binary bool
	// UTF8 says that the headers hold UTF-8 (UTF8=ACCEPT, RFC 6855, which must have been enabled).
	UTF8 bool
	// Parts put the message together from text and from what the server has (CATENATE, RFC 4469).
	Parts []CatenatePart
}

// Bytes is the message that b holds. b must not change until the message is sent.
func Bytes(b []byte) AppendMessage { return AppendMessage{Body: bytes.NewReader(b)} }

// checkMessages refuses what cannot be sent, and fills in sizes. before is how many arguments the command has before its messages.
func checkMessages(command string, before int, messages []AppendMessage) error {
	if len(messages) == 0 {
		return &ArgumentError{Command: command, Arg: before + 1, Reason: "there is no message"}
	}
	for i := range messages {
		if fault := messages[i].check(); fault != "" {
			return &ArgumentError{Command: command, Arg: before + 1 + i, Reason: fault}
		}
	}
	return nil
}

// check answers why the message cannot be sent, "" if it can.
func (m *AppendMessage) check() string {
	for _, f := range m.Flags {
		if f == FlagAny || f.Is(FlagRecent) {
			return "the flag cannot be given to a message"
		}
	}
	switch year := m.Date.Year(); {
	case year < 0 || year > 9999:
		return "the year of a date has four digits"
	case m.Parts == nil:
		return checkOctets(m.Body, &m.Size, m.Binary || m.UTF8)
	case m.Body != nil || m.Size != 0 || m.Binary:
		return "a message has either Body or Parts, and Binary is for Body"
	}
	return checkParts(m.Parts)
}

// checkOctets answers why size octets of r cannot be sent, "" if they can; a size of zero becomes that of what lies in memory.
func checkOctets(r io.Reader, size *int64, nulAllowed bool) string {
	if r == nil {
		return "there is no Body"
	}
	held, memory := memoryLen(r)
	switch {
	case memory && *size == 0:
		*size = held
	case memory && *size > held:
		return "Size is more than Body holds"
	}
	switch {
	case *size < 0:
		return "Size is negative"
	case *size == 0 && !memory:
		return "Size must be set for this kind of reader"
	case *size == 0:
		return "the message is empty"
	case memory && !nulAllowed && holdsNUL(r, *size):
		return "contains NUL, which needs Binary"
	}
	return ""
}

// holdsNUL looks at size octets of what lies in memory, and leaves them unread.
func holdsNUL(r io.Reader, size int64) bool {
	if b, ok := r.(*bytes.Buffer); ok {
		return bytes.IndexByte(b.Bytes()[:size], 0) >= 0
	}
	search := nulSearch{left: size}
	n, _ := r.(io.WriterTo).WriteTo(&search) // the whole rest, in one piece and without a copy
	_, _ = r.(io.Seeker).Seek(-n, io.SeekCurrent)
	return search.found
}

// nulSearch looks for NUL in the first octets written to it.
type nulSearch struct {
	left  int64
	found bool
}

// Write looks at p.
func (s *nulSearch) Write(p []byte) (int, error) {
	k := min(int64(len(p)), s.left)
	s.found = s.found || bytes.IndexByte(p[:k], 0) >= 0
	s.left -= k
	return len(p), nil
}

// WriteString is Write for a string.
func (s *nulSearch) WriteString(p string) (int, error) {
	k := min(int64(len(p)), s.left)
	s.found = s.found || strings.IndexByte(p[:k], 0) >= 0
	s.left -= k
	return len(p), nil
}

// demands are the capabilities that the server must have for the message.
func (m *AppendMessage) demands() (capabilities []string) {
	if m.Binary {
		capabilities = append(capabilities, "BINARY")
	}
	if m.Parts != nil {
		capabilities = append(capabilities, "CATENATE")
	}
	return capabilities
}

// octets is how much of the message is sent.
func (m *AppendMessage) octets() int64 {
	size := m.Size
	for i := range m.Parts {
		size += m.Parts[i].Size
	}
	return size
}

// appendMessages appends messages to a command, and answers the body hook that sends their literals.
//
//	append-message = [SP flag-list] [SP date-time] SP append-data (RFC 4466)
//	append-data = literal / literal8 / "CATENATE" SP "(" cat-part *(SP cat-part) ")" / "UTF8" SP "(" literal8 ")"
func (c *Client) appendMessages(b *wire.CommandBuilder, cmd *command, messages []AppendMessage) func(segment int, done func(error)) {
	var literals []literal
	for i := range messages {
		m := &messages[i]
		if len(m.Flags) > 0 {
			b.SP().List(func(b *wire.CommandBuilder) {
				for i, f := range m.Flags {
					if i > 0 {
						b.SP()
					}
					b.Flag(string(f))
				}
			})
		}
		if !m.Date.IsZero() {
			b.SP().Raw(m.Date.Format(dateTimeLayout))
		}
		b.SP()
		if m.Parts == nil {
			one := literal{m.Body, m.Size}
			literals = append(literals, one)
			c.announce(b, one, m.Binary, m.UTF8)
			continue
		}
		b.Raw("CATENATE").SP().List(func(b *wire.CommandBuilder) { literals = c.appendParts(b, m, literals) })
	}
	return func(_ int, done func(error)) {
		next := literals[0]
		literals = literals[1:]
		c.sendLiteral(cmd, next.reader, next.size, done)
	}
}

// literal is what a command streams to the server.
type literal struct {
	reader io.Reader
	size   int64
}

// dateTimeLayout is that of date-time, with its quotes: the day has two places, and the first one may be a space.
const dateTimeLayout = `"_2-Jan-2006 15:04:05 -0700"`

// announce appends the announcement of a literal that will be streamed. A literal8 can go without asking only where the server has
// BINARY (RFC 4466, RFC 7888 section 6).
func (c *Client) announce(b *wire.CommandBuilder, l literal, binary, utf8 bool) {
	ask := l.size > c.options().maxNonSync()
	if utf8 {
		b.Raw("UTF8 (").StreamedLiteral(l.size, true, ask || !c.caps.Has("BINARY")).Raw(")")
		return
	}
	b.StreamedLiteral(l.size, binary, ask)
}
