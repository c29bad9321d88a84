package imap4

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// SelectOptions say how a mailbox is opened. The zero value opens it plainly.
type SelectOptions struct {
	// CondStore switches mod-sequences on for the session (CONDSTORE, RFC 7162).
	CondStore bool
	// QResync asks what has happened since the mailbox was seen last; it takes CondStore with it. Nil asks nothing.
	QResync *QResync
	// Vanished hears of UIDs that are gone since, as they come; nil collects them in MailboxInfo.Vanished only.
	Vanished func(uids MessageSet)
	// Changed gets each message that has changed since, as they come, in place of MailboxInfo.Changed. Nil collects them there.
	// It tells UID, FLAGS and MODSEQ. Goroutine: reactor, as Vanished.
	Changed func(m *Message)
}

// QResync is what one knows of a mailbox from before (QRESYNC, RFC 7162 section 3.2.5).
type QResync struct {
	// UIDValidity as it was. If the mailbox has another one now, the server tells nothing, and all UIDs mean other messages.
	UIDValidity uint32
	// ModSeq is the HighestModSeq up to which all is known.
	ModSeq uint64
	// KnownUIDs are the UIDs that are known; empty means all that there may have been. Not open.
	KnownUIDs MessageSet
	// KnownSeqNums and SeqNumUIDs are some sequence numbers and the UIDs they had, which lets a server that does not remember what was
	// expunged tell less. Both or none, of the same length, not open.
	KnownSeqNums, SeqNumUIDs MessageSet
}

// MailboxInfo is what a server tells of a mailbox when it opens it.
type MailboxInfo struct {
	Name     string // as it was given to Select or Examine
	ReadOnly bool   // Twisted: READ-WRITE is its opposite
	Flags    []Flag // that its messages can have

	// PermanentFlags are those that can be changed for good; FlagAny among them says that keywords can be made up. Nil if the server did
	// not tell: then all of Flags can be.
	PermanentFlags []Flag

	Exists       uint32 // messages
	Recent       uint32 // of them, those new to this session (RFC 3501)
	Unseen       uint32 // sequence number of the first that was not seen; zero if there is none, or the server did not tell
	UIDValidity  uint32 // zero if the server did not tell
	UIDNext      uint32 // the same
	UIDNotSticky bool   // UIDs do not outlast the session (UIDPLUS, RFC 4315)

	HighestModSeq uint64     // CONDSTORE; zero if the server did not tell
	NoModSeq      bool       // the mailbox has no mod-sequences
	MailboxID     string     // OBJECTID (RFC 8474)
	Rights        string     // what the user may do, in letters (RFC 4314), where the server tells it unasked, as Courier does
	Listed        *ListEntry // what LIST tells of it, from a server of IMAP4rev2; nil if it did not tell

	// What has happened since: for SelectOptions.QResync.
	Vanished MessageSet
	Changed  []*Message
}

// Select opens a mailbox, in place of the one that is open. Of several options the last counts.
//
// Command: SELECT (RFC 9051 section 6.3.2). Legal in: authenticated, selected.
// Fires with: what the server tells of the mailbox; from then on it is the one that Mailbox answers.
// Fails with: *ResponseError, and no mailbox is open then; *UnsupportedError if an option needs what the server has not; *ArgumentError,
// *LimitError, *CommandError.
func (c *Client) Select(name string, o ...SelectOptions) *deferred.Deferred[*MailboxInfo] {
	return c.open("SELECT", name, o)
}

// Examine is Select for reading only.
//
// Command: EXAMINE (RFC 9051 section 6.3.3). Legal in: authenticated, selected.
// Fires with: as Select. Fails with: as Select.
func (c *Client) Examine(name string, o ...SelectOptions) *deferred.Deferred[*MailboxInfo] {
	return c.open("EXAMINE", name, o)
}

// opening is a SELECT or EXAMINE on its way.
type opening struct {
	c        *Client
	cmd      *command
	o        SelectOptions
	info     *MailboxInfo
	vanished []Range
	enabling bool // ENABLE was tried
	begun    bool // what comes is about this mailbox, not about the one before
	counted  bool // EXISTS has come, about the one or the other
}

func (c *Client) open(verb, name string, o []SelectOptions) *deferred.Deferred[*MailboxInfo] {
	op := &opening{c: c}
	if len(o) > 0 {
		op.o = o[len(o)-1]
	}
	if err := op.o.QResync.fault(verb); err != nil {
		return deferred.Fail[*MailboxInfo](err)
	}
	op.forget(name, verb == "EXAMINE")
	op.cmd = &command{
		name: verb, class: classAlone, needs: inAuthenticated, selects: true,
		detour: op.enable, untagged: op.untagged, closed: op.closed, answered: op.answered,
		ready: func() error {
			op.begun = !c.box.open
			return nil
		},
		arguments: func(b *wire.CommandBuilder) {
			c.appendMailbox(b.SP(), name)
			op.arguments(b)
		},
	}
	switch {
	case op.o.QResync != nil:
		op.cmd.requires = []string{"QRESYNC"}
	case op.o.CondStore:
		op.cmd.requires = []string{"CONDSTORE", "QRESYNC"}
	}
	return issue(c, op.cmd, func(*wire.Response) (*MailboxInfo, error) { return op.info, nil })
}

