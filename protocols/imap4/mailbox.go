package imap4

// Mailbox is the mailbox that is selected, as the client knows it now.
type Mailbox struct {
	Name     string // as it was given to Select or Examine
	ReadOnly bool
	Exists   uint32 // messages
}

// Mailbox is the one that is selected; ok is false when there is none.
func (c *Client) Mailbox() (box Mailbox, ok bool) {
	if c.box == nil {
		return Mailbox{}, false
	}
	return *c.box, true
}

// unselected: no mailbox is selected any more.
func (c *Client) unselected() {
	c.box = nil
	if c.state == stateSelected {
		c.setState(stateAuthenticated)
	}
}

// onExists takes the number of messages.
//
//	mailbox-data =/ number SP "EXISTS"
func (c *Client) onExists(n uint32) {
	if c.box != nil {
		c.box.Exists = n
	}
	if l := c.Listener; l != nil {
		l.Exists(n)
	}
}

func (c *Client) onRecent(n uint32) {
	if l := c.Listener; l != nil {
		l.Recent(n)
	}
}

// onExpunge takes a message away.
//
//	message-data = nz-number SP "EXPUNGE"
func (c *Client) onExpunge(n uint32) {
	if c.box != nil && c.box.Exists > 0 {
		c.box.Exists--
	}
	if l := c.Listener; l != nil {
		l.Expunge(n)
	}
}
