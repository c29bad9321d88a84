package imap4

import (
	"errors"
	"slices"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// watchSession is one connection of a Watch. What happens is told as it comes in; what has to be asked for is asked by work, step after
// step, until nothing is left to ask.
type watchSession struct {
	w *Watch
	c *Client

	visit     *watchVisit   // the mailbox that is open; nil for none
	queue     []*watchedBox // to be visited
	poll      *reactor.DelayedCall
	spaces    *Namespaces // where mailboxes are; nil for not known
	err       error       // why this side has ended the connection
	faults    int         // how often the two sides were out of step
	overflows int         // of notifications
	relists   int         // how often in a row the mailboxes changed while they were listed
	qresync   bool        // is enabled
	condFlag  bool        // the server has CONDSTORE
	notified  bool        // NOTIFY is in force
	foreign   bool        // some of the mailboxes are not the user's own, and NOTIFY does not tell of them
	noNotify  bool        // NOTIFY was refused, or has overflowed too often
	listDue   bool        // the mailboxes have to be listed
	listing   bool        // they are being listed
	ready     bool        // the connection may be used
	working   bool
	told      bool // something was told since Synced
	over      bool
}

// maxFaults is how often a connection may be out of step before it is given up.
const maxFaults = 5

// maxOverflows is how often a connection may ask anew for notifications when the server cannot keep up.
const maxOverflows = 3

// maxRelists is how often in a row mailboxes are listed again because they have changed meanwhile.
const maxRelists = 5

// errOutOfStep: what the server says of a mailbox contradicts what it has said before.
var errOutOfStep = errors.New("imap4: the server contradicts itself about the messages of a mailbox")

// login makes the connection ready.
func (s *watchSession) login(y *deferred.Yield, p reactor.Protocol, prepare func(reactor.Protocol) *deferred.Deferred[struct{}]) error {
	for _, step := range []func() *deferred.Deferred[struct{}]{
		func() *deferred.Deferred[struct{}] {
			if prepare == nil {
				return nil
			}
			return prepare(p)
		},
		func() *deferred.Deferred[struct{}] {
			if s.w.o.Login == nil {
				return nil
			}
			return s.w.o.Login(s.c)
		},
	} {
		if d := step(); d != nil {
			if _, err := deferred.Wait(y, d); err != nil {
				s.w.heed(err)
				return err
			}
		}
	}
	return s.enable(y)
}

// enable finds out what the server can do and switches QRESYNC on.
func (s *watchSession) enable(y *deferred.Yield) error {
	c := s.c
	if !c.capsFull {
		if _, err := deferred.Wait(y, c.GetCapabilities()); err != nil {
			return err
		}
	}
	if c.caps.Has("QRESYNC") && (c.caps.Has("ENABLE") || c.caps.Has("IMAP4rev2")) {
		_, err := deferred.Wait(y, c.Enable("QRESYNC"))
		if refused := (*ResponseError)(nil); err != nil && !errors.As(err, &refused) {
			return err
		}
	}
	s.qresync = c.isEnabled("QRESYNC")
	s.condFlag = c.offers([]string{"CONDSTORE", "QRESYNC"})
	return nil
}

// start begins to work on a connection that is ready.
func (s *watchSession) start() {
	if s.over {
		return
	}
	s.ready, s.told = true, true
	s.listDue = s.w.o.All
	for _, b := range s.w.boxes {
		b.queued, b.refused = false, false
		b.visited = b.visited && s.condFlag // otherwise the status does not tell whether flags have changed
	}
	s.w.o.Handler.Up(s.c)
	s.kick()
}

// end: nothing more is told or asked.
func (s *watchSession) end() {
	s.over = true
	if s.poll != nil {
		_ = s.poll.Cancel()
		s.poll = nil
	}
}

// fail gives the connection up.
func (s *watchSession) fail(err error) {
	if s.over || s.err != nil {
		return
	}
	s.err = s.reason(err)
	s.w.heed(s.err)
	s.c.close(s.err)
}

// reason is why the connection has ended, or is to end because of err.
func (s *watchSession) reason(err error) error {
	switch c := s.c; {
	case s.err != nil:
		return s.err
	case c.state == stateClosed:
		return c.rare.err
	case c.saidBye() != nil:
		return c.saidBye()
	}
	return err
}

// outOfStep opens the mailbox anew: what is known of it cannot be right.
func (s *watchSession) outOfStep() {
	if s.faults++; s.faults > maxFaults {
		s.fail(errOutOfStep)
		return
	}
	s.visit.stale = true
}

// kick lets the work go on if there is some.
func (s *watchSession) kick() {
	if s.working || s.over || !s.ready || s.err != nil {
		return
	}
	if !s.due() {
		s.rest()
		return
	}
	s.working = true
	deferred.Inline(func(y *deferred.Yield) (struct{}, error) { return struct{}{}, s.work(y) }).Handle(
		func(struct{}) {
			s.working = false
			s.kick()
		},
		func(err error) {
			s.working = false
			s.fail(err)
		},
	)
}

// due tells whether there is something to ask.
func (s *watchSession) due() bool {
	return s.listDue || len(s.queue) > 0 || s.visit == nil || s.visit.box != s.w.home || s.visit.due()
}

// work asks what has to be asked.
func (s *watchSession) work(y *deferred.Yield) error {
	for !s.over && s.err == nil && s.due() {
		if err := s.step(y); err != nil {
			return err
		}
	}
	return nil
}

// step asks one thing: first what changes in the mailbox that is open, then the others, then home.
func (s *watchSession) step(y *deferred.Yield) error {
	switch v := s.visit; {
	case s.listDue:
		return s.list(y)
	case v != nil && !v.stale && v.due():
		err := v.update(y)
		if refused := (*ResponseError)(nil); v.box.gone && errors.As(err, &refused) {
			return nil
		}
		return err
	case v != nil && v.stale:
		return s.tryOpen(y, v.box)
	case len(s.queue) > 0:
		b := s.queue[0]
		s.queue = slices.Delete(s.queue, 0, 1)
		b.queued = false
		if b.gone {
			return nil
		}
		return s.tryOpen(y, b)
	default:
		return s.open(y, s.w.home)
	}
}

// rest is reached when all was told.
func (s *watchSession) rest() {
	if s.w.o.All && (!s.notified || s.foreign) && s.poll == nil {
		s.poll = s.c.transport.Reactor().CallLater(s.c.options().pollInterval(), func() {
			s.poll = nil
			s.listDue = true
			s.kick()
		})
	}
	s.c.Idle()
	if s.told {
		s.told = false
		s.w.trials = 0
		s.w.o.Handler.Synced(s.w)
	}
}

// tryOpen visits a mailbox that may not let itself be opened.
func (s *watchSession) tryOpen(y *deferred.Yield, b *watchedBox) error {
	err := s.open(y, b)
	var refused *ResponseError
	if !errors.As(err, &refused) || b == s.w.home || s.visit != nil {
		return err
	}
	switch {
	case s.over || b.gone:
	case errors.Is(err, ErrNonexistent):
		s.forget(b)
	default:
		b.visited, b.refused = true, true
		s.w.o.Handler.Skipped(b.name, err)
	}
	return nil
}

// open opens a mailbox and tells what has changed there since. With QRESYNC the server tells that by itself.
func (s *watchSession) open(y *deferred.Yield, b *watchedBox) error {
	v := &watchVisit{s: s, box: b}
	o := SelectOptions{CondStore: s.condFlag}
	if s.qresync && b.opened && b.modSeq != 0 && b.told.count > 0 {
		o.QResync = &QResync{UIDValidity: b.validity, ModSeq: b.modSeq, KnownUIDs: UIDRange(1, b.told.max())}
		o.Vanished = v.vanished
		o.Changed = v.message
	}
	open := s.c.Examine
	if b == s.w.home && s.w.o.Writable {
		open = s.c.Select
	}
	info, err := deferred.Wait(y, open(b.name, o))
	var refused *ResponseError
	if errors.As(err, &refused) {
		s.visit = nil
	}
	if err != nil {
		return err
	}
	if left := s.visit; left != nil && left.box != b && left.due() { // something has happened there right before
		s.enqueue(left.box)
	}
	if s.visit = v; b.gone { // meanwhile
		s.visit = nil
		return nil
	}
	if err := v.begin(y, info, o.QResync != nil); err != nil || s.over {
		return err
	}
	b.visited = true
	return nil
}

// tooMany is the error for more messages or mailboxes than there may be.
func tooMany(limit string, most int) error { return &LimitError{Limit: limit, Max: int64(most)} }
