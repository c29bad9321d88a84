package imap4

import "strings"

// MailboxAttr is an attribute of a mailbox in a list. Attributes are the same whatever the case of their letters; those that have a
// constant here come out as that constant, so that == does for them.
type MailboxAttr string

// Attributes (RFC 9051 section 7.3.1) and special uses (RFC 6154, RFC 8457).
const (
	AttrNoSelect      MailboxAttr = `\Noselect`    // it cannot be opened
	AttrNonExistent   MailboxAttr = `\NonExistent` // nor is there one: a level of names, or what was subscribed once
	AttrNoInferiors   MailboxAttr = `\Noinferiors` // there can be none below it
	AttrHasChildren   MailboxAttr = `\HasChildren`
	AttrHasNoChildren MailboxAttr = `\HasNoChildren`
	AttrMarked        MailboxAttr = `\Marked` // something new is in it
	AttrUnmarked      MailboxAttr = `\Unmarked`
	AttrSubscribed    MailboxAttr = `\Subscribed`
	AttrRemote        MailboxAttr = `\Remote`

	AttrAll       MailboxAttr = `\All`
	AttrArchive   MailboxAttr = `\Archive`
	AttrDrafts    MailboxAttr = `\Drafts`
	AttrFlagged   MailboxAttr = `\Flagged`
	AttrImportant MailboxAttr = `\Important`
	AttrJunk      MailboxAttr = `\Junk`
	AttrSent      MailboxAttr = `\Sent`
	AttrTrash     MailboxAttr = `\Trash`
)

// Is reports whether a and other are the same attribute.
func (a MailboxAttr) Is(other MailboxAttr) bool { return strings.EqualFold(string(a), string(other)) }

// IsSpecialUse reports whether a says what a mailbox is for: one of AttrAll to AttrTrash.
func (a MailboxAttr) IsSpecialUse() bool {
	for _, use := range knownAttrs[firstUse:] {
		if a.Is(use) {
			return true
		}
	}
	return false
}

// knownAttrs are those with a constant; the special uses begin at firstUse.
var knownAttrs = [...]MailboxAttr{
	AttrNoSelect, AttrNonExistent, AttrNoInferiors, AttrHasChildren, AttrHasNoChildren, AttrMarked, AttrUnmarked, AttrSubscribed, AttrRemote,
	AttrAll, AttrArchive, AttrDrafts, AttrFlagged, AttrImportant, AttrJunk, AttrSent, AttrTrash,
}

const firstUse = 9

// xlistAttrs are attributes of XLIST under the names they have got since.
var xlistAttrs = map[MailboxAttr]MailboxAttr{`\allmail`: AttrAll, `\spam`: AttrJunk, `\starred`: AttrFlagged}

// mailboxAttr is the attribute as its constant, if it has one.
func mailboxAttr(b []byte) MailboxAttr {
	a := MailboxAttr(b)
	for _, known := range knownAttrs {
		if a.Is(known) {
			return known
		}
	}
	if known, ok := xlistAttrs[MailboxAttr(strings.ToLower(string(a)))]; ok {
		return known
	}
	return a
}
