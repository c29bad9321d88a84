package imap4

import (
	"maps"
	"slices"
	"strings"
	"unique"
)

// watchedBox is what a Watch has told of a mailbox. It outlasts connections.
//
// Whatever is told is noted here first, so that this is at any time what the program knows.
type watchedBox struct {
	name     string
	validity uint32
	modSeq   uint64 // flag changes up to here were told; zero if there are no mod-sequences
	next     uint32 // messages with a lower UID were told, or will never be
	told     uidSet // messages that are known to the program: New was told and Vanished was not
	opened   bool   // the fields above mean something
	skipping bool   // which messages are not to be told is not known yet
	listed   bool   // Handler.Mailbox was told
	wanted   bool   // WatchOptions.Only has said so
	gone     bool   // there is no such mailbox any more
	queued   bool   // it waits for a visit in this connection

	// recent are flag changes above modSeq that were told, by UID: what the server will tell again after the next SELECT.
	recent map[uint32]uint64
	// flags are those of each message as they were told, where the server has no mod-sequences that would tell.
	flags map[uint32]unique.Handle[string]

	status  StatusData // the last one that led to a visit
	visited bool       // and that visit is over
	refused bool       // the server has refused it
}

// recentMax is how many entries recent may have before the mailbox is opened again, which makes them superfluous.
const recentMax = 10_000

// reset forgets all messages.
func (b *watchedBox) reset() {
	b.modSeq, b.next, b.told = 0, 1, uidSet{}
	b.recent, b.flags = nil, nil
}

// note takes up a message that is told now.
func (b *watchedBox) note(m *Message) {
	b.told.add(m.UID)
	if m.ModSeq > b.modSeq && b.modSeq != 0 {
		b.noteModSeq(m)
	}
	if b.flags != nil && m.Has(ItemFlags) {
		b.flags[m.UID] = flagsKey(m.Flags)
	}
}

func (b *watchedBox) noteModSeq(m *Message) {
	if b.recent == nil {
		b.recent = make(map[uint32]uint64)
	}
	b.recent[m.UID] = m.ModSeq
}

// noteFlags takes up the flags of a message that is known; false if they were told already.
func (b *watchedBox) noteFlags(m *Message) bool {
	if !m.Has(ItemFlags) {
		return false
	}
	if m.ModSeq != 0 && b.modSeq != 0 {
		if m.ModSeq <= b.modSeq || m.ModSeq == b.recent[m.UID] {
			return false
		}
		b.noteModSeq(m)
	}
	if b.flags != nil {
		key := flagsKey(m.Flags)
		if old, ok := b.flags[m.UID]; ok && old == key {
			return false
		}
		b.flags[m.UID] = key
	}
	return true
}

// caughtUp: all flag changes up to modSeq were told. Zero means that the mailbox has no mod-sequences, so that flags have to be kept.
func (b *watchedBox) caughtUp(modSeq uint64) {
	b.modSeq = modSeq
	if modSeq == 0 {
		b.recent = nil
		b.keepFlags()
		return
	}
	b.flags = nil
	maps.DeleteFunc(b.recent, func(_ uint32, told uint64) bool { return told <= modSeq })
	if len(b.recent) == 0 {
		b.recent = nil
	}
}

func (b *watchedBox) keepFlags() {
	if b.flags == nil {
		b.flags = make(map[uint32]unique.Handle[string])
	}
}

// take notes that messages are gone and answers those of them that were known.
func (b *watchedBox) take(ranges []Range) MessageSet {
	gone := MessageSet{uid: true}
	if taken := b.told.take(ranges); len(taken) > 0 {
		gone.ranges = normalize(taken)
	}
	forget(b.recent, gone)
	forget(b.flags, gone)
	return gone
}

// forget deletes the entries of a set.
func forget[V any](of map[uint32]V, set MessageSet) {
	if n, _ := set.Len(); n > len(of) {
		maps.DeleteFunc(of, func(uid uint32, _ V) bool { return set.Contains(uid) })
		return
	}
	for uid := range set.All() {
		delete(of, uid)
	}
}

// flagsKey is the same for equal sets of flags. \Recent is no flag of the message: it says which session was the first to see it.
func flagsKey(flags []Flag) unique.Handle[string] {
	words := make([]string, 0, len(flags))
	for _, f := range flags {
		if f != FlagRecent {
			words = append(words, strings.ToLower(string(f)))
		}
	}
	slices.Sort(words)
	return unique.Make(strings.Join(slices.Compact(words), " "))
}