// forget begins anew: what came so far was about another mailbox.
func (op *opening) forget(name string, readOnly bool) {
	op.info = &MailboxInfo{Name: name, ReadOnly: readOnly}
	op.vanished = nil
}

// enable switches QRESYNC on before the first use of it (RFC 7162 section 3.2.3).
func (op *opening) enable() (queued bool) {
	if op.o.QResync == nil || op.enabling || op.c.isEnabled("QRESYNC") {
		return false
	}
	op.enabling = true
	op.c.queueFirst(op.c.enableCommand("QRESYNC"))
	return true
}

// arguments appends what follows the name.
//
//	select-param =/ "CONDSTORE" / "QRESYNC" SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"
//	seq-match-data = "(" known-sequence-set SP known-uid-set ")"
func (op *opening) arguments(b *wire.CommandBuilder) {
	q := op.o.QResync
	if q == nil {
		if op.o.CondStore {
			b.SP().List(func(b *wire.CommandBuilder) { b.Atom("CONDSTORE") })
		}
		return
	}
	b.SP().List(func(b *wire.CommandBuilder) {
		b.Atom("QRESYNC").SP().List(func(b *wire.CommandBuilder) {
			b.Number(uint64(q.UIDValidity)).SP().Number(q.ModSeq)
			if !q.KnownUIDs.IsEmpty() {
				q.KnownUIDs.sequenceSet(b.SP())
			}
			if !q.KnownSeqNums.IsEmpty() {
				b.SP().List(func(b *wire.CommandBuilder) { q.SeqNumUIDs.sequenceSet(q.KnownSeqNums.sequenceSet(b).SP()) })
			}
		})
	})
}

// fault is what is wrong with the options, nil for nothing.
func (q *QResync) fault(verb string) error {
	if q == nil {
		return nil
	}
	bad := func(reason string) error { return &ArgumentError{Command: verb, Arg: 2, Reason: reason} }
	seqs, _ := q.KnownSeqNums.Len()
	uids, _ := q.SeqNumUIDs.Len()
	switch {
	case q.UIDValidity == 0 || q.ModSeq == 0 || q.ModSeq >= 1<<63:
		return bad("QRESYNC needs a UIDVALIDITY and a mod-sequence")
	case q.KnownUIDs.Err() != nil || q.KnownSeqNums.Err() != nil || q.SeqNumUIDs.Err() != nil:
		return bad("a set of QRESYNC is broken")
	case q.KnownUIDs.IsOpen() || q.KnownSeqNums.IsOpen() || q.SeqNumUIDs.IsOpen():
		return bad("no set of QRESYNC may be open")
	case !isKind(q.KnownUIDs, true) || !isKind(q.KnownSeqNums, false) || !isKind(q.SeqNumUIDs, true):
		return bad("a set of QRESYNC is of the wrong kind")
	case seqs != uids:
		return bad("KnownSeqNums and SeqNumUIDs are not of the same length")
	}
	return nil
}

func isKind(s MessageSet, uid bool) bool { return s.IsEmpty() || s.IsUID() == uid }

// untagged takes what is about the mailbox that is being opened. While another one is open, that one is meant until [CLOSED] or, from
// servers that say no such thing, until the first word of the answer to SELECT.
func (op *opening) untagged(r *wire.Response) bool {
	switch r.Name {
	case "OK":
		return op.onCode(r)
	case "NO": // RFC 4315 section 3 has it so
		return r.Code == "UIDNOTSTICKY" && op.onCode(r)
	case "EXISTS", "RECENT":
		return r.HasNumber && op.onCount(r)
	case "FLAGS":
		flags, ok := decodeFlags(r.Args)
		if ok && !r.HasNumber {
			op.begun, op.info.Flags = true, flags
		}
		return ok && !r.HasNumber
	case "LIST":
		e, ok := op.c.decodeListed(r.Args)
		return ok && op.onListed(&e)
	case "EXPUNGE":
		op.old()
	case "VANISHED":
		return op.onVanished(r)
	case "FETCH", "UIDFETCH":
		return op.onFetch(r)
	}
	return false
}

// old: what comes now is about the mailbox that is still open. So EXISTS before it was, too.
func (op *opening) old() {
	if !op.begun {
		op.closed()
	}
}

func (op *opening) onCount(r *wire.Response) bool {
	if r.Name == "EXISTS" {
		op.info.Exists, op.counted = r.Number, true
	} else {
		op.info.Recent = r.Number
	}
	return true
}

