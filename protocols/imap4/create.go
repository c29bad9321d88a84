package imap4

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// CreateData is what a server tells of a mailbox that was created.
type CreateData struct {
	MailboxID string // OBJECTID (RFC 8474); "" if the server did not tell
}

// Create makes a mailbox. uses are what it is to be for, such as AttrSent or AttrArchive; none for an ordinary one. A name that ends in
// the hierarchy delimiter says that mailboxes below it will follow.
//
// Command: CREATE (RFC 9051 section 6.3.4, uses: RFC 6154). Legal in: authenticated, selected.
// Fires with: what the server tells of the new mailbox.
// Fails with: *ResponseError (ErrAlreadyExists, ErrNoPermission, ...), *UnsupportedError for uses without CREATE-SPECIAL-USE,
// *ArgumentError, *CommandError.
func (c *Client) Create(name string, uses ...MailboxAttr) *deferred.Deferred[CreateData] {
	cmd := c.mailboxCommand("CREATE", name)
	if len(uses) > 0 {
		cmd.requires = []string{"CREATE-SPECIAL-USE"}
		cmd.arguments = func(b *wire.CommandBuilder) {
			c.appendMailbox(b.SP(), name).SP().List(func(b *wire.CommandBuilder) {
				b.Atom("USE").SP().List(func(b *wire.CommandBuilder) { appendFlags(b, uses) })
			})
		}
	}
	return issue(c, cmd, func(r *wire.Response) (CreateData, error) {
		if r.Code != "MAILBOXID" {
			return CreateData{}, nil
		}
		return CreateData{MailboxID: codeObjectID(r, c.options().Limits)}, nil
	})
}

// mailboxCommand is a command with one or more names behind it, which nothing may overtake: the names mean something else after it.
func (c *Client) mailboxCommand(verb string, names ...string) *command {
	return &command{
		name: verb, class: classAlone, needs: inAuthenticated,
		arguments: func(b *wire.CommandBuilder) {
			for _, name := range names {
				c.appendMailbox(b.SP(), name)
			}
		},
	}
}

// appendFlags appends flags or attributes with spaces between.
func appendFlags[T ~string](b *wire.CommandBuilder, flags []T) {
	for i, f := range flags {
		if i > 0 {
			b.SP()
		}
		b.Flag(string(f))
	}
}
