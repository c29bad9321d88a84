package imap4

import (
	"errors"
	"strings"

	"github.com/tconn/tconn/deferred"
)

// How a Watch of all mailboxes learns where something has happened: from the server by NOTIFY, or from lists with STATUS.

// list asks for all mailboxes, takes up which have come and gone, and queues those in which something has happened.
func (s *watchSession) list(y *deferred.Yield) error {
	s.listDue = false
	if err := s.notify(y); err != nil || s.over {
		return err
	}
	if err := s.learnSpaces(y); err != nil || s.over {
		return err
	}
	o := ListOptions{Status: StatusMessages | StatusUIDNext | StatusUIDValidity | StatusUnseen}
	if s.condFlag {
		o.Status |= StatusHighestModSeq
	}
	s.listing = true
	entries, err := deferred.Wait(y, s.c.List("", "*", o))
	s.listing = false
	if err != nil || s.over || s.listDue {
		return err
	}
	s.relists, s.foreign = 0, false
	there := make(map[*watchedBox]bool, len(entries))
	for i := range entries {
		e := &entries[i]
		b := s.appear(e)
		if s.over || s.err != nil {
			return nil
		}
		if b == nil {
			continue
		}
		there[b] = true
		s.foreign = s.foreign || !s.spaces.isPersonal(e.Name, e.Delimiter)
		switch {
		case e.Status == nil && b.refused:
		case e.Status == nil || s.hasChanged(b, *e.Status, !e.Status.Has(StatusUnseen)):
			s.enqueue(b)
		}
	}
	for _, b := range s.w.sorted() {
		if !there[b] && b != s.w.home && !s.over {
			s.forget(b)
		}
	}
	return nil
}

// notify asks to be told. A server that refuses, or cannot keep up, is polled; then it tells of the mailbox that is open only.
func (s *watchSession) notify(y *deferred.Yield) error {
	if s.notified || s.noNotify || !s.c.caps.Has("NOTIFY") {
		return nil
	}
	groups := []NotifyGroup{{Mailboxes: NotifySelectedDelayed, Events: MessageEvents()}}
	if s.noNotify = s.overflows > maxOverflows; !s.noNotify {
		groups = append(groups, NotifyGroup{Mailboxes: NotifyPersonal, Events: append(MessageEvents(), EventMailboxName)})
		s.notified = true // what it tells from now on counts
	}
	_, err := deferred.Wait(y, s.c.Notify(false, groups...))
	if refused := (*ResponseError)(nil); errors.As(err, &refused) {
		s.notified, s.noNotify = false, true
		return nil
	}
	return err
}

// appear answers the mailbox of a list's entry, which may be new; nil if it is not to be watched.
func (s *watchSession) appear(e *ListEntry) *watchedBox {
	w := s.w
	b := w.boxes[mailboxKey(e.Name)]
	switch {
	case e.Has(AttrNoSelect):
		return nil
	case b != nil && b.listed && b.wanted:
		return b
	case b != w.home && w.o.Only != nil && !w.o.Only(e):
		if b != nil { // from Resume: another program has wanted it
			b.gone = true
			delete(w.boxes, mailboxKey(e.Name))
		}
		return nil
	case b != nil && b.listed:
		b.wanted = true
		return b
	case b == nil:
		if len(w.boxes) >= w.o.MaxMailboxes {
			s.fail(tooMany("Mailboxes", w.o.MaxMailboxes))
			return nil
		}
		b = &watchedBox{name: e.Name, next: 1}
		w.boxes[mailboxKey(e.Name)] = b
	}
	b.listed, b.wanted = true, true
	s.told = true
	w.o.Handler.Mailbox(e)
	return b
}

// forget: there is no such mailbox any more.
func (s *watchSession) forget(b *watchedBox) {
	if b == s.w.home {
		return
	}
	b.gone = true
	if v := s.visit; v != nil && v.box == b { // it may still be open
		v.stale = true
		s.visit = nil
	}
	delete(s.w.boxes, mailboxKey(b.name))
	s.told = true
	s.w.o.Handler.MailboxGone(b.name)
}

