package imap4

import (
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
	"github.com/tconn/tconn/reactor"
)

// Idling is a client that is in IDLE whenever it has nothing else to do: see Client.Idle.
type Idling struct {
	c     *Client
	more  *idleMore // what one that is in IDLE does not need
	tag   uint32
	due   uint32 // when it is renewed: see renewals
	place int32  // in the list of those that are, from 1 on
	phase idlePhase
	leave bool // DONE as soon as the server has said "+"
	polls bool // the server has no IDLE
}

// idleMore is what an Idling has outside IDLE.
type idleMore struct {
	timer   *reactor.DelayedCall // enters IDLE, or polls
	next    *Idling              // takes its place when it was stopped and the server has answered
	stopped bool                 // Stop was called, or the connection has ended
	over    bool                 // and the server has answered
	waiters []*deferred.Deferred[struct{}]
	err     error
}

// idlePhase is where one IDLE command stands.
type idlePhase uint8

const (
	idleOut  idlePhase = iota // none is under way
	idleSent                  // IDLE was sent
	idleOn                    // the server has said "+"
	idleDone                  // DONE was sent
)

const (
	// idleRenewal is how long an IDLE may last at most: servers may log out who has been silent for 30 minutes (RFC 2177). Up to a seventh
	// less is taken at random, so that clients which began together do not renew together.
	idleRenewal = 28 * time.Minute
	// idleReturn is how long the client waits after a command for the next one before it goes back into IDLE.
	idleReturn = 50 * time.Millisecond
	// pollInterval is how often a server without IDLE is asked for news.
	pollInterval = 2 * time.Minute
)

// Idle keeps the client in IDLE whenever no command is out or waits, so that the Listener hears at once what happens to the selected mailbox.
//
// Commands may be issued at any time: the client leaves IDLE, sends them and goes back. An IDLE is renewed before the server's 30
// minutes are over (Options.IdleRenewal); each "* OK Still here" shows that the server holds on and puts that off. A server without
// IDLE, or one that refuses it, is asked with NOOP every two minutes (Options.PollInterval). A second call answers the same Idling, unless
// that was stopped.
//
// Command: IDLE (RFC 2177, RFC 9051 section 6.3.13). Legal in: authenticated, selected; before, it begins then.
func (c *Client) Idle() *Idling {
	if c.idle == nil {
		c.idle = &Idling{c: c}
		if err := c.ended(); err != nil {
			i := c.idle
			i.end(err)
			return i
		}
		c.idle.consider()
	}
	if !c.idle.isStopped() {
		return c.idle
	}
	m := c.idle.more
	if m.next == nil || m.next.isStopped() {
		m.next = &Idling{c: c}
	}
	return m.next
}

// Stop ends the idling; the next Idle begins a new one.
//
// Fires when the server has answered. Fails with: *CommandError if the connection ends first.
func (i *Idling) Stop() *deferred.Deferred[struct{}] {
	m := i.unusual()
	if !m.stopped {
		m.stopped = true
		if i.phase == idleOut {
			i.finish(nil)
		} else {
			i.interrupt()
		}
	}
	switch {
	case m.over && m.err != nil:
		return deferred.Fail[struct{}](m.err)
	case m.over:
		return deferred.Succeed(struct{}{})
	}
	d := deferred.New[struct{}]()
	d.BindTo(i.c.transport.Reactor())
	m.waiters = append(m.waiters, d)
	return d
}

func (i *Idling) unusual() *idleMore {
	if i.more == nil {
		i.more = new(idleMore)
	}
	return i.more
}

func (i *Idling) isStopped() bool { return i != nil && i.more != nil && i.more.stopped }

// Active tells whether the server is in IDLE now, and so tells at once what happens.
func (i *Idling) Active() bool { return i.phase == idleOn }

// finish is the end of the idling.
func (i *Idling) finish(err error) {
	i.cancelTimer()
	i.phase = idleOut
	m := i.unusual()
	if i.c.idle == i {
		if i.c.idle = m.next; m.next.isStopped() {
			i.c.idle = nil
		}
	}
	waiters := m.waiters
	m.next, m.stopped, m.over, m.err, m.waiters = nil, true, true, err, nil
	for _, d := range waiters {
		if err != nil {
			d.TryErrback(err)
		} else {
			d.TryCallback(struct{}{})
		}
	}
}

// busy tells whether an IDLE is under way, so that nothing else can be sent.
func (i *Idling) busy() bool { return i != nil && i.phase != idleOut }

