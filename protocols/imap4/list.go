package imap4

import (
	"bytes"
	"slices"
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// ListOptions say which mailboxes List tells, and what of them. The zero value is the plain LIST of RFC 3501.
//
// What a server cannot do by itself the client puts together from other commands, where there are such: see each field.
type ListOptions struct {
	// Patterns are more patterns than the one given to List. Without LIST-EXTENDED (RFC 5258) a LIST is sent for each.
	Patterns []string

	// Subscribed tells subscribed mailboxes only, also those that do not exist any more. Without LIST-EXTENDED by LSUB.
	Subscribed bool
	// RecursiveMatch, with Subscribed, also tells mailboxes below which there are subscribed ones: ListEntry.ChildInfo. Needs LIST-EXTENDED.
	RecursiveMatch bool
	// Remote also tells mailboxes on other servers. Needs LIST-EXTENDED.
	Remote bool
	// SpecialUse tells mailboxes with a special use only (RFC 6154), such as AttrSent. Where the server has no SPECIAL-USE they are picked
	// out of all by their attributes, from LIST or XLIST.
	SpecialUse bool

	// ReturnSubscribed has AttrSubscribed told. Without LIST-EXTENDED by LSUB.
	ReturnSubscribed bool
	// ReturnChildren has AttrHasChildren or AttrHasNoChildren told. A server without LIST-EXTENDED tells it or not.
	ReturnChildren bool
	// ReturnSpecialUse has special uses told. A server without SPECIAL-USE tells them or not; one with XLIST is asked that way.
	ReturnSpecialUse bool
	// ReturnMyRights has ListEntry.MyRights told. Needs LIST-MYRIGHTS (RFC 8440).
	ReturnMyRights bool
	// Status has ListEntry.Status told. Without LIST-STATUS (RFC 5819) by a STATUS for each mailbox that can be opened.
	Status StatusItems
	// Metadata are entries, such as "/shared/comment", to be told in ListEntry.Metadata. Needs LIST-METADATA (RFC 9590).
	Metadata []string
}

// ListEntry is one mailbox of a list.
type ListEntry struct {
	Name      string // decoded if it can be; what cannot is kept, and other commands send it back as it came
	RawName   string // as the server wrote it
	Delimiter string // between the levels of its name; "" if there are no levels
	Attrs     []MailboxAttr

	ChildInfo []string    // with RecursiveMatch: "SUBSCRIBED" if there is a subscribed mailbox below
	OldName   string      // what it was called before, or what the server was asked for (RFC 9051 section 6.3.9.7)
	Extra     []ExtraItem // extended items of which this package knows nothing

	Status   *StatusData // nil if it was not asked for, or cannot be told
	MyRights string      // letters of RFC 4314
	Metadata map[string]string
}

// Has reports whether the mailbox has the attribute. One that does not exist cannot be selected either.
func (e *ListEntry) Has(a MailboxAttr) bool {
	return slices.ContainsFunc(e.Attrs, a.Is) || a.Is(AttrNoSelect) && e.Has(AttrNonExistent)
}

func (e *ListEntry) markSubscribed() {
	if !e.Has(AttrSubscribed) {
		e.Attrs = append(e.Attrs, AttrSubscribed)
	}
}

// SpecialUse is the first special use of the mailbox, "" if it has none.
func (e *ListEntry) SpecialUse() MailboxAttr {
	for _, a := range e.Attrs {
		if a.IsSpecialUse() {
			return a
		}
	}
	return ""
}

// List asks which mailboxes there are. In pattern * stands for anything, % for anything but the hierarchy delimiter; reference is put
// before it, mostly "". An empty pattern asks for the delimiter. Of several options the last counts.
//
// Command: LIST (RFC 9051 section 6.3.9). Legal in: authenticated, selected.
// Fires with: the mailboxes in the server's order, each name once.
// Fails with: *ResponseError, *UnsupportedError for options that need what the server has not, *ArgumentError, *LimitError, *CommandError.
func (c *Client) List(reference, pattern string, o ...ListOptions) *deferred.Deferred[[]ListEntry] {
	l := &listing{c: c, reference: reference, patterns: []string{pattern}}
	if len(o) > 0 {
		l.o = o[len(o)-1]
		l.patterns = append(l.patterns, l.o.Patterns...)
	}
	return l.run()
}

// LSub asks which mailboxes are subscribed. With % in the pattern it also tells, with AttrNoSelect, names that are not but have subscribed
// ones below.
//
// Command: LSUB (RFC 3501 section 6.3.9). Legal in: authenticated, selected.
// Fires with: the names in the server's order; there need be no such mailboxes any more. Fails with: *ResponseError, *ArgumentError,
// *LimitError, *CommandError.
func (c *Client) LSub(reference, pattern string) *deferred.Deferred[[]ListEntry] {
	l := &listing{c: c, reference: reference, patterns: []string{pattern}}
	return l.plain("LSUB", pattern)
}

// XList is what servers had before SPECIAL-USE: List with special uses. Their attributes come out under today's names: \AllMail as
// AttrAll, \Spam as AttrJunk, \Starred as AttrFlagged. List uses it by itself where there is nothing better.
//
// Command: XLIST (Gmail). Legal in: authenticated, selected. Fires with: as List.
// Fails with: *ResponseError, *UnsupportedError, *ArgumentError, *LimitError, *CommandError.
func (c *Client) XList(reference, pattern string) *deferred.Deferred[[]ListEntry] {
	l := &listing{c: c, reference: reference, patterns: []string{pattern}}
	return l.plain("XLIST", pattern)
}

// onListed takes what nobody has asked for.
func (c *Client) onListed(r *wire.Response) bool {
	l := c.Listener
	if l == nil || r.HasNumber {
		return l == nil
	}
	e, ok := c.decodeListed(r.Args)
	if ok {
		l.Listed(e)
	}
	return ok
}

// decodeListed reads one mailbox.
//
//	mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox [SP mbox-list-extended]
//
// Accepted beyond it: NIL for no attributes, "" for no delimiter, and spaces in a name that is not quoted.
func (c *Client) decodeListed(d wire.Decoder) (e ListEntry, ok bool) {
	d.List(func(d *wire.Decoder) {
		a := d.Flag()
		if d.Err() == nil && len(e.Attrs) < maxWords {
			e.Attrs = append(e.Attrs, mailboxAttr(a))
		}
	})
	d.SP()
	delimiter, _ := d.NString()
	e.Delimiter = string(delimiter)
	d.SP()
	rest := d.Rest()
	name := d.AString()
	d.TrySP()
	if next, more := d.Peek(); more && next == '(' {
		c.readExtended(&d, &e)
	} else if more && isUnquoted(rest) {
		name = bytes.TrimRight(rest, " ")
		d.Text()
	}
	d.EOL()
	if d.Err() != nil {
		return ListEntry{}, false
	}
	e.RawName = string(name)
	e.Name, _ = c.mailboxName(name)
	return e, true
}

func isUnquoted(b []byte) bool { return len(b) > 0 && b[0] != '"' && b[0] != '{' }

// readExtended reads what extensions tell.
//
//	mbox-list-extended = "(" [mbox-list-extended-item *(SP mbox-list-extended-item)] ")"
//	mbox-list-extended-item = mbox-list-extended-item-tag SP tagged-ext-val
//	childinfo-extended-item = "CHILDINFO" SP "(" list-select-base-opt-quoted *(SP list-select-base-opt-quoted) ")"
//	oldname-extended-item = "OLDNAME" SP "(" mailbox ")"
func (c *Client) readExtended(d *wire.Decoder, e *ListEntry) {
	d.List(func(d *wire.Decoder) {
		tag := strings.ToUpper(string(d.AString()))
		d.SP()
		switch tag {
		case "CHILDINFO":
			d.List(func(d *wire.Decoder) {
				word := strings.ToUpper(string(d.AString()))
				if d.Err() == nil && len(e.ChildInfo) < maxWords {
					e.ChildInfo = append(e.ChildInfo, word)
				}
			})
		case "OLDNAME":
			d.List(func(d *wire.Decoder) { e.OldName, _ = c.mailboxName(d.AString()) })
		default:
			raw := d.SkipValue()
			if d.Err() == nil && len(e.Extra) < maxWords {
				e.Extra = append(e.Extra, ExtraItem{Name: tag, Raw: string(raw)})
			}
		}
	})
}
