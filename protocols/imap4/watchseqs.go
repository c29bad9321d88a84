package imap4

import "slices"

// seqList says which UID the message at each sequence number has; 0 is not known. It reaches as far as something is known, and stands
// in blocks, so that an EXPUNGE costs little however many messages there are.
type seqList struct {
	blocks [][]uint32 // none is empty
	length int
}

// find is where sequence number seq stands, from 1 on; it must be within the list.
func (l *seqList) find(seq uint32) (b, i int) {
	i = int(seq) - 1
	if last := len(l.blocks) - 1; i >= l.length-len(l.blocks[last]) { // most changes are at the end
		return last, i - (l.length - len(l.blocks[last]))
	}
	for i >= len(l.blocks[b]) {
		i -= len(l.blocks[b])
		b++
	}
	return b, i
}

// at is the UID at seq, 0 if it is not known.
func (l *seqList) at(seq uint32) uint32 {
	if seq == 0 || int64(seq) > int64(l.length) {
		return 0
	}
	b, i := l.find(seq)
	return l.blocks[b][i]
}

// put notes the UID at seq, which must not be 0.
func (l *seqList) put(seq, uid uint32) {
	for int64(l.length) < int64(seq) {
		l.append(0)
	}
	b, i := l.find(seq)
	l.blocks[b][i] = uid
}

func (l *seqList) append(uid uint32) {
	last := len(l.blocks) - 1
	if last < 0 || len(l.blocks[last]) == uidBlock {
		l.blocks = append(l.blocks, nil)
		last++
	}
	l.blocks[last] = append(l.blocks[last], uid)
	l.length++
}

// remove takes seq out, so that those behind it move up, and answers its UID, 0 if it was not known.
func (l *seqList) remove(seq uint32) uint32 {
	if seq == 0 || int64(seq) > int64(l.length) {
		return 0
	}
	b, i := l.find(seq)
	uid := l.blocks[b][i]
	l.length--
	if l.blocks[b] = slices.Delete(l.blocks[b], i, i+1); len(l.blocks[b]) == 0 {
		l.blocks = slices.Delete(l.blocks, b, b+1)
	}
	return uid
}
