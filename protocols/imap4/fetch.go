package imap4

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// FetchOptions says what a FETCH asks about each message. The zero value asks for the UID, which every FETCH does.
type FetchOptions struct {
	// Items are flags, dates, structures and the like.
	Items Items
	// Sections are parts of the messages' bytes. One without Peek marks the message \Seen.
	Sections []BodySection
	// BinarySizes asks how long these parts are without their transfer encoding (BINARY.SIZE, RFC 3516); they come as Sections of
	// state SectionSizeOnly.
	BinarySizes [][]int
	// Extra are items of which this package knows nothing, as they go into the command; they come back in Message.Extra.
	Extra []string
	// PreviewLazy takes ItemPreview only where the server need not work for it (RFC 8970).
	PreviewLazy bool

	// ChangedSince asks only for messages whose mod-sequence is higher (CONDSTORE, RFC 7162). Zero asks for all.
	ChangedSince uint64
	// Vanished, if not nil, is told which UIDs of the set were expunged since ChangedSince (QRESYNC, which Enable must have switched on;
	// for a set of UIDs and with ChangedSince only).
	Vanished func(uids MessageSet)
	// Partial asks for some of the messages only, by their place in the set: First 1 and Last 500 are the lowest 500, -1 and -100 the
	// highest 100 (PARTIAL, RFC 9394; for a set of UIDs only). Zero asks for all.
	Partial PartialRange

	// Sink is asked for each section that comes as a literal who takes its octets, as they come; they are not kept then. A nil answer
	// keeps them in the message, as does a nil Sink, within Limits. A section that comes as a quoted string, as a few short ones
	// do, is always in the message.
	Sink func(m LiteralMeta) LiteralSink
	// Borrow hands out messages that are valid only during the call: they cost no memory. Message.Clone keeps one.
	Borrow bool
}

// PartialRange is a range of places in a list, counted from its beginning, or, if both are negative, from its end (RFC 9394).
type PartialRange struct{ First, Last int64 }

// String is the range as it is sent.
func (p PartialRange) String() string { return fmt.Sprintf("%d:%d", p.First, p.Last) }

// IsZero reports whether it is no range at all.
func (p PartialRange) IsZero() bool { return p == PartialRange{} }

func (p PartialRange) isValid() bool {
	const most = 1<<32 - 1
	positive := p.First > 0 && p.Last > 0 && p.First <= most && p.Last <= most
	negative := p.First < 0 && p.Last < 0 && p.First >= -most && p.Last >= -most
	return positive || negative
}

// ErrNotEnabled: an extension has to be switched on with Enable before what was asked for can be sent.
var ErrNotEnabled = errors.New("imap4: the extension has to be switched on with Enable first")

// Fetch asks about the messages in set, by sequence number or by UID as the set says, and calls each once for every response that tells
// something of what was asked, in their order.
//
// A server may tell of one message in several responses; each is called for each of them. A response that was damaged comes with
// Message.Err and what could be read of it. Data that nobody asked for, such as flags beside a body, goes to Listener.MessageData. A nil
// each drops the messages. A set that is too long for one command is sent in several, and a server that does only part of them at a
// time (MESSAGELIMIT, RFC 9738) is asked again for the rest.
//
// Command: FETCH, UID FETCH (RFC 9051 sections 6.4.5 and 6.4.9). Legal in: selected.
// Fires with: how often each was called.
// Fails with: *ResponseError, *ArgumentError, *UnsupportedError for items the server does not know, *MessageLimitError, what a sink
// answered, *CommandError if the connection ends first. Cancel: what still comes is dropped.
// Lifetime: messages are the caller's, unless FetchOptions.Borrow is set.
func (c *Client) Fetch(set MessageSet, o FetchOptions, each func(m *Message)) *deferred.Deferred[int] {
	if each == nil {
		each = func(*Message) {}
	}
	return c.fetch(set, o, nil, func(m *Message, _ int) { each(m) })
}

