package imap4

import (
	"slices"
	"time"
)

// Query says which messages to look for. What is set in one Query must all hold; the zero Query is all messages. It is a value: Or, Not,
// And and Fuzzy make new ones of others, and none is changed by being used.
//
//	imap4.Query{Unseen: true, From: "bob", Since: monday}
//	imap4.Or(imap4.Query{From: "bob"}, imap4.Query{To: "bob", Larger: 1 << 20})
//	imap4.Query{Flagged: true}.In(imap4.UIDRange(1000, imap4.Star))
//
// Text is UTF-8 and is found anywhere within a field, without regard to case. A time counts by its day alone, in its own location. Keys
// that are an extension's name it; asked of a server that is known not to have it they fail unsent with *UnsupportedError.
//
// Source: RFC 9051 section 6.4.4; Twisted's Query, whose keyword arguments are the fields and methods of the same names (messages and uid:
// In).
type Query struct {
	// Flags that are set, and flags that are not.
	Answered, Deleted, Draft, Flagged, Seen           bool
	Unanswered, Undeleted, Undraft, Unflagged, Unseen bool
	// Recent is the flag \Recent, Old is without it, New is Recent and Unseen. IMAP4rev2 has none of them.
	New, Old, Recent bool
	// Keyword is set, Unkeyword is not. Neither can be a system flag.
	Keyword, Unkeyword Flag

	// Larger and Smaller than so many octets; zero asks nothing.
	Larger, Smaller int64

	// Before, On, Since a day, by the date when the message came to the mailbox: INTERNALDATE.
	Before, On, Since time.Time
	// The same by the message's own Date field.
	SentBefore, SentOn, SentSince time.Time
	// The same by the date when the message was saved in this mailbox (SAVEDATE, RFC 8514); SaveDateSupported is all messages of a mailbox
	// that keeps such dates.
	SavedBefore, SavedOn, SavedSince time.Time
	SaveDateSupported                bool
	// Younger and Older than so long, in whole seconds, a part of one rounded up (WITHIN, RFC 5032). Zero asks nothing.
	Younger, Older time.Duration

	// Text that the field holds. Text looks everywhere, Body everywhere but in the header.
	BCC, Body, CC, From, Subject, Text, To string
	// Header is any fields of the header.
	Header []HeaderMatch

	// ModSeq is the lowest mod-sequence (CONDSTORE, RFC 7162). It is that of the whole message, or that of the flag ModSeqFlag, for which
	// ModSeqScope may be "priv" or "shared"; "" is "all".
	ModSeq      uint64
	ModSeqFlag  Flag
	ModSeqScope string

	// EmailID and ThreadID are ids of OBJECTID (RFC 8474).
	EmailID, ThreadID string

	// Of Gmail's X-GM-EXT-1: a search as in its web pages, a label, the ids. Zero and "" ask nothing.
	GmailRaw, GmailLabel      string
	GmailMsgID, GmailThreadID uint64

	more []func(p *program)
}

// HeaderMatch asks for messages whose header has a field with Text in it; with Text "", for those that have the field.
type HeaderMatch struct{ Name, Text string }

// And is the messages that match all of q. Of none it is all messages.
func And(q ...Query) Query {
	q = slices.Clone(q)
	return Query{}.with(func(p *program) {
		for _, each := range q {
			p.add(each)
		}
	})
}

// Or is the messages that match at least one of q, which must hold one or more.
// Source: Twisted's Or.
func Or(q ...Query) Query {
	q = slices.Clone(q)
	return Query{}.with(func(p *program) {
		if len(q) == 0 {
			p.fail("OR of nothing")
			return
		}
		p.or(q)
	})
}

// Not is the messages that do not match q.
// Source: Twisted's Not.
func Not(q Query) Query {
	return Query{}.with(func(p *program) {
		p.key("NOT")
		p.operand(q)
	})
}

// Fuzzy is the messages that come close to q, as the server sees it (SEARCH=FUZZY, RFC 6203). See SearchOptions.Relevancy.
func Fuzzy(q Query) Query {
	return Query{}.with(func(p *program) {
		p.fuzzy = true
		p.need("SEARCH=FUZZY")
		p.key("FUZZY")
		p.operand(q)
	})
}

// RawQuery is search keys as they are sent, for what Query does not know. It is refused if it is empty or holds CR, LF or NUL.
func RawQuery(keys string) Query {
	return Query{}.with(func(p *program) { p.raw(keys) })
}

// In is the messages of q that are in the set: by sequence number or by UID, as the set is, or SavedResult. An empty set is refused, as
// it cannot be said.
func (q Query) In(set MessageSet) Query {
	return q.with(func(p *program) { p.messages(set) })
}

// String is the search keys as they are sent, with text in quotes where it may go another way. A Query that cannot be sent gives "".
func (q Query) String() string {
	p := compile(q)
	if p.fault != "" {
		return ""
	}
	return string(p.appendText(nil))
}

func (q Query) with(more func(p *program)) Query {
	q.more = append(slices.Clip(q.more), more)
	return q
}
