package imap4

import (
	"maps"
	"slices"

	"github.com/tconn/tconn/deferred"
)

// maxRefusals is how many FETCHes in a row a server may refuse without telling of a new message, before the connection is given up.
const maxRefusals = 10

// news tells of new messages, until as many are known as there are.
func (v *watchVisit) news(y *deferred.Yield) error {
	b := v.box
	refusals := 0
	for v.newsDue = false; v.exists() > b.told.count; v.newsDue = false {
		before := b.told.count
		err := v.fetchNews(y)
		if b.told.count > before {
			refusals = 0
		}
		if isRefusal(err) && refusals < maxRefusals && !v.s.over && !v.stale {
			refusals++
			err = v.tellRest(y, err, true)
		}
		if err != nil || v.s.over || v.stale {
			return err
		}
		if !v.newsDue && b.told.count == before { // the server tells no more
			break
		}
	}
	if v.exists() != b.told.count && !v.audited {
		v.auditDue = true
	}
	return nil
}

// fetchNews asks for the messages that are not known.
func (v *watchVisit) fetchNews(y *deferred.Yield) error {
	b := v.box
	v.damaged = nil
	bare, err := v.fetchSet(y, v.unknown())
	if err == nil && v.damaged != nil && !v.s.over && !v.stale {
		err = v.tellRest(y, v.damaged, false)
	}
	if err != nil || v.s.over || v.stale {
		return err
	}
	b.next = max(b.next, after(b.told.max()))
	if len(bare) == 0 {
		return nil
	}
	// Flags were all that came of these: because the server has nothing else, or because they came after it had begun to answer.
	left, err := v.fetchSet(y, UIDs(slices.Collect(maps.Keys(bare))...))
	for _, uid := range slices.Sorted(maps.Keys(left)) {
		if err != nil || v.s.over || v.stale {
			break
		}
		v.tellNew(left[uid])
	}
	return err
}

// fetchSet asks for new messages and tells of them. bare are those of which only flags came.
func (v *watchVisit) fetchSet(y *deferred.Yield, set MessageSet) (bare map[uint32]*Message, err error) {
	v.partial, v.last = make(map[uint32]*Message), 0
	o := v.s.w.o.Fetch
	if v.condStore {
		o.Items |= ItemModSeq
	}
	_, err = deferred.Wait(y, v.s.c.Fetch(set, o, v.onNew))
	v.tellLast()
	bare, v.partial = v.partial, nil
	return bare, err
}

// unknown is the UIDs that a message may have that was not told yet.
func (v *watchVisit) unknown() MessageSet {
	b := v.box
	return UIDRange(b.next, Star).Remove(b.told.from(b.next))
}

// tellRest tells of new messages without what should have been fetched, because that fails with cause: of all, or of the first
// only, which then is the one that the server could not read.
func (v *watchVisit) tellRest(y *deferred.Yield, cause error, firstOnly bool) error {
	v.partial, v.last = make(map[uint32]*Message), 0
	defer func() { v.partial = nil }()
	o := FetchOptions{Items: ItemUID | ItemFlags}
	if v.condStore {
		o.Items |= ItemModSeq
	}
	_, err := deferred.Wait(y, v.s.c.Fetch(v.unknown(), o, func(m *Message) {
		switch {
		case v.s.over || m.UID == 0 || !v.place(m):
		case v.box.told.has(m.UID):
			v.message(m)
		default:
			v.partial[m.UID] = m
		}
	}))
	if err != nil && !isRefusal(err) {
		return err
	}
	for _, uid := range slices.Sorted(maps.Keys(v.partial)) {
		m := v.partial[uid]
		if v.s.over || v.stale || m == nil { // gone in a call of the handler
			continue
		}
		delete(v.partial, uid)
		m.Err = cause
		if v.tellNew(m); firstOnly {
			break
		}
	}
	return nil
}

// onNew takes what the server answers about new messages, and what it tells of others meanwhile.
//
// All that a message was asked for mostly comes in one response. If not, the message is told when the rest has come, or, because a
// server may leave out what it has not, when it speaks of another one. A response with no more than flags may be unasked: it
// alone does not make the message told before the end.
func (v *watchVisit) onNew(m *Message) {
	if v.s.over || v.stale {
		return
	}
	if m.UID == 0 {
		if m.UID = v.seqs.at(m.SeqNum); m.UID == 0 {
			if m.Err != nil && v.damaged == nil {
				v.damaged = m.Err
			}
			return
		}
		m.items |= ItemUID
	} else if !v.place(m) {
		return
	}
	if v.box.told.has(m.UID) {
		v.message(m)
		return
	}
	if p := v.partial[m.UID]; p != nil {
		p.merge(m)
		m = p
	}
	if v.last != m.UID {
		v.tellLast()
	}
	v.partial[m.UID] = m
	switch o := &v.s.w.o.Fetch; {
	case m.Err != nil, m.isAllOf(o):
		v.last = m.UID
		v.tellLast()
	case m.items&^unaskedItems != 0 || len(m.Sections)+len(m.Extra) > 0:
		v.last = m.UID
	}
}

// isAllOf tells whether m has what was asked for.
func (m *Message) isAllOf(o *FetchOptions) bool {
	return m.Has(o.Items) && len(m.Sections) >= len(o.Sections)+len(o.BinarySizes) && len(m.Extra) >= len(o.Extra)
}

// tellLast tells of the message that the server spoke of last with what there is of it, if it is not gone by now.
func (v *watchVisit) tellLast() {
	m := v.partial[v.last]
	delete(v.partial, v.last)
	v.last = 0
	v.tellNew(m)
}

// tellNew tells of a new message.
func (v *watchVisit) tellNew(m *Message) {
	if m == nil || v.isOver() {
		return
	}
	if most := v.s.w.o.MaxMessages; v.box.told.count >= most {
		v.s.fail(tooMany("Messages", most))
		return
	}
	v.box.note(m)
	v.tell()
	v.s.w.o.Handler.New(v.box.name, m)
}