// fetch is Fetch for an each that is told how many bytes a message had, and for a goroutine if consumer is not nil.
func (c *Client) fetch(set MessageSet, o FetchOptions, consumer *consumer, each func(m *Message, size int)) *deferred.Deferred[int] {
	name := byUID("FETCH", set)
	if fault := o.fault(set); fault != "" {
		return deferred.Fail[int](&ArgumentError{Command: name, Arg: 2, Reason: fault})
	}
	o.Items |= ItemUID
	items, modifiers := o.text(), o.modifiers()
	return inParts(c, name, set, maxCommandBytes-len(items)-len(modifiers), func(part MessageSet) *deferred.Deferred[int] {
		return c.fetchPart(part, func() *command {
			t := o.taker(each)
			return &command{
				name: name, class: byNumber(set), needs: inSelected, also: o.capabilities(set), consumer: consumer,
				arguments: func(b *wire.CommandBuilder) { b.Raw(items + modifiers) },
				takes:     t, untagged: o.onVanished(t), ready: func() error { return c.readyToFetch(set, &o) },
			}
		})
	}, func(all *int, part int) { *all += part })
}

// fetchPart sends what newCommand makes for one set that is not too long, and again for what the server leaves.
func (c *Client) fetchPart(set MessageSet, newCommand func() *command) *deferred.Deferred[int] {
	cmd := newCommand()
	count := 0
	deliver := cmd.takes.deliver
	cmd.takes.set = set
	cmd.takes.deliver = func(m *Message, size int) {
		count++
		deliver(m, size)
	}
	arguments := cmd.arguments
	cmd.arguments = func(b *wire.CommandBuilder) {
		set.sequenceSet(b.SP())
		arguments(b.SP())
	}
	d := issue(c, cmd, func(r *wire.Response) (int, error) { return count, messageLimit(cmd.name, r) })
	return deferred.OnErr(d, func(e *MessageLimitError) (int, error) {
		rest, err := e.rest(set, cmd.takes.lowest)
		if err != nil || rest.IsEmpty() {
			return count, err
		}
		more := inSteps(c, func() *deferred.Deferred[int] { return c.fetchPart(rest, newCommand) })
		return deferred.Chain(more.AddCallback(func(n int) (int, error) { return count + n, nil }))
	})
}

// readyToFetch is the last look before a FETCH is sent.
func (c *Client) readyToFetch(set MessageSet, o *FetchOptions) error {
	if o.Vanished != nil && !c.isEnabled("QRESYNC") {
		return ErrNotEnabled
	}
	return c.readyForSet(set)
}

// readyForSet refuses sequence numbers where the session has none any more (UIDONLY, RFC 9586).
func (c *Client) readyForSet(set MessageSet) error {
	if !set.IsUID() && c.isEnabled("UIDONLY") {
		return ErrUIDOnly
	}
	return nil
}

// byUID is the name of a command for a set of that kind.
func byUID(name string, set MessageSet) string {
	if set.IsUID() {
		return "UID " + name
	}
	return name
}

// byNumber is the class of FETCH, STORE and SEARCH for a set of that kind.
func byNumber(set MessageSet) class {
	if set.IsUID() {
		return classUsual
	}
	return classNumbers
}

// fault tells why the options cannot be sent for set, "" if they can.
func (o *FetchOptions) fault(set MessageSet) string {
	for _, s := range o.Sections {
		if fault := s.fault(); fault != "" {
			return fault
		}
	}
	for _, part := range o.BinarySizes {
		if fault := (BodySection{Part: part, Binary: true}).fault(); fault != "" {
			return fault
		}
	}
	for _, extra := range o.Extra {
		if !isItem(extra) {
			return "an item is none"
		}
	}
	switch {
	case o.Vanished != nil && (o.ChangedSince == 0 || !set.IsUID()):
		return "VANISHED goes with CHANGEDSINCE and UIDs only"
	case o.ChangedSince >= 1<<63:
		return "a mod-sequence has 63 bits at most"
	case !o.Partial.IsZero() && !set.IsUID():
		return "PARTIAL goes with UIDs only"
	case !o.Partial.IsZero() && !o.Partial.isValid():
		return "the partial range is none"
	}
	return ""
}

