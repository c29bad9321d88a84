package imap4

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// program is a Query as it is sent, whatever becomes of the Query's slices meanwhile, and what has to be known of it.
type program struct {
	tokens []token
	keys   int
	needs  [][]string // capabilities, one of each group
	fault  string     // why it cannot be sent, "" if it can

	wide    bool // has text that is not ASCII
	numbers bool // names messages by sequence number
	unknown bool // has keys that may be anything
	fuzzy   bool
}

type token struct {
	kind tokenKind
	text string
}

type tokenKind uint8

const (
	tokenOpen    tokenKind = iota
	tokenClose             // no space before it
	tokenWord              // sent as it is
	tokenAtom              // refused if it is none
	tokenText              // astring
	tokenString            // string
	tokenMailbox           // mailbox name: a label of Gmail
)

// compile makes the program of a whole search.
//
//	search-program = ["CHARSET" SP charset SP] search-key *(SP search-key)
func compile(q Query) *program {
	p := new(program)
	p.add(q)
	if p.keys == 0 {
		p.key("ALL")
	}
	return p
}

func (p *program) fail(reason string) {
	if p.fault == "" {
		p.fault = reason
	}
}

func (p *program) need(anyOf ...string) {
	if !slices.ContainsFunc(p.needs, func(n []string) bool { return slices.Equal(n, anyOf) }) {
		p.needs = append(p.needs, anyOf)
	}
}

func (p *program) word(word string) { p.put(tokenWord, word) }

// key begins a search key; its arguments follow.
func (p *program) key(name string) {
	p.keys++
	p.word(name)
}

func (p *program) put(kind tokenKind, text string) {
	p.tokens = append(p.tokens, token{kind, text})
}

