package imap4

import "github.com/tconn/tconn/protocols/imap4/internal/wire"

func (c *Client) appendMailbox(b *wire.CommandBuilder, n string) { b.Mailbox(n) }
func (c *Client) mailboxName(raw []byte) (string, bool)          { return string(raw), true }
