package imap4

import (
	"maps"
	"slices"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// MetadataOptions say what of the annotations GetMetadata asks for. The zero value asks for the entries that are named.
type MetadataOptions struct {
	// MaxSize is how many octets a value may have to be sent, zero no limit. Metadata.LongEntries tells of longer ones.
	MaxSize uint32
	// Depth is how far below the named entries others are told: zero, one, or MetadataInfinity.
	Depth MetadataDepth
}

// MetadataDepth is how far below an entry others are told.
type MetadataDepth uint8

// Depths of GetMetadata.
const (
	MetadataEntryOnly MetadataDepth = iota
	MetadataChildren                // and those right below it
	MetadataInfinity                // and all below it
)

// Metadata is the annotations of a mailbox, or of the server.
type Metadata struct {
	Mailbox string            // "" for the server
	Entries map[string][]byte // by name, as the server writes it: /private/comment, /shared/vendor/...; nil for one that has no value
	// LongEntries is the size of the largest value that was left out because of MaxSize; zero if none was.
	LongEntries uint64
}

// GetMetadata asks for annotations of a mailbox, or with "" of the server.
//
// Command: GETMETADATA (RFC 5464 section 4.2). Legal in: authenticated, selected.
// Fails with: *ResponseError, *UnsupportedError, *ArgumentError, *CommandError.
func (c *Client) GetMetadata(mailbox string, o MetadataOptions, entries ...string) *deferred.Deferred[Metadata] {
	result := Metadata{Mailbox: mailbox, Entries: make(map[string][]byte)}
	cmd := c.metadataCommand("GETMETADATA", mailbox)
	cmd.arguments = func(b *wire.CommandBuilder) {
		appendMetadataOptions(b, o)
		c.appendMailbox(b.SP(), mailbox)
		b.SP().List(func(b *wire.CommandBuilder) {
			for i, entry := range entries {
				if i > 0 {
					b.SP()
				}
				b.AString(entry)
			}
		})
	}
	cmd.untagged = func(r *wire.Response) bool {
		if r.Name != "METADATA" {
			return false
		}
		_, names, values := c.decodeMetadata(&r.Args)
		if c.limitUntagged(cmd, len(result.Entries)+len(values)) {
			for i := range values {
				result.Entries[names[i]] = values[i]
			}
		}
		return values != nil // without values it is news, not an answer
	}
	return issue(c, cmd, func(r *wire.Response) (Metadata, error) {
		if r.Code == "METADATA" {
			d := r.CodeDecoder(c.options().Limits)
			if word := upper(d.Atom()); word == "LONGENTRIES" {
				d.SP()
				result.LongEntries = d.Number64()
			}
		}
		return result, nil
	})
}

// SetMetadata sets annotations of a mailbox, or with "" of the server; a nil value takes the entry away.
//
// Command: SETMETADATA (RFC 5464 section 4.3). Legal in: authenticated, selected.
// Fails with: *ResponseError (code METADATA: MAXSIZE, TOOMANY, NOPRIVATE), *UnsupportedError, *ArgumentError, *CommandError.
func (c *Client) SetMetadata(mailbox string, entries map[string][]byte) *deferred.Deferred[struct{}] {
	cmd := c.metadataCommand("SETMETADATA", mailbox)
	cmd.arguments = func(b *wire.CommandBuilder) {
		c.appendMailbox(b.SP(), mailbox)
		b.SP().List(func(b *wire.CommandBuilder) {
			for i, entry := range slices.Sorted(maps.Keys(entries)) {
				if i > 0 {
					b.SP()
				}
				b.AString(entry).SP()
				appendMetadataValue(b, entries[entry])
			}
		})
	}
	return issue(c, cmd, nothing)
}

// metadataCommand is a command about annotations. A server may have those of its own only (METADATA-SERVER).
func (c *Client) metadataCommand(name, mailbox string) *command {
	requires := []string{"METADATA"}
	if mailbox == "" {
		requires = append(requires, "METADATA-SERVER")
	}
	return &command{name: name, answers: answerMetadata, needs: inAuthenticated, requires: requires}
}

func appendMetadataOptions(b *wire.CommandBuilder, o MetadataOptions) {
	if o == (MetadataOptions{}) {
		return
	}
	b.SP().List(func(b *wire.CommandBuilder) {
		if o.MaxSize > 0 {
			b.Atom("MAXSIZE").SP().Number(uint64(o.MaxSize))
		}
		if o.MaxSize > 0 && o.Depth > 0 {
			b.SP()
		}
		switch o.Depth {
		case MetadataChildren:
			b.Atom("DEPTH").SP().Atom("1")
		case MetadataInfinity:
			b.Atom("DEPTH").SP().Atom("infinity")
		}
	})
}

// appendMetadataValue: value = nstring / literal8
func appendMetadataValue(b *wire.CommandBuilder, value []byte) {
	switch {
	case value == nil:
		b.Atom("NIL")
	case slices.Contains(value, 0):
		b.Literal8(value)
	default:
		b.QuotedOrLiteral(string(value))
	}
}

// decodeMetadata reads a METADATA response. values is nil in one that tells only which entries have changed.
//
//	metadata-resp = "METADATA" SP mailbox SP (entry-values / entry-list)
//	entry-values = "(" entry-value *(SP entry-value) ")"; entry-list = entry *(SP entry)
func (c *Client) decodeMetadata(d *wire.Decoder) (mailbox string, names []string, values [][]byte) {
	mailbox, _ = c.mailboxName(d.AString())
	d.SP()
	if next, ok := d.Peek(); !ok || next != '(' {
		return mailbox, decodeStrings(d), nil
	}
	values = [][]byte{}
	d.List(func(d *wire.Decoder) {
		name := string(d.AString())
		d.SP()
		value, ok := d.NString()
		if d.Err() != nil {
			return
		}
		if ok {
			value = append([]byte{}, value...)
		}
		names, values = append(names, name), append(values, value)
	})
	return mailbox, names, values
}

// onMetadata hears which annotations have changed.
func (c *Client) onMetadata(r *wire.Response) bool {
	mailbox, names, _ := c.decodeMetadata(&r.Args)
	if l := c.Listener; l != nil {
		l.Metadata(mailbox, names)
	}
	return true
}
