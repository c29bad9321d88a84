package imap4

import (
	"slices"
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// Rights are what somebody may do with a mailbox, a letter each (RFC 4314 section 2.1): "lrswipkxtea".
type Rights string

// Has tells whether all rights of r are there.
func (s Rights) Has(r Rights) bool {
	for _, right := range r {
		if !strings.ContainsRune(string(s), right) {
			return false
		}
	}
	return true
}

// ACLEntry is what one identifier may do with a mailbox. An identifier that begins with "-" has its rights taken away.
type ACLEntry struct {
	Identifier string
	Rights     Rights
}

// RightsList says which rights an identifier has in any case, and which can be given, those of one string together only.
type RightsList struct {
	Required Rights
	Optional []Rights
}

// GetACL asks who may do what with a mailbox.
//
// Command: GETACL (RFC 4314 section 3.3). Legal in: authenticated, selected.
// Fails with: *ResponseError, *UnsupportedError, *ArgumentError, *CommandError.
func (c *Client) GetACL(mailbox string) *deferred.Deferred[[]ACLEntry] {
	var entries []ACLEntry
	cmd := c.aclCommand("GETACL", mailbox)
	cmd.untagged = func(r *wire.Response) bool {
		if r.Name != "ACL" {
			return false
		}
		if more := decodeACL(&r.Args); c.limitUntagged(cmd, len(entries)+len(more)) {
			entries = append(entries, more...)
		}
		return true
	}
	return issue(c, cmd, func(*wire.Response) ([]ACLEntry, error) { return entries, nil })
}

// SetACL gives an identifier rights: those and no others, or with "+" or "-" before them those in addition, or all but those.
//
// Command: SETACL (RFC 4314 section 3.1). Legal in: authenticated, selected.
// Fails with: *ResponseError, *UnsupportedError, *ArgumentError, *CommandError.
func (c *Client) SetACL(mailbox, identifier string, rights Rights) *deferred.Deferred[struct{}] {
	return issue(c, c.aclCommand("SETACL", mailbox, identifier, string(rights)), nothing)
}

// DeleteACL takes an identifier out of a mailbox's list.
//
// Command: DELETEACL (RFC 4314 section 3.2). Legal in: authenticated, selected.
// Fails with: *ResponseError, *UnsupportedError, *ArgumentError, *CommandError.
func (c *Client) DeleteACL(mailbox, identifier string) *deferred.Deferred[struct{}] {
	return issue(c, c.aclCommand("DELETEACL", mailbox, identifier), nothing)
}

// ListRights asks which rights an identifier can be given for a mailbox.
//
// Command: LISTRIGHTS (RFC 4314 section 3.4). Legal in: authenticated, selected.
// Fails with: *ResponseError, *UnsupportedError, *ArgumentError, *CommandError.
func (c *Client) ListRights(mailbox, identifier string) *deferred.Deferred[RightsList] {
	var list RightsList
	cmd := c.aclCommand("LISTRIGHTS", mailbox, identifier)
	cmd.untagged = func(r *wire.Response) bool {
		if r.Name != "LISTRIGHTS" {
			return false
		}
		list = decodeListRights(&r.Args)
		return true
	}
	return issue(c, cmd, func(*wire.Response) (RightsList, error) { return list, nil })
}

// MyRights asks what the user may do with a mailbox.
//
// Command: MYRIGHTS (RFC 4314 section 3.5). Legal in: authenticated, selected.
// Fails with: *ResponseError, *UnsupportedError, *ArgumentError, *CommandError.
func (c *Client) MyRights(mailbox string) *deferred.Deferred[Rights] {
	var rights Rights
	cmd := c.aclCommand("MYRIGHTS", mailbox)
	cmd.untagged = func(r *wire.Response) bool {
		if r.Name != "MYRIGHTS" {
			return false
		}
		r.Args.AString()
		r.Args.SP()
		rights = Rights(r.Args.AString())
		return true
	}
	return issue(c, cmd, func(*wire.Response) (Rights, error) { return rights, nil })
}

func (c *Client) aclCommand(name, mailbox string, more ...string) *command {
	return &command{
		name: name, answers: answerACL | answerRights, needs: inAuthenticated, requires: []string{"ACL"},
		arguments: func(b *wire.CommandBuilder) {
			c.appendMailbox(b.SP(), mailbox)
			for _, s := range more {
				b.SP().AString(s)
			}
		},
	}
}

// decodeACL reads a mailbox's list.
//
//	acl-data = "ACL" SP mailbox *(SP identifier SP rights)
func decodeACL(d *wire.Decoder) []ACLEntry {
	words := decodeStrings(d)
	var entries []ACLEntry
	for pair := range slices.Chunk(words[min(1, len(words)):], 2) {
		if len(pair) == 2 {
			entries = append(entries, ACLEntry{Identifier: pair[0], Rights: Rights(pair[1])})
		}
	}
	return entries
}

// decodeListRights reads what can be given.
//
//	listrights-data = "LISTRIGHTS" SP mailbox SP identifier SP rights *(SP rights)
func decodeListRights(d *wire.Decoder) RightsList {
	var list RightsList
	for i, s := range decodeStrings(d) {
		switch {
		case i == 2:
			list.Required = Rights(s)
		case i > 2:
			list.Optional = append(list.Optional, Rights(s))
		}
	}
	return list
}

// decodeStrings reads strings with spaces between, up to the end or to what is none.
func decodeStrings(d *wire.Decoder) []string {
	var words []string
	for {
		if _, more := d.Peek(); !more {
			return words
		}
		s := d.AString()
		if d.Err() != nil {
			return words
		}
		words = append(words, string(s))
		d.TrySP()
	}
}

func upper(word []byte) string { return strings.ToUpper(string(word)) }
