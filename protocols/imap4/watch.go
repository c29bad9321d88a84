package imap4

import (
	"errors"
	"maps"
	"net"
	"slices"
	"time"

	"github.com/tconn/tconn/clientservice"
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/reactor"
)

// Watch keeps a mailbox, or all of a user's, under watch: it connects, tells what has happened since, tells at once what happens
// then, and does so again whenever the connection is lost, until Stop.
//
// Where the server has QRESYNC (RFC 7162) it asks only for what has changed since; with CONDSTORE for the UIDs of all messages and for the
// flags that have changed; without either for the UIDs and flags of all. Between the changes it is in IDLE, or polls: see Client.Idle.
//
// It holds the UIDs of the messages as ranges, and without QRESYNC 4 bytes for each message more; without CONDSTORE their flags, too,
// about 30 bytes each.
//
// Goroutine: reactor, or before Run, for every method.
type Watch struct {
	o       WatchOptions
	service *clientservice.Service
	home    *watchedBox
	boxes   map[string]*watchedBox // by mailboxKey
	session *watchSession          // of the connection there is, also of one that is being made ready

	trials     int           // connections and attempts in a row since all was told
	retryAfter time.Duration // what the server has asked for
}

// WatchOptions are the settings of a Watch. The zero value watches INBOX of a server that needs no login, and tells nobody.
type WatchOptions struct {
	// Mailbox is the one to watch; with All the one that is watched closest, where everything is told at once. "" is INBOX.
	Mailbox string
	// All watches all mailboxes that the user sees. Where the server has NOTIFY (RFC 5465) it says where something happens; otherwise they
	// are listed with their STATUS each Options.PollInterval of the client, and so they are with NOTIFY if some belong to another user or to
	// all, of which it does not tell. A mailbox in which something has happened is opened, its changes are told, and Mailbox is opened again. Without CONDSTORE a change of flags elsewhere is noticed only if it changes
	// the number of unseen messages, or else after the next reconnect.
	All bool
	// Only says, with All, which mailboxes to watch besides Mailbox; nil is each that can be opened. Of one that it has
	// refused it is asked again with the next list. One of Resume that it refuses is forgotten, and nothing is told of it.
	Only func(e *ListEntry) bool
	// Writable opens Mailbox with SELECT, so that the handler can change its messages. False is EXAMINE, which changes nothing, not even
	// \Recent.
	Writable bool

	// Login logs in on a new connection, by whatever it takes: StartTLS, Login, Authenticate. Nil does nothing, for a server that says
	// PREAUTH. After a login that the server refused with ErrAuthenticationFailed the next one waits RefusedDelay at least.
	Login func(c *Client) *deferred.Deferred[struct{}]
	// Client are the options of the clients, nil for the defaults.
	Client *Options
	// Service are the options of the service that connects: retry policy, governor, timeouts. Its Prepare comes before Login.
	// The policy gets the number of connections and attempts since all was told, and its answer is the least: a server
	// may ask for a longer wait (ResponseError.RetryAfter).
	Service clientservice.Options

	// Fetch says what to ask of new messages besides UID and flags. ChangedSince, Vanished, Partial and Borrow have no effect. Take sections
	// with Peek, or they mark messages \Seen.
	Fetch FetchOptions
	// SkipExisting tells of messages that are there at first only what happens to them, not that they are there; also after Reset.
	SkipExisting bool
	// Resume is the State of an earlier Watch on the same mailboxes, to go on from there. Nil begins anew.
	Resume *WatchState
	// MaxMessages is how many messages a mailbox may have. Zero is 10,000,000. Above, the connection is closed with a *LimitError.
	MaxMessages int
	// MaxMailboxes is how many mailboxes there may be. Zero is 100,000. Above, the connection is closed with a *LimitError.
	MaxMailboxes int

	// Handler hears what happens; nil is nobody.
	Handler WatchHandler
	// Listener hears all that the server says unasked, before the Watch acts on it; nil is nobody.
	Listener Listener
}

// RefusedDelay is how long a Watch waits at least after a login that was refused: many servers lock out who tries again and again.
const RefusedDelay = 5 * time.Minute

const (
	defaultMaxMessages  = 10_000_000
	defaultMaxMailboxes = 100_000
)

// NewWatch makes a Watch that connects to ep. It does nothing until Start.
//
// A nil ep panics, and so do an ep of another reactor than Options.Reactor of the service and a Resume whose sets of UIDs are none.
func NewWatch(ep endpoints.ClientEndpoint, o WatchOptions) *Watch {
	if o.Handler == nil {
		o.Handler = BaseWatchHandler{}
	}
	if o.Listener == nil {
		o.Listener = BaseListener{}
	}
	if o.Mailbox == "" {
		o.Mailbox = inbox
	}
	o.MaxMessages = orDefault(max(o.MaxMessages, 0), defaultMaxMessages)
	o.MaxMailboxes = orDefault(max(o.MaxMailboxes, 0), defaultMaxMailboxes)
	o.Fetch.Items |= ItemUID | ItemFlags
	o.Fetch.ChangedSince, o.Fetch.Vanished, o.Fetch.Partial, o.Fetch.Borrow = 0, nil, PartialRange{}, false
	w := &Watch{o: o, boxes: make(map[string]*watchedBox)}
	w.resume(o.Resume)
	w.service = clientservice.New(ep, reactor.FactoryFunc(w.build), w.serviceOptions())
	return w
}

