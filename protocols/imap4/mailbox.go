package imap4

import (
	"strings"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// Mailbox is the mailbox that is selected, as the client knows it now.
type Mailbox struct {
	Name          string // as it was given to Select or Examine
	HighestModSeq uint64 // zero: there are none (RFC 7162), or the server has not told
	Exists        uint32 // messages
	UIDValidity   uint32 // zero: the server has not told
	UIDNext       uint32 // what the server has told last; zero: it has not
	ReadOnly      bool
}

// selection is the mailbox that is selected. It is a part of the Client: as a thing of its own it would cost an idle connection more.
type selection struct {
	name          string
	highestModSeq uint64
	exists        uint32
	uidValidity   uint32
	uidNext       uint32
	readOnly      bool
	open          bool // otherwise none is selected
}

// Mailbox is the one that is selected; ok is false when there is none.
func (c *Client) Mailbox() (box Mailbox, ok bool) {
	if !c.box.open {
		return Mailbox{}, false
	}
	return Mailbox{
		Name: c.box.name, HighestModSeq: c.box.highestModSeq, Exists: c.box.exists,
		UIDValidity: c.box.uidValidity, UIDNext: c.box.uidNext, ReadOnly: c.box.readOnly,
	}, true
}

// selected: another mailbox is, or none.
func (c *Client) selected(b selection) {
	c.box = b
	if c.rare != nil {
		c.rare.boxAge++
	}
}

// unselected: no mailbox is selected any more.
func (c *Client) unselected() {
	if c.box.open {
		c.selected(selection{})
	}
	if c.state == stateSelected {
		c.setState(stateAuthenticated)
	}
}

// onClosed takes that the mailbox is closed, because another one is being selected or for a reason of the server's.
func (c *Client) onClosed() {
	for cmd := c.out.first; cmd != nil; cmd = cmd.behind {
		if cmd.closed != nil {
			cmd.closed()
			break
		}
	}
	c.unselected()
}

// onExists takes the number of messages.
//
//	mailbox-data =/ number SP "EXISTS"
func (c *Client) onExists(n uint32) {
	if c.box.open {
		c.box.exists = n
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
	c.gone(1)
	if l := c.Listener; l != nil {
		l.Expunge(n)
	}
}

// gone: there are n messages less.
func (c *Client) gone(n int) {
	if !c.box.open {
		return
	}
	less := func(count *uint32) { *count -= uint32(min(n, int(*count))) }
	less(&c.box.exists)
	for cmd := c.out.first; cmd != nil; cmd = cmd.behind {
		if cmd.takes != nil {
			less(&cmd.takes.last)
		}
	}
}

// onVanished takes messages away by their UIDs.
func (c *Client) onVanished(r *wire.Response) bool {
	if !c.box.open && c.Listener == nil {
		return true
	}
	uids, earlier, ok := decodeVanished(r.Args)
	if !ok || r.HasNumber {
		return false
	}
	if n, _ := uids.Len(); !earlier {
		c.gone(n)
	}
	if l := c.Listener; l != nil {
		l.Vanished(uids, earlier)
	}
	return true
}

// decodeVanished reads what has vanished. Earlier: the client knows of these no more than that they are gone; EXISTS has counted
// them out already.
//
//	expunged-resp = "VANISHED" [SP "(EARLIER)"] SP known-uids (RFC 7162 section 7)
func decodeVanished(d wire.Decoder) (uids MessageSet, earlier, ok bool) {
	if next, _ := d.Peek(); next == '(' {
		d.List(func(d *wire.Decoder) { earlier = strings.EqualFold(string(d.SkipValue()), "EARLIER") || earlier })
		d.SP()
	}
	text := d.Atom()
	d.EOL()
	if d.Err() != nil {
		return MessageSet{}, false, false
	}
	uids, err := parseSet(text, true)
	return uids, earlier, err == nil && !uids.IsOpen()
}

// onFlags takes the flags of the mailbox, when they change while it is selected.
//
//	mailbox-data = "FLAGS" SP flag-list
func (c *Client) onFlags(r *wire.Response) bool {
	if r.HasNumber {
		return false
	}
	l := c.Listener
	if l == nil {
		return true
	}
	flags, ok := decodeFlags(r.Args)
	if ok {
		l.MailboxFlags(flags, false)
	}
	return ok
}

// onMailboxCode takes the response codes that are about the selected mailbox. While another one is being selected they are about that
// one, and SELECT takes them. told says that a method of the Listener's own has heard it.
func (c *Client) onMailboxCode(r *wire.Response) (told bool) {
	if c.selecting() {
		return false
	}
	l := c.Listener
	switch r.Code {
	case "PERMANENTFLAGS":
		flags, ok := decodeFlags(r.CodeDecoder(c.options().Limits))
		if ok && l != nil {
			l.MailboxFlags(flags, true)
		}
		return ok
	case "READ-ONLY", "READ-WRITE":
		return c.onMode(r.Code == "READ-ONLY")
	case "UIDVALIDITY":
		return c.onUIDValidity(codeNumber(r, c.options().Limits))
	case "UIDNEXT":
		if n := codeNumber(r, c.options().Limits); c.box.open && n != 0 {
			c.box.uidNext = n
		}
	case "HIGHESTMODSEQ":
		d := r.CodeDecoder(c.options().Limits)
		if n, ok := d.OptNumber64(); c.box.open && ok {
			c.box.highestModSeq = max(c.box.highestModSeq, n)
		}
	}
	return false
}

// onMode takes that the mailbox can be changed no more, or again.
func (c *Client) onMode(readOnly bool) (told bool) {
	if !c.box.open || c.box.readOnly == readOnly {
		return false
	}
	c.box.readOnly = readOnly
	if l := c.Listener; l != nil {
		l.ModeChanged(!readOnly)
	}
	return true
}

func (c *Client) onUIDValidity(n uint32) (told bool) {
	if !c.box.open || n == 0 || c.box.uidValidity == n {
		return false
	}
	c.box.uidValidity = n
	if l := c.Listener; l != nil {
		l.UIDValidity(n)
	}
	return true
}

// selecting tells whether a SELECT or EXAMINE is out.
func (c *Client) selecting() bool {
	for cmd := c.out.first; cmd != nil; cmd = cmd.behind {
		if cmd.selects {
			return true
		}
	}
	return false
}

// codeNumber is the number behind a response code's word; zero if there is none.
func codeNumber(r *wire.Response, l *Limits) uint32 {
	d := r.CodeDecoder(l)
	n, _ := d.OptNumber64()
	if n > 1<<32-1 {
		return 0
	}
	return uint32(n)
}
