package imap4

import (
	"strings"
	"unicode/utf8"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// Names of mailboxes are UTF-8 on this side. On the wire they are modified UTF-7 (RFC 3501 section 5.1.3), or UTF-8 once that is
// enabled. Servers also tell names that are neither; such a name is kept as it came, and has to go back as it came.

// maxRawNames is how many of the names that cannot be decoded the client remembers, so that they go back as they came.
const maxRawNames = 1000

// mailboxName decodes a name as the server wrote it. ok is false for one that cannot be decoded: then name is raw itself.
func (c *Client) mailboxName(raw []byte) (name string, ok bool) {
	if c.utf8 && utf8.Valid(raw) {
		return string(raw), true
	}
	name = string(raw)
	if !c.utf8 {
		if decoded, err := wire.DecodeUTF7(name); err == nil {
			return decoded, true
		}
	}
	c.rememberRaw(name)
	return name, false
}

func (c *Client) rememberRaw(name string) {
	r := c.unusual()
	if len(r.names) >= maxRawNames {
		return
	}
	if r.names == nil {
		r.names = make(map[string]struct{})
	}
	r.names[name] = struct{}{}
}

// appendMailbox appends a name or pattern to a command: one that the server has told and nobody could decode as it came, others
// encoded.
func (c *Client) appendMailbox(b *wire.CommandBuilder, name string) *wire.CommandBuilder {
	if c.rare != nil {
		if _, isRaw := c.rare.names[name]; isRaw {
			return b.AString(name)
		}
	}
	return b.Mailbox(name)
}

// sameMailbox tells whether two decoded names are of one mailbox: INBOX is so in letters of any case.
func sameMailbox(a, b string) bool {
	return a == b || strings.EqualFold(a, inbox) && strings.EqualFold(b, inbox)
}

// mailboxKey is the same for names of one mailbox.
func mailboxKey(name string) string {
	if strings.EqualFold(name, inbox) {
		return inbox
	}
	return name
}

const inbox = "INBOX"
