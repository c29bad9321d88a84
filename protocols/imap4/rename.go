package imap4

import "github.com/tconn/tconn/deferred"

// Rename gives a mailbox, and those below it, another name. Of INBOX the messages are moved to the new mailbox, and INBOX stays.
//
// Command: RENAME (RFC 9051 section 6.3.6). Legal in: authenticated, selected. Fires when it has the new name.
// Fails with: *ResponseError (ErrNonexistent, ErrAlreadyExists, ...), *ArgumentError, *CommandError.
func (c *Client) Rename(oldName, newName string) *deferred.Deferred[struct{}] {
	return issue(c, c.mailboxCommand("RENAME", oldName, newName), nothing)
}
