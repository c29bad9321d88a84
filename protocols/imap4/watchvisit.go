package imap4

import (
	"errors"

	"github.com/tconn/tconn/deferred"
)

// watchVisit is one time that a mailbox is open.
//
// With QRESYNC all that the server tells of a message names its UID. Otherwise flags and expunges name sequence numbers, and seqs says in
// the order of the wire which UIDs they mean: those of which the server has told both. That leaves out messages that have come and
// were not asked for yet; they are told when they are, and never if they are gone by then.
type watchVisit struct {
	s   *watchSession
	box *watchedBox

	seqs    seqList
	there   *uidSet             // while all UIDs are asked for: those that are there
	partial map[uint32]*Message // while new messages are asked for: those of which not all is told yet
	last    uint32              // of those, the one that the server spoke of last
	damaged error               // why the server's words about a new message could not be read, not even its UID

	bySeq     bool // the server tells sequence numbers
	condStore bool // the mailbox has mod-sequences
	open      bool // all that was before is told
	skip      bool // messages that are there now are not told
	newsDue   bool // there may be new messages
	flagsDue  bool // flags have changed of a message that is not known
	auditDue  bool // the messages have to be counted
	audited   bool // they were, and that does not help
	stale     bool // it has to be opened anew
}

// due tells whether there is something to ask about this mailbox.
func (v *watchVisit) due() bool { return v.newsDue || v.flagsDue || v.auditDue || v.stale }

// exists is how many messages there are.
func (v *watchVisit) exists() int {
	if !v.s.c.box.open {
		return v.box.told.count
	}
	return int(v.s.c.box.exists)
}

// begin tells what has happened since the mailbox was open last. resumed says that the server was asked for that by QRESYNC.
func (v *watchVisit) begin(y *deferred.Yield, info *MailboxInfo, resumed bool) error {
	b, w := v.box, v.s.w
	v.bySeq = !v.s.qresync
	v.condStore = v.s.condFlag && info.HighestModSeq != 0 && !info.NoModSeq
	modSeq := uint64(0)
	if v.condStore {
		modSeq = info.HighestModSeq
	}
	if err := v.checkCount(); err != nil {
		return err
	}
	first := !b.opened
	if b.opened && (b.validity != info.UIDValidity || info.UIDValidity == 0 || info.UIDNotSticky) {
		first, resumed = true, false
		b.reset()
		b.validity = info.UIDValidity
		v.tell()
		if w.o.Handler.Reset(b.name, info.UIDValidity); v.s.over {
			return nil
		}
	}
	if v.condStore && modSeq < b.modSeq { // it has gone back, to a backup for one
		b.modSeq, b.recent, resumed = 0, nil, false
	}
	b.opened, b.validity = true, info.UIDValidity
	b.skipping = w.o.SkipExisting && (first || b.skipping) // also when the last try was cut short
	v.skip = b.skipping
	if err := v.catchUp(y, modSeq, resumed && v.condStore); err != nil || v.s.over || v.stale {
		return err
	}
	v.skip, b.skipping = false, false
	b.caughtUp(modSeq)
	v.open, v.newsDue = true, true
	return v.update(y)
}

// catchUp tells what has become of the messages that are known.
func (v *watchVisit) catchUp(y *deferred.Yield, modSeq uint64, resumed bool) error {
	b := v.box
	if modSeq == 0 {
		b.modSeq = 0
		b.recent = nil
		b.keepFlags()
	}
	switch {
	case resumed:
		return nil
	case b.told.count == 0 && !v.skip:
		return nil
	case modSeq != 0 && modSeq == b.modSeq && v.exists() == b.told.count:
		if v.bySeq {
			for uid := range b.told.set().All() {
				v.seqs.append(uid)
			}
		}
		return nil
	}
	if err := v.learn(y); err != nil || v.s.over || v.stale {
		return err
	}
	return v.changes(y, modSeq)
}