// onListed takes what LIST tells of this mailbox. What NOTIFY tells of others meanwhile is for the Listener, and so is another name of this one.
func (op *opening) onListed(e *ListEntry) bool {
	this := sameMailbox(e.Name, op.info.Name) && !e.Has(AttrNonExistent)
	if this || sameMailbox(e.OldName, op.info.Name) {
		op.info.Listed = e
	}
	return this
}

// onCode takes the response codes of SELECT (RFC 9051 section 7.1), tagged or not.
func (op *opening) onCode(r *wire.Response) bool {
	info, limits := op.info, op.c.options().Limits
	switch r.Code {
	case "CLOSED":
		op.forget(info.Name, op.cmd.name == "EXAMINE")
		op.begun = true
		return false
	case "UIDVALIDITY":
		info.UIDValidity = codeNumber(r, limits)
	case "UIDNEXT":
		info.UIDNext = codeNumber(r, limits)
	case "UNSEEN":
		info.Unseen = codeNumber(r, limits)
	case "PERMANENTFLAGS":
		if flags, ok := decodeFlags(r.CodeDecoder(limits)); ok {
			info.PermanentFlags = flags
		}
	case "READ-ONLY":
		info.ReadOnly = true
	case "READ-WRITE":
		info.ReadOnly = false
	case "UIDNOTSTICKY":
		info.UIDNotSticky = true
	case "HIGHESTMODSEQ":
		d := r.CodeDecoder(limits)
		info.HighestModSeq, _ = d.OptNumber64()
	case "NOMODSEQ":
		info.NoModSeq = true
	case "MAILBOXID":
		info.MailboxID = codeObjectID(r, limits)
	case "MYRIGHTS":
		d := r.CodeDecoder(limits)
		info.Rights = string(d.AString())
	default:
		return false
	}
	op.begun = true
	return true
}

// closed: EXISTS was about the mailbox that was open until now, and nobody has heard it yet.
func (op *opening) closed() {
	if op.counted && op.c.box.open {
		op.counted = false
		op.c.onExists(op.info.Exists)
	}
}

func (op *opening) onVanished(r *wire.Response) bool {
	uids, earlier, ok := decodeVanished(r.Args)
	if ok && !earlier {
		op.old()
	}
	if !ok || !earlier || !op.c.limitUntagged(op.cmd, len(op.vanished)+len(uids.ranges)) {
		return ok && earlier
	}
	op.vanished = append(op.vanished, uids.ranges...)
	if f := op.o.Vanished; f != nil && !op.cmd.gone {
		f(uids)
	}
	return true
}

// onFetch takes a message that has changed since.
func (op *opening) onFetch(r *wire.Response) bool {
	if op.o.QResync == nil || !op.begun || !r.HasNumber {
		op.old()
		return false
	}
	m := op.c.readMessage(*r, false, false)
	switch {
	case op.cmd.gone:
	case op.o.Changed != nil:
		op.o.Changed(m)
	case op.c.limitUntagged(op.cmd, len(op.info.Changed)+1):
		op.info.Changed = append(op.info.Changed, m)
	}
	return true
}

// answered: the mailbox is open, or none is.
func (op *opening) answered(r *wire.Response) {
	c := op.c
	if r.Name != "OK" {
		c.unselected()
		return
	}
	op.onCode(r)
	info := op.info
	info.Vanished = MessageSet{uid: true}.with(op.vanished)
	c.selected(selection{
		name: info.Name, highestModSeq: info.HighestModSeq, exists: info.Exists,
		uidValidity: info.UIDValidity, uidNext: info.UIDNext, readOnly: info.ReadOnly, open: true,
	})
	c.setState(stateSelected)
}

// codeObjectID is the object identifier in a response code.
//
//	resp-text-code =/ "MAILBOXID" SP "(" objectid ")" (RFC 8474 section 7)
func codeObjectID(r *wire.Response, l *Limits) string {
	d := r.CodeDecoder(l)
	return readObjectID(&d)
}

func readObjectID(d *wire.Decoder) (id string) {
	d.List(func(d *wire.Decoder) { id = string(d.AString()) })
	if d.Err() != nil {
		return ""
	}
	return id
}

// maxWords is how many flags or attributes are taken from one list, in which a server can put millions.
const maxWords = 10_000

// decodeFlags reads a list of flags and nothing behind it.
//
//	flag-list = "(" [flag *(SP flag)] ")"
func decodeFlags(d wire.Decoder) (flags []Flag, ok bool) {
	flags = readFlags(&d)
	return flags, d.Err() == nil
}

func readFlags(d *wire.Decoder) []Flag {
	flags := []Flag{}
	d.List(func(d *wire.Decoder) {
		f := d.Flag()
		if d.Err() == nil && len(flags) < maxWords {
			flags = append(flags, ownFlag(f))
		}
	})
	return flags
}