// text is an argument in UTF-8.
func (p *program) text(kind tokenKind, text string) {
	if !utf8.ValidString(text) {
		p.fail("text to search for is no UTF-8")
	}
	if strings.IndexByte(text, 0) >= 0 {
		p.fail("text to search for contains NUL")
	}
	p.wide = p.wide || !isASCII(text)
	p.put(kind, text)
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// operand adds q as a single key.
//
//	search-key =/ "(" search-key *(SP search-key) ")"
func (p *program) operand(q Query) {
	from, keys := len(p.tokens), p.keys
	p.keys = 0
	p.add(q)
	switch p.keys {
	case 0:
		p.word("ALL")
	case 1:
	default:
		p.tokens = slices.Insert(p.tokens, from, token{kind: tokenOpen})
		p.put(tokenClose, "")
	}
	p.keys = keys
}

// or adds q as one key, nested no deeper than it has to be.
//
//	search-key =/ "OR" SP search-key SP search-key
func (p *program) or(q []Query) {
	if len(q) == 1 {
		p.add(q[0])
		return
	}
	p.key("OR")
	p.either(q[:len(q)/2])
	p.either(q[len(q)/2:])
}

func (p *program) either(q []Query) {
	if len(q) == 1 {
		p.operand(q[0])
		return
	}
	p.word("OR")
	p.either(q[:len(q)/2])
	p.either(q[len(q)/2:])
}

// raw adds keys of which nothing is known.
func (p *program) raw(keys string) {
	if strings.TrimSpace(keys) == "" || strings.ContainsAny(keys, "\r\n\x00") {
		p.fail("raw search keys are empty or contain CR, LF or NUL")
	}
	p.text(tokenWord, keys)
	p.keys += 2 // or more: as an operand it needs parentheses
	p.unknown, p.fuzzy = true, true
}

// messages adds a set.
//
//	search-key =/ "UID" SP sequence-set / sequence-set
func (p *program) messages(set MessageSet) {
	switch {
	case set.Err() != nil:
		p.fail("a set of messages is broken")
	case set.IsEmpty():
		p.fail("a set of messages is empty")
	}
	if set.IsSaved() {
		p.need("SEARCHRES", "IMAP4rev2")
	}
	if set.IsUID() {
		p.key("UID")
		p.word(set.String())
		return
	}
	p.numbers = p.numbers || !set.IsSaved()
	p.key(set.String())
}

// add adds the keys of q, in a fixed order: first those that a server finds out without opening a message.
func (p *program) add(q Query) {
	p.addFlags(&q)
	p.addNumbers(&q)
	p.addDates(&q)
	p.addIDs(&q)
	p.addTexts(&q)
	for _, more := range q.more {
		more(p)
	}
}

func (p *program) addFlags(q *Query) {
	for _, flag := range []struct {
		set  bool
		name string
	}{
		{q.Answered, "ANSWERED"}, {q.Deleted, "DELETED"}, {q.Draft, "DRAFT"}, {q.Flagged, "FLAGGED"}, {q.Seen, "SEEN"},
		{q.Unanswered, "UNANSWERED"}, {q.Undeleted, "UNDELETED"}, {q.Undraft, "UNDRAFT"}, {q.Unflagged, "UNFLAGGED"}, {q.Unseen, "UNSEEN"},
		{q.New, "NEW"}, {q.Old, "OLD"}, {q.Recent, "RECENT"},
	} {
		if flag.set {
			p.key(flag.name)
		}
	}
	p.keyword("KEYWORD", q.Keyword)
	p.keyword("UNKEYWORD", q.Unkeyword)
}

func (p *program) keyword(name string, flag Flag) {
	if flag == "" {
		return
	}
	if _, err := wire.AppendAtom(nil, string(flag)); err != nil {
		p.fail("a keyword is none")
	}
	p.key(name)
	p.put(tokenAtom, string(flag))
}

func (p *program) addNumbers(q *Query) {
	p.size("LARGER", q.Larger)
	p.size("SMALLER", q.Smaller)
	p.interval("YOUNGER", q.Younger)
	p.interval("OLDER", q.Older)
	p.modSeq(q)
}

func (p *program) size(name string, octets int64) {
	if octets < 0 {
		p.fail("a size is negative")
	}
	if octets != 0 {
		p.key(name)
		p.word(strconv.FormatInt(octets, 10))
	}
}

// interval: search-key =/ ( "OLDER" / "YOUNGER" ) SP nz-number (RFC 5032)
func (p *program) interval(name string, d time.Duration) {
	if d == 0 {
		return
	}
	seconds := int64(d / time.Second)
	if d%time.Second != 0 {
		seconds++
	}
	if d < 0 || seconds > math.MaxUint32 {
		p.fail("an interval is negative or too long")
	}
	p.need("WITHIN")
	p.key(name)
	p.word(strconv.FormatInt(seconds, 10))
}

// modSeq: search-modsequence = "MODSEQ" [SP entry-name SP entry-type-req] SP mod-sequence-valzer (RFC 7162)
func (p *program) modSeq(q *Query) {
	switch q.ModSeqScope {
	case "", "all", "priv", "shared":
	default:
		p.fail(`the scope of a mod-sequence is not "all", "priv" or "shared"`)
	}
	if q.ModSeq == 0 && q.ModSeqFlag == "" {
		return
	}
	if q.ModSeq > math.MaxInt64 {
		p.fail("a mod-sequence has more than 63 bits")
	}
	p.need("CONDSTORE", "QRESYNC")
	p.key("MODSEQ")
	if q.ModSeqFlag != "" {
		p.text(tokenString, "/flags/"+string(q.ModSeqFlag))
		scope := q.ModSeqScope
		if scope == "" {
			scope = "all"
		}
		p.word(scope)
	}
	p.word(strconv.FormatUint(q.ModSeq, 10))
}

func (p *program) addDates(q *Query) {
	p.date("BEFORE", q.Before)
	p.date("ON", q.On)
	p.date("SINCE", q.Since)
	p.date("SENTBEFORE", q.SentBefore)
	p.date("SENTON", q.SentOn)
	p.date("SENTSINCE", q.SentSince)
	p.date("SAVEDBEFORE", q.SavedBefore)
	p.date("SAVEDON", q.SavedOn)
	p.date("SAVEDSINCE", q.SavedSince)
	if q.SaveDateSupported {
		p.need("SAVEDATE")
		p.key("SAVEDATESUPPORTED")
	}
}

// date: date-text = date-day "-" date-month "-" date-year; date-day = 1*2DIGIT; date-year = 4DIGIT
func (p *program) date(name string, t time.Time) {
	if t.IsZero() {
		return
	}
	if year := t.Year(); year < 1 || year > 9999 {
		p.fail("a year has not four digits")
	}
	if strings.HasPrefix(name, "SAVED") {
		p.need("SAVEDATE")
	}
	p.key(name)
	p.word(t.Format("2-Jan-2006"))
}

func (p *program) addIDs(q *Query) {
	p.objectID("EMAILID", q.EmailID)
	p.objectID("THREADID", q.ThreadID)
	p.gmailID("X-GM-MSGID", q.GmailMsgID)
	p.gmailID("X-GM-THRID", q.GmailThreadID)
}

// objectID: objectid = 1*255(ALPHA / DIGIT / "_" / "-") (RFC 8474)
func (p *program) objectID(name, id string) {
	if id == "" {
		return
	}
	odd := func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}
	if len(id) > 255 || strings.IndexFunc(id, odd) >= 0 {
		p.fail("an object id is none")
	}
	p.need("OBJECTID")
	p.key(name)
	p.put(tokenAtom, id)
}