// consider enters IDLE if there is nothing else to do. A client that comes from a command waits a moment: another one may follow.
func (i *Idling) consider() {
	if i == nil || i.phase != idleOut || i.more != nil && (i.more.stopped || i.more.timer != nil) {
		return
	}
	c := i.c
	if c.out.first != nil || c.waiting.first != nil || !c.canSend() || !inAuthenticated.allow(c.state) {
		return
	}
	delay := idleReturn
	switch {
	case i.polls:
		delay = c.options().pollInterval()
	case i.tag == 0:
		delay = 0
	}
	i.unusual().timer = c.transport.Reactor().CallLater(delay, i.enter)
}

// cancelTimer forgets what was planned.
func (i *Idling) cancelTimer() {
	if i.more != nil && i.more.timer != nil {
		_ = i.more.timer.Cancel()
		i.more.timer = nil
	}
	i.cancelRenewal()
}

// enter sends IDLE, or what takes its place.
func (i *Idling) enter() {
	c := i.c
	if i.more != nil {
		i.more.timer = nil
	}
	switch {
	case c.out.first != nil || c.waiting.first != nil || !c.canSend() || !inAuthenticated.allow(c.state):
		return // the end of those commands, or the login, leads here again
	case !c.capsKnown, !i.polls && !c.capsFull && !c.caps.Has("IDLE"):
		c.askCapabilities()
		c.sendNext()
		return
	case !c.caps.Has("IDLE"):
		i.polls = true
	}
	if i.polls {
		c.Noop().Handle(nil, func(error) {})
		return
	}
	i.tag, i.phase, i.leave = c.newTag(), idleSent, false
	c.startWait("IDLE", c.options().commandTimeout(), false)
	i.write(tagText(i.tag) + " IDLE\r\n")
}

func (i *Idling) write(line string) {
	if t := i.c.options().Trace; t != nil {
		t.Client([]byte(line))
	}
	i.c.write([]byte(line))
}

// interrupt ends the IDLE that is under way. After BYE it ends with the connection.
func (i *Idling) interrupt() {
	if i.c.saidBye() != nil {
		i.cancelRenewal()
		return
	}
	switch i.phase {
	case idleSent: // DONE before "+" would be taken for the command's second half by no server
		i.leave = true
	case idleOn:
		i.phase = idleDone
		i.cancelTimer()
		i.c.startWait("DONE", i.c.options().commandTimeout(), true)
		i.write("DONE\r\n")
	}
}

// onContinuation takes the server's "+"; false if it is for somebody else.
func (i *Idling) onContinuation() bool {
	if i == nil || i.phase != idleSent {
		return false
	}
	i.phase = idleOn
	i.c.stopWait()
	if i.leave || i.isStopped() || i.c.waiting.first != nil {
		i.interrupt()
		return true
	}
	i.renewLater()
	i.more = nil
	i.c.rest()
	return true
}

// onStatus hears the server say that it holds the connection: "* OK Still here".
func (i *Idling) onStatus(r *wire.Response) {
	if i != nil && r.Name == "OK" && r.Code == "" && i.phase == idleOn {
		i.cancelRenewal()
		i.renewLater()
	}
}

// onTagged takes the end of an IDLE.
func (i *Idling) onTagged(tag uint32, r *wire.Response) {
	if i == nil || i.phase == idleOut || i.tag != tag {
		return
	}
	c := i.c
	renewed, began := i.phase == idleDone && !i.leave, i.phase != idleSent
	i.phase = idleDone // the Listener may issue commands, or stop it: the server needs no DONE any more
	c.onStatus(r)
	i.phase = idleOut
	i.cancelTimer()
	c.stopWait()
	switch {
	case c.saidBye() != nil:
		i.finish(&CommandError{Command: "IDLE", Sent: true, Err: c.saidBye()})
		c.leave()
		return
	case i.isStopped():
		i.finish(nil)
	case r.Name != "OK" || !began: // an OK in place of "+" is no IDLE, and would be the same the next time
		i.polls = true
	case renewed && c.waiting.first == nil:
		i.enter()
		return
	}
	c.sendNext()
}

// end is the end of the connection.
func (i *Idling) end(err error) {
	if i == nil || i.c.idle != i {
		return
	}
	i.finish(&CommandError{Command: "IDLE", Sent: i.phase != idleOut, Err: err})
	i.c.idle.end(err)
}