// update asks for what is due.
func (v *watchVisit) update(y *deferred.Yield) error {
	switch {
	case v.stale:
		return nil
	case v.auditDue:
		return v.audit(y)
	case v.flagsDue:
		v.flagsDue = false
		if v.condStore {
			return v.changes(y, 0)
		}
		return v.learn(y)
	}
	return v.news(y)
}

// audit asks for all UIDs where the count is wrong.
func (v *watchVisit) audit(y *deferred.Yield) error {
	v.auditDue, v.audited = false, true
	if err := v.learn(y); err != nil || v.s.over || v.stale {
		return err
	}
	v.newsDue = true
	return v.changes(y, 0)
}

// learn asks for the UIDs of all messages, tells which of those that are known are gone and, where there are no mod-sequences, which
// flags have changed.
func (v *watchVisit) learn(y *deferred.Yield) error {
	v.there = &uidSet{}
	defer func() { v.there = nil }()
	v.seqs = seqList{}
	if v.exists() > 0 { // some servers refuse 1:* for an empty mailbox
		o := FetchOptions{Items: ItemUID, Borrow: true}
		if v.needsFlags() {
			o = FetchOptions{Items: ItemUID | ItemFlags}
		}
		var damaged error
		_, err := deferred.Wait(y, v.s.c.Fetch(AllUIDs(), o, func(m *Message) {
			if err := v.onThere(m); err != nil && damaged == nil {
				damaged = err
			}
		}))
		if err == nil {
			err = damaged
		}
		if err != nil || v.s.over || v.stale {
			return err
		}
	}
	v.settle()
	return nil
}

// needsFlags tells whether the flags of all messages have to be compared with those that were told.
func (v *watchVisit) needsFlags() bool { return v.box.modSeq == 0 && !(v.skip && v.condStore) }

// onThere takes a message that is there; an error if it does not say which.
func (v *watchVisit) onThere(m *Message) error {
	switch {
	case v.s.over:
	case m.UID == 0:
		if v.seqs.at(m.SeqNum) == 0 {
			return m.Err
		}
		v.message(m)
	case v.place(m):
		v.there.add(m.UID)
		if v.skip && v.box.flags != nil && m.Has(ItemFlags) {
			v.box.flags[m.UID] = flagsKey(m.Flags)
		}
		if v.needsFlags() { // otherwise nothing but UIDs was asked for, and flags that come along go to the Listener
			v.message(m)
		}
	}
	return nil
}

// settle compares what is there with what is known.
func (v *watchVisit) settle() {
	b, there := v.box, v.there.set()
	if v.skip {
		b.told = uidsOf(there.ranges)
		b.next = after(b.told.max())
		v.tell()
		return
	}
	v.vanished(b.told.set().Remove(there))
	if unknown := there.Remove(b.told.set()); !unknown.IsEmpty() {
		b.next = min(b.next, unknown.ranges[0].First)
	}
}

// after is the number behind uid, or the last one there is.
func after(uid uint32) uint32 { return max(uid+1, uid) }

// changes asks for the flags that have changed since they were told. It need not if modSeq is what they were told up to.
func (v *watchVisit) changes(y *deferred.Yield, modSeq uint64) error {
	b := v.box
	if !v.condStore || b.modSeq == 0 || b.modSeq == modSeq || b.told.count == 0 || v.exists() == 0 {
		return nil
	}
	o := FetchOptions{Items: ItemFlags | ItemModSeq, ChangedSince: b.modSeq}
	_, err := deferred.Wait(y, v.s.c.Fetch(UIDRange(1, b.told.max()), o, v.message))
	return err
}

// current tells whether what comes unasked is about this mailbox.
func (v *watchVisit) current() bool { return v != nil && !v.s.over && !v.stale && v.s.c.box.open }