const gmailExtension = "X-GM-EXT-1"

func (p *program) gmailID(name string, id uint64) {
	if id != 0 {
		p.need(gmailExtension)
		p.key(name)
		p.word(strconv.FormatUint(id, 10))
	}
}

func (p *program) addTexts(q *Query) {
	if q.GmailLabel != "" {
		p.need(gmailExtension)
		p.key("X-GM-LABELS")
		p.put(tokenMailbox, q.GmailLabel)
		if !utf8.ValidString(q.GmailLabel) {
			p.fail("a label is no UTF-8")
		}
	}
	for _, field := range []struct{ name, text string }{
		{"FROM", q.From}, {"TO", q.To}, {"CC", q.CC}, {"BCC", q.BCC}, {"SUBJECT", q.Subject},
	} {
		p.field(field.name, field.text)
	}
	for _, h := range q.Header {
		if !isFieldName(h.Name) {
			p.fail("the name of a header field is none")
		}
		p.key("HEADER")
		p.put(tokenText, h.Name)
		p.text(tokenText, h.Text)
	}
	p.field("BODY", q.Body)
	p.field("TEXT", q.Text)
	if q.GmailRaw != "" {
		p.need(gmailExtension)
		p.key("X-GM-RAW")
		p.text(tokenString, q.GmailRaw)
	}
}

func (p *program) field(name, text string) {
	if text != "" {
		p.key(name)
		p.text(tokenText, text)
	}
}

// appendTo appends the keys to a command, each with its space.
func (p *program) appendTo(b *wire.CommandBuilder) {
	for i, t := range p.tokens {
		if t.kind != tokenClose && (i == 0 || p.tokens[i-1].kind != tokenOpen) {
			b.SP()
		}
		switch t.kind {
		case tokenOpen:
			b.Raw("(")
		case tokenClose:
			b.Raw(")")
		case tokenWord:
			b.Raw(t.text)
		case tokenAtom:
			b.Atom(t.text)
		case tokenText:
			b.AString(t.text)
		case tokenString:
			b.QuotedOrLiteral(t.text)
		case tokenMailbox:
			b.Mailbox(t.text)
		}
	}
}

// appendText appends the keys for people.
func (p *program) appendText(dst []byte) []byte {
	for i, t := range p.tokens {
		if i > 0 && t.kind != tokenClose && p.tokens[i-1].kind != tokenOpen {
			dst = append(dst, ' ')
		}
		switch t.kind {
		case tokenOpen:
			dst = append(dst, '(')
		case tokenClose:
			dst = append(dst, ')')
		case tokenWord, tokenAtom:
			dst = append(dst, t.text...)
		default:
			dst = strconv.AppendQuote(dst, t.text)
		}
	}
	return dst
}