// enqueue has a mailbox visited. Home is opened anyway.
func (s *watchSession) enqueue(b *watchedBox) {
	if b.queued || b == s.w.home {
		return
	}
	b.queued, b.visited, b.refused = true, false, false
	s.queue = append(s.queue, b)
}

// hasChanged tells whether d says that something has happened in b that was not told. Unasked data does unless it proves the
// contrary; it may also be older than what was told.
func (s *watchSession) hasChanged(b *watchedBox, d StatusData, unasked bool) bool {
	if b.visited && !unasked && sameStatus(b.status, d) {
		return false
	}
	b.status = d
	certain := d.Has(StatusHighestModSeq) && b.modSeq != 0 && (d.HighestModSeq == b.modSeq || unasked && d.HighestModSeq != 0 && d.HighestModSeq < b.modSeq)
	switch {
	case !b.opened, !certain:
		return true
	case d.Has(StatusUIDValidity) && d.UIDValidity != b.validity:
		return true
	case d.Has(StatusMessages) && int(d.Messages) != b.told.count:
		return true
	}
	return false
}

func sameStatus(a, b StatusData) bool {
	return a.items == b.items && a.Messages == b.Messages && a.UIDNext == b.UIDNext && a.UIDValidity == b.UIDValidity &&
		a.Unseen == b.Unseen && a.HighestModSeq == b.HighestModSeq
}

// onStatus takes that something has happened to a mailbox.
func (s *watchSession) onStatus(d StatusData) {
	b := s.w.boxes[mailboxKey(d.Mailbox)]
	if b == nil || !s.notified || !s.w.o.All {
		return
	}
	if s.hasChanged(b, d, true) {
		s.enqueue(b)
	}
	s.kick()
}

// onListed takes that a mailbox has come, gone, or got another name.
func (s *watchSession) onListed(e *ListEntry) {
	if !s.notified || !s.w.o.All {
		return
	}
	if s.listing && !s.listDue && s.relists < maxRelists { // the list may have it as it was before, or after
		s.relists++
		s.listDue = true
	}
	b := s.w.boxes[mailboxKey(e.Name)]
	switch {
	case e.OldName != "" && !sameMailbox(e.OldName, inbox) && e.OldName != e.Name:
		s.rename(e)
	case e.Has(AttrNoSelect):
		if b != nil {
			s.forget(b)
		}
	case b == nil || !b.listed:
		if b = s.appear(e); b != nil {
			s.enqueue(b)
		}
	}
	s.kick()
}

// rename gives a mailbox and those below it their new names.
func (s *watchSession) rename(e *ListEntry) {
	for _, b := range s.w.sorted() {
		below, isBelow := strings.CutPrefix(b.name, e.OldName)
		switch {
		case b == s.w.home || s.over:
			continue
		case !isBelow || below != "" && (e.Delimiter == "" || !strings.HasPrefix(below, e.Delimiter)):
			continue
		}
		from, to := b.name, e.Name+below
		delete(s.w.boxes, mailboxKey(from))
		if other := s.w.boxes[mailboxKey(to)]; other != nil { // it was told as new, or has been replaced
			if other == s.w.home {
				s.w.boxes[mailboxKey(from)] = b
				continue
			}
			s.forget(other)
		}
		b.name = to
		s.w.boxes[mailboxKey(to)] = b
		s.told = true
		s.w.o.Handler.MailboxRenamed(from, to)
		s.enqueue(b)
	}
	if b := s.appear(e); b != nil && !b.opened {
		s.enqueue(b)
	}
}

// onOverflow: the server tells nothing any more. What it has left out is asked for now; if it happens again, the lists take the place of
// NOTIFY for this connection.
func (s *watchSession) onOverflow() {
	if !s.notified {
		return
	}
	s.notified = false
	s.overflows++
	s.listDue = true
	if s.visit != nil {
		s.visit.stale = true
	}
	s.kick()
}