// onExists takes the number of messages.
func (v *watchVisit) onExists(n uint32) {
	if err := v.checkCount(); err != nil {
		v.s.fail(err)
		return
	}
	switch {
	case int64(n) < int64(v.seqs.length):
		v.s.outOfStep()
	case int(n) < v.box.told.count && v.open:
		v.auditDue = true
	default:
		v.newsDue = true
	}
	v.s.kick()
}

func (v *watchVisit) checkCount() error {
	if most := v.s.w.o.MaxMessages; v.exists() > most {
		return tooMany("Messages", most)
	}
	return nil
}

// onExpunge takes a message away by its sequence number.
func (v *watchVisit) onExpunge(seq uint32) {
	switch {
	case !v.bySeq:
		v.auditDue = true // it should have told the UID
	case int64(seq) > int64(v.exists())+1:
		v.s.outOfStep()
	default:
		if uid := v.seqs.remove(seq); uid != 0 {
			v.vanished(UIDs(uid))
		}
	}
	v.s.kick()
}

// vanished takes messages away by their UIDs.
func (v *watchVisit) vanished(uids MessageSet) {
	if v.isOver() || uids.IsEmpty() {
		return
	}
	if v.there != nil {
		v.there.take(uids.ranges)
	}
	forget(v.partial, uids)
	if gone := v.box.take(uids.ranges); !gone.IsEmpty() {
		v.tell()
		v.s.w.o.Handler.Vanished(v.box.name, gone)
	}
}

// message takes what the server tells of a message, asked or not: of one that is known, its flags.
func (v *watchVisit) message(m *Message) {
	if v.isOver() {
		return
	}
	if m.UID == 0 {
		if m.UID = v.seqs.at(m.SeqNum); m.UID == 0 {
			v.flagsDue = v.flagsDue || !v.bySeq && m.Has(ItemFlags)
			v.s.kick()
			return
		}
		m.items |= ItemUID
	} else if !v.place(m) {
		return
	}
	b := v.box
	if p := v.partial[m.UID]; p != nil {
		p.merge(m)
		return
	}
	if !b.told.has(m.UID) || !b.noteFlags(m) {
		return
	}
	if len(b.recent) > recentMax && v.open {
		v.stale = true
	}
	v.tell()
	v.s.w.o.Handler.Flags(b.name, m)
	v.s.kick()
}

// forgetFlags: the flags of these messages are not those any more that were told, so that what the server tells next is news.
func (v *watchVisit) forgetFlags(set MessageSet) {
	flags := v.box.flags
	switch {
	case set.IsOpen() || set.IsSaved():
		clear(flags)
	case set.IsUID():
		forget(flags, set)
	case len(flags) > 0 && v.seqs.length > 0:
		for seq := range set.Intersect(SeqRange(1, uint32(v.seqs.length))).All() {
			delete(flags, v.seqs.at(seq))
		}
	}
}

// place notes which UID stands at a sequence number; false if that cannot be.
func (v *watchVisit) place(m *Message) bool {
	if !v.bySeq || m.SeqNum == 0 || v.stale {
		return !v.stale
	}
	seq, uid := m.SeqNum, m.UID
	known := v.seqs.at(seq)
	if known == uid {
		return true
	}
	before, behind := v.seqs.at(seq-1), v.seqs.at(seq+1)
	if known != 0 || int64(seq) > int64(v.exists()) || before >= uid || behind != 0 && behind <= uid {
		v.s.outOfStep()
		v.s.kick()
		return false
	}
	v.seqs.put(seq, uid)
	return true
}

// isOver tells whether nothing more is told of what comes about this mailbox.
func (v *watchVisit) isOver() bool { return v.s.over || v.stale || v.box.gone }

// tell notes that the program is told something.
func (v *watchVisit) tell() { v.s.told = true }

// isRefusal tells whether err is a NO, which leaves the connection as good as it was.
func isRefusal(err error) bool {
	var refused *ResponseError
	return errors.As(err, &refused) && refused.Status == "NO"
}
