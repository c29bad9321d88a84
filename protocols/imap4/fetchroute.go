package imap4

import (
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// How FETCH data finds those who wait for it.
//
// The data says of which message it is and what it tells, but not which command it answers. So each response is read once, and goes to
// every FETCH or STORE that is out whose set can hold the message and that has asked for some of what it tells; commands that could be
// confused are never out together (taker.meets). What nobody has asked for goes to Listener.MessageData: flags that somebody else has
// changed, also when they stand in the answer to a FETCH of something else.

// fetching is what reading FETCH data needs from response to response. A connection has one while a command is out that takes such data.
type fetching struct {
	decoder fetchDecoder
	prefix  literalPrefix
}

// takers tells whether any command that is out takes FETCH data, and whether all that do are content with borrowed messages.
func (c *Client) takers() (some, borrow bool) {
	borrow = true
	for cmd := c.out.first; cmd != nil; cmd = cmd.behind {
		if cmd.takes != nil {
			some, borrow = true, borrow && cmd.takes.borrow
		}
	}
	return some, some && borrow
}

func (c *Client) fetching() *fetching {
	r := c.unusual()
	if r.fetching == nil {
		r.fetching = new(fetching)
	}
	return r.fetching
}

// fetched lets go of what reading FETCH data needed when the last command that takes some is answered.
func (c *Client) fetched() {
	if c.rare == nil || c.rare.fetching == nil {
		return
	}
	if some, _ := c.takers(); !some {
		c.rare.fetching = nil
	}
}

// onPlainFetch takes a FETCH response that is written as nearly all servers do, and which no command takes another way: the fast way. Any
// other line is for the usual one.
func (c *Client) onPlainFetch(unit *wire.Unit) bool {
	number, list := wire.PlainFetch(unit.Bytes)
	if list == 0 || c.state == stateGreeting || c.options().Strict {
		return false
	}
	for cmd := c.out.first; cmd != nil; cmd = cmd.behind {
		if cmd.untagged != nil {
			return false
		}
	}
	var args wire.Decoder
	unit.Decode(&args, c.options().Limits)
	args.SkipTo(list)
	c.onFetch(number, false, &args)
	return true
}

// onFetch takes what the server tells of one message; number is its sequence number, or with UIDFETCH its UID.
//
//	message-data = nz-number SP ("EXPUNGE" / ("FETCH" SP msg-att)) / uniqueid SP "UIDFETCH" SP msg-att (RFC 9586)
func (c *Client) onFetch(number uint32, isUID bool, args *wire.Decoder) {
	some, borrow := c.takers()
	if !some && c.Listener == nil {
		return
	}
	size := len(args.Rest())
	m := c.readItems(number, isUID, args, some, borrow)
	last := c.out.last // what a callback sends has no part in this message
	left, taken := c.claim(m)
	c.tellUnasked(m, left, taken)
	shared := false
	for cmd := c.out.first; taken && cmd != nil; cmd = cmd.behind {
		if t := cmd.takes; t != nil && t.claimed {
			t.claimed = false
			t.take(m, size, shared)
			shared = !borrow
		}
		if cmd == last {
			return
		}
	}
}

// readMessage reads a response. What cannot be read of it concerns this message alone.
func (c *Client) readMessage(r wire.Response, some, borrow bool) *Message {
	return c.readItems(r.Number, r.Name == "UIDFETCH", &r.Args, some, borrow)
}

func (c *Client) readItems(number uint32, isUID bool, args *wire.Decoder, some, borrow bool) (m *Message) {
	var err error
	switch {
	case borrow:
		m, err = c.fetching().decoder.borrow(number, args)
	case some:
		m, err = c.fetching().decoder.own(number, args)
	default:
		m, err = new(fetchDecoder).own(number, args)
	}
	if isUID {
		m.SeqNum, m.UID = 0, number
		m.items |= ItemUID
	}
	for i := range m.Sections {
		if err == nil && m.Sections[i].State == SectionTooLarge {
			err = wire.Unit{Literals: []wire.Literal{{State: wire.LiteralTooLarge}}}.Err(c.options().Limits)
		}
	}
	m.Err = err
	return m
}

// claim asks who wants m. left are the items that nobody has asked for.
func (c *Client) claim(m *Message) (left Items, taken bool) {
	left = m.items &^ ItemUID
	var likely *taker
	for cmd := c.out.first; cmd != nil; cmd = cmd.behind {
		t := cmd.takes
		if t == nil {
			continue
		}
		asked, ok := t.claims(m)
		if t.claimed = ok; ok {
			taken = true
			left &^= asked
			continue
		}
		if in, _ := t.covers(m.SeqNum, m.UID); in && t.hasBytes() && likely == nil {
			likely = t
		}
	}
	if !taken && likely != nil && len(m.Sections)+len(m.Extra) > 0 { // a section under another name than it was asked for with
		likely.claimed = true
		return left &^ likely.items, true
	}
	return left, taken
}

// tellUnasked gives the Listener what nobody wants of m, as a message of its own.
func (c *Client) tellUnasked(m *Message, left Items, taken bool) {
	l := c.Listener
	switch {
	case l == nil, taken && left == 0:
		return
	case !taken:
		l.MessageData(m.Clone())
		return
	}
	rest := *m
	if left&ItemFlags != 0 {
		left |= m.items & ItemModSeq
	}
	rest.keep(left | ItemUID)
	l.MessageData(rest.Clone())
}

// keep leaves a message with these items, and with nothing else but its number.
func (m *Message) keep(items Items) {
	all := *m
	items &= all.items
	*m = Message{SeqNum: all.SeqNum, UID: all.UID, items: items}
	m.copyItems(&all, items)
}

// copyItems takes over the items that other has of those named.
func (m *Message) copyItems(other *Message, items Items) {
	items &= other.items
	m.items |= items
	for bit := Items(1); bit <= items; bit <<= 1 {
		switch items & bit {
		case ItemUID:
			m.UID = other.UID
		case ItemFlags:
			m.Flags = other.Flags
		case ItemInternalDate:
			m.InternalDate = other.InternalDate
		case ItemSize:
			m.Size = other.Size
		case ItemEnvelope:
			m.Envelope = other.Envelope
		case ItemBody, ItemBodyStructure:
			m.BodyStructure = other.BodyStructure
		case ItemModSeq:
			m.ModSeq = other.ModSeq
		default:
			m.copyExtension(other, items&bit)
		}
	}
}

// copyExtension takes over one item that few servers have.
func (m *Message) copyExtension(other *Message, item Items) {
	switch item {
	case ItemEmailID:
		m.EmailID = other.EmailID
	case ItemThreadID:
		m.ThreadID = other.ThreadID
	case ItemSaveDate:
		m.SaveDate = other.SaveDate
	case ItemPreview:
		m.Preview = other.Preview
	case ItemGmailMsgID:
		m.GmailMsgID = other.GmailMsgID
	case ItemGmailThreadID:
		m.GmailThreadID = other.GmailThreadID
	case ItemGmailLabels:
		m.GmailLabels = other.GmailLabels
	}
}

// merge adds what a further response tells of the same message; what it tells again is the newer.
func (m *Message) merge(other *Message) {
	m.copyItems(other, other.items)
	m.Sections = append(m.Sections, other.Sections...)
	m.Extra = append(m.Extra, other.Extra...)
	if m.Err == nil {
		m.Err = other.Err
	}
}

// take hands m over. shared says that somebody else has it already.
func (t *taker) take(m *Message, size int, shared bool) {
	if m.SeqNum != 0 && (t.lowest == 0 || m.SeqNum < t.lowest) {
		t.lowest = m.SeqNum
	}
	if t.gone {
		return
	}
	if shared {
		m = m.Clone()
	}
	t.deliver(m, size)
}

// onFetchLiteral says where the octets of a literal go that has just been announced; false if it is none of a body section. Literals that
// no command wants are dropped as they come, unless the Listener may want what the server tells unasked.
func (c *Client) onFetchLiteral(u *wire.Unit) bool {
	some, _ := c.takers()
	if !some {
		return false
	}
	var meta LiteralMeta
	if !c.fetching().prefix.read(u, c.options().Limits, &meta) {
		return false
	}
	cmd := c.wants(&meta)
	if cmd == nil || cmd.takes.gone {
		c.scanner.SkipLiteral()
		return true
	}
	if cmd.takes.set.IsUID() {
		c.unusual().uids.note(meta.UID != 0)
	}
	if cmd.takes.sink == nil || meta.UID == 0 && c.wantedByOthers(cmd, &meta) {
		return true
	}
	if sink := cmd.takes.sink(meta); sink != nil {
		c.unusual().stream = literalStream{sink: sink, command: cmd}
		c.scanner.StreamLiteral()
	}
	return true
}

// wantedByOthers tells whether a literal may be for another command, too, because the server has told its UID before the sections up to now,
// and does not any more. It is kept then until it is known for whom.
func (c *Client) wantedByOthers(cmd *command, meta *LiteralMeta) bool {
	for other := c.out.first; other != nil; other = other.behind {
		if t := other.takes; other != cmd && t != nil && t.asked(&meta.Section) {
			if in, _ := t.covers(meta.SeqNum, 0); in {
				return true
			}
		}
	}
	return false
}

// uidOrder is what is known of where a server tells the UID of a message: before its sections, as most do, or behind them.
type uidOrder uint8

const (
	uidUnknown uidOrder = iota
	uidBefore
	uidBehind // at least once
)

func (o *uidOrder) note(told bool) {
	switch {
	case !told:
		*o = uidBehind
	case *o == uidUnknown:
		*o = uidBefore
	}
}

// tellsUID says that an octet of a section comes only when its message is known, as far as the server has shown.
func (c *Client) tellsUID() bool { return c.rare != nil && c.rare.uids == uidBefore }

// wants is the command that has asked for a literal's section; or one that has asked for sections at all, because servers do not
// always call them what they were called in the command. While the UID is not told there may be several: one that was cancelled comes last.
func (c *Client) wants(meta *LiteralMeta) (likely *command) {
	for cmd := c.out.first; cmd != nil; cmd = cmd.behind {
		t := cmd.takes
		if t == nil || !t.hasBytes() {
			continue
		}
		if in, _ := t.covers(meta.SeqNum, meta.UID); !in {
			continue
		}
		switch asked := t.asked(&meta.Section); {
		case asked && !t.gone:
			return cmd
		case likely == nil, asked && !likely.takes.asked(&meta.Section):
			likely = cmd
		}
	}
	return likely
}
