package imap4

// watchListener is the Listener of a Watch: it hands on to that of the program first.
type watchListener struct {
	Listener
	s *watchSession
}

// Exists tells the mailbox that is open.
func (l *watchListener) Exists(n uint32) {
	l.Listener.Exists(n)
	if v := l.s.visit; v.current() {
		v.onExists(n)
	}
}

// Expunge tells the mailbox that is open.
func (l *watchListener) Expunge(seq uint32) {
	l.Listener.Expunge(seq)
	if v := l.s.visit; v.current() {
		v.onExpunge(seq)
	}
}

// Vanished tells the mailbox that is open.
func (l *watchListener) Vanished(uids MessageSet, earlier bool) {
	l.Listener.Vanished(uids, earlier)
	if v := l.s.visit; v.current() {
		if v.bySeq { // which sequence numbers these were is not known
			l.s.outOfStep()
		}
		v.vanished(uids)
		l.s.kick()
	}
}

// MessageData tells the mailbox that is open.
func (l *watchListener) MessageData(m *Message) {
	l.Listener.MessageData(m)
	if v := l.s.visit; v.current() {
		v.message(m)
	}
}

// stored: the program has changed the flags of these messages.
func (l *watchListener) stored(set MessageSet) {
	if v := l.s.visit; v.current() {
		v.forgetFlags(set)
	}
}

// UIDValidity has the mailbox opened anew.
func (l *watchListener) UIDValidity(n uint32) {
	l.Listener.UIDValidity(n)
	if v := l.s.visit; v.current() {
		v.stale = true
		l.s.kick()
	}
}

// Status tells that something has happened to another mailbox.
func (l *watchListener) Status(d StatusData) {
	l.Listener.Status(d)
	if !l.s.over {
		l.s.onStatus(d)
	}
}

// Listed tells that a mailbox has come, gone, or got another name.
func (l *watchListener) Listed(e ListEntry) {
	l.Listener.Listed(e)
	if !l.s.over {
		l.s.onListed(&e)
	}
}

// NotificationOverflow has all looked at anew.
func (l *watchListener) NotificationOverflow() {
	l.Listener.NotificationOverflow()
	if !l.s.over {
		l.s.onOverflow()
	}
}

// Bye takes up how long the server wants to be left alone.
func (l *watchListener) Bye(code, text string) {
	l.Listener.Bye(code, text)
	if !l.s.over {
		l.s.w.heed(&ByeError{Code: code, Text: text})
	}
}