// resume takes up a state; mailboxes that are not to be watched are left out.
func (w *Watch) resume(state *WatchState) {
	if state != nil {
		for name, s := range state.Mailboxes {
			if err := s.fault(); err != nil {
				panic(err.Error())
			}
			if w.o.All || sameMailbox(name, w.o.Mailbox) {
				w.boxes[mailboxKey(name)] = s.box(name)
			}
		}
	}
	if w.home = w.boxes[mailboxKey(w.o.Mailbox)]; w.home == nil {
		w.home = &watchedBox{name: w.o.Mailbox, next: 1}
		w.boxes[mailboxKey(w.o.Mailbox)] = w.home
	}
}

// Start begins to connect. On a Watch that was started and not stopped it does nothing.
func (w *Watch) Start() {
	w.trials = 0
	w.service.Start()
}

// Stop ends the connection and makes no more; the handler hears nothing any more. Start may follow, and goes on from there.
//
// Fires when the connection has really ended. It does not fail.
func (w *Watch) Stop() *deferred.Deferred[struct{}] {
	if s := w.session; s != nil {
		w.session = nil
		s.end()
	}
	return w.service.Stop()
}

// State is what was told up to now. It may be asked for at any time, also within the handler's methods: what they are told counts as told.
func (w *Watch) State() WatchState {
	state := WatchState{Mailboxes: make(map[string]MailboxState, len(w.boxes))}
	for key, b := range w.boxes {
		if b.opened || b.listed {
			state.Mailboxes[key] = b.state()
		}
	}
	return state
}

// Counts tells how often it has connected and failed.
func (w *Watch) Counts() clientservice.Counts { return w.service.Counts() }

// watchClient is the client of one connection of a Watch.
type watchClient struct {
	Client
	session *watchSession
}

func (w *Watch) build(net.Addr) reactor.Protocol {
	c := &watchClient{}
	c.session = &watchSession{w: w, c: &c.Client}
	c.Options = w.o.Client
	c.Listener = &watchListener{Listener: w.o.Listener, s: c.session}
	return c
}

// serviceOptions are those of the program with what the Watch has to do.
func (w *Watch) serviceOptions() clientservice.Options {
	user := w.o.Service
	o := user
	policy := user.RetryPolicy
	if policy == nil {
		policy = clientservice.Backoff{}.Delay
	}
	o.RetryPolicy = func(int) time.Duration {
		w.trials++
		after := w.retryAfter
		w.retryAfter = 0
		return max(policy(w.trials), after)
	}
	o.Prepare = func(p reactor.Protocol) *deferred.Deferred[struct{}] {
		s := p.(*watchClient).session
		w.session = s
		return deferred.Inline(func(y *deferred.Yield) (struct{}, error) { return struct{}{}, s.login(y, p, user.Prepare) })
	}
	o.OnConnected = func(p reactor.Protocol, n clientservice.Counts) {
		if user.OnConnected != nil {
			user.OnConnected(p, n)
		}
		p.(*watchClient).session.start()
	}
	o.OnLost = func(reason error, n clientservice.Counts) {
		w.down(reason)
		if user.OnLost != nil {
			user.OnLost(reason, n)
		}
	}
	o.OnFailure = func(err error, n clientservice.Counts) {
		w.down(err)
		if user.OnFailure != nil {
			user.OnFailure(err, n)
		}
	}
	return o
}

// down: there is no connection any more.
func (w *Watch) down(reason error) {
	switch w.service.State() {
	case clientservice.Stopping, clientservice.Restarting, clientservice.Stopped:
		return
	}
	if s := w.session; s != nil {
		w.session = nil
		s.end()
		reason = s.reason(reason)
	}
	w.o.Handler.Down(reason)
}

// heed takes up how long the server wants to be left alone after err.
func (w *Watch) heed(err error) {
	var refused *ResponseError
	if errors.As(err, &refused) {
		w.retryAfter = max(w.retryAfter, refused.RetryAfter)
	}
	var bye *ByeError
	if errors.As(err, &bye) {
		w.retryAfter = max(w.retryAfter, retryAfter(bye.Code+" "+bye.Text))
	}
	if errors.Is(err, ErrAuthenticationFailed) {
		w.retryAfter = max(w.retryAfter, RefusedDelay)
	}
}

// sorted are all mailboxes in the order of their names.
func (w *Watch) sorted() []*watchedBox {
	var boxes []*watchedBox
	for _, key := range slices.Sorted(maps.Keys(w.boxes)) {
		boxes = append(boxes, w.boxes[key])
	}
	return boxes
}
