package imap4

import "slices"

// flagList is a list of flags, and how it is written. The messages of a mailbox have few that are different.
type flagList struct {
	written string
	flags   []Flag
	cost    int // with what is dropped
}

const maxFlagListSize = 128 // of what is written

// knownFlags reads a list that is written like one that is known, into f.flags; false if it is none.
func (f *fetchDecoder) knownFlags() bool {
	if !f.d.IsPlain() || !f.flagLists.look() {
		return false
	}
	rest := f.d.Rest()
	for i, list := range f.flagLists.known {
		n := len(list.written)
		if n > len(rest) || rest[n-1] != ')' || string(rest[:n]) != list.written {
			continue
		}
		f.flagLists.hit(i)
		if list.cost == 0 || f.spend(list.cost) {
			f.flags = append(f.flags, list.flags...)
			f.d.SkipTo(f.d.Offset() + n)
		}
		return true
	}
	return false
}

// learnFlags learns a list that was just read at that cost, if it is worth while.
func (f *fetchDecoder) learnFlags(written []byte, flags []Flag, cost int) {
	if f.messages < firstToLearn || !f.flagLists.mayLearn() || len(written) > maxFlagListSize || !f.d.IsPlain() {
		return
	}
	list := &flagList{string(written), slices.Clone(flags), cost}
	for i, flag := range flags {
		list.flags[i] = ownFlag([]byte(flag))
	}
	f.flagLists.add(list)
}