// isItem: what can stand in the list of items and does not end it.
func isItem(s string) bool {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < ' ' || c > '~' || c == '{':
			return false
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return s != "" && depth == 0 && strings.Count(s, `"`)%2 == 0 && strings.TrimSpace(s) == s
}

// text is the list of items as it is sent.
func (o *FetchOptions) text() string {
	words := o.Items.Names()
	for i, w := range words {
		if w == "PREVIEW" && o.PreviewLazy {
			words[i] = "PREVIEW (LAZY)"
		}
	}
	for _, s := range o.Sections {
		words = append(words, s.String())
	}
	for _, part := range o.BinarySizes {
		words = append(words, "BINARY.SIZE"+strings.TrimPrefix(BodySection{Part: part}.String(), "BODY"))
	}
	return "(" + strings.Join(append(words, o.Extra...), " ") + ")"
}

// modifiers are what stands behind the items.
//
//	fetch-modifiers = SP "(" fetch-modifier *(SP fetch-modifier) ")" (RFC 4466 section 2.4)
func (o *FetchOptions) modifiers() string {
	var words []string
	if !o.Partial.IsZero() {
		words = append(words, "PARTIAL "+o.Partial.String())
	}
	if o.ChangedSince != 0 {
		words = append(words, "CHANGEDSINCE "+strconv.FormatUint(o.ChangedSince, 10))
	}
	if o.Vanished != nil {
		words = append(words, "VANISHED")
	}
	if words == nil {
		return ""
	}
	return " (" + strings.Join(words, " ") + ")"
}

// capabilities are what the server has to offer for the options: one of each group.
func (o *FetchOptions) capabilities(set MessageSet) (groups [][]string) {
	need := func(is bool, oneOf ...string) {
		if is {
			groups = append(groups, oneOf)
		}
	}
	need(o.Items&ItemModSeq != 0 || o.ChangedSince != 0, "CONDSTORE", "QRESYNC")
	need(o.Vanished != nil, "QRESYNC")
	need(o.Items&(ItemEmailID|ItemThreadID) != 0, "OBJECTID")
	need(o.Items&ItemSaveDate != 0, "SAVEDATE")
	need(o.Items&ItemPreview != 0, "PREVIEW")
	need(o.Items&(ItemGmailMsgID|ItemGmailThreadID|ItemGmailLabels) != 0, "X-GM-EXT-1")
	need(!o.Partial.IsZero(), "PARTIAL")
	need(o.hasBinary(), "BINARY", "IMAP4rev2")
	need(set.IsSaved(), "SEARCHRES", "IMAP4rev2")
	return groups
}

func (o *FetchOptions) hasBinary() bool {
	for _, s := range o.Sections {
		if s.Binary {
			return true
		}
	}
	return len(o.BinarySizes) > 0
}

// taker is what the options want of the data that comes.
func (o *FetchOptions) taker(each func(m *Message, size int)) *taker {
	t := &taker{
		items: o.Items, sections: o.Sections, sizes: o.BinarySizes, extra: o.Extra,
		sink: o.Sink, borrow: o.Borrow, deliver: each,
	}
	if t.items&ItemFlags != 0 || o.ChangedSince != 0 {
		t.items |= ItemModSeq // sent along
	}
	return t
}

// onVanished takes what the server tells of messages that are gone; nil if that was not asked for.
//
//	expunged-resp = "VANISHED" [SP "(EARLIER)"] SP known-uids (RFC 7162 section 7)
func (o *FetchOptions) onVanished(t *taker) func(r *wire.Response) bool {
	if o.Vanished == nil {
		return nil
	}
	return func(r *wire.Response) bool {
		if r.Name != "VANISHED" || r.HasNumber {
			return false
		}
		uids, earlier, ok := decodeVanished(r.Args)
		if !ok || !earlier {
			return false // gone just now: that is news for the Listener
		}
		if !t.gone {
			o.Vanished(uids)
		}
		return true
	}
}
