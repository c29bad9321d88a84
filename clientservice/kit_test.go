package clientservice_test

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/tconn/tconn/clientservice"
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// errRefused is why a test lets an attempt fail.
var errRefused = errors.New("refused")

// longEnough is longer than the default policy waits after any of the first failures.
const longEnough = 100 * time.Second

// user is a protocol as a program writes one. It shadows all that it can.
type user struct {
	reactor.BaseProtocol
	made     func(u *user)
	received string
	lost     []error
}

func (u *user) ConnectionMade() {
	if u.made != nil {
		u.made(u)
	}
}
func (u *user) DataReceived(data []byte)    { u.received += string(data) }
func (u *user) ConnectionLost(reason error) { u.lost = append(u.lost, reason) }

// call is one Connect of the fake endpoint.
type call struct {
	p         *place
	f         reactor.Factory
	d         *deferred.Deferred[reactor.Protocol]
	tr        *reactortest.Transport
	cancelled bool
}

// place is a fake endpoint: the test decides what becomes of each call.
type place struct {
	clock     *reactortest.Clock
	calls     []*call
	instantly bool                                      // connect within Connect
	deaf      bool                                      // Cancel makes an attempt wait for what the test does with it
	asked     func()                                    // called within Connect
	wrap      func(p reactor.Protocol) reactor.Protocol // between the transport and what the factory built
}

func (p *place) Connect(f reactor.Factory) *deferred.Deferred[reactor.Protocol] {
	if p.asked != nil {
		p.asked()
	}
	c := &call{p: p, f: f}
	c.d = deferred.New(func(*deferred.Deferred[reactor.Protocol]) { c.cancelled = true })
	if p.deaf {
		d := c.d
		c.d = deferred.New[reactor.Protocol]()
		d.AddErrback(func(error) (reactor.Protocol, error) { return deferred.Chain(c.d) })
		p.calls = append(p.calls, c)
		return d
	}
	p.calls = append(p.calls, c)
	if p.instantly {
		c.connect()
	}
	return c.d
}

// build makes the connection without telling the Deferred.
func (c *call) build() reactor.Protocol {
	p := c.f.BuildProtocol(&net.TCPAddr{})
	if p == nil {
		return nil
	}
	if c.p.wrap != nil {
		p = c.p.wrap(p)
	}
	c.tr = reactortest.NewTransport(c.p.clock)
	c.tr.Connect(p)
	return p
}

// connect lets the attempt succeed.
func (c *call) connect() {
	if p := c.build(); p != nil {
		c.d.TryCallback(p)
		return
	}
	c.d.TryErrback(reactor.ErrConnectionDone)
}

func (c *call) fail(err error) { c.d.Errback(err) }

// scene is a service, its endpoint and its clock.
type scene struct {
	t     *testing.T
	clock *reactortest.Clock
	place *place
	users []*user // built so far
	made  func(u *user)
	log   *observer.ObservedLogs
	*clientservice.Service
}

// newScene makes a service that is not started. Its policy is the default one, with the reactor of a clock by hand.
func newScene(t *testing.T, o clientservice.Options) *scene {
	t.Helper()
	core, log := observer.New(zap.ErrorLevel)
	s := &scene{t: t, clock: reactortest.NewClock(reactor.WithLogger(zap.New(core))), log: log}
	s.place = &place{clock: s.clock}
	o.Reactor = s.clock.Reactor()
	s.Service = clientservice.New(s.place, reactor.FactoryFunc(func(net.Addr) reactor.Protocol {
		u := &user{made: s.made}
		s.users = append(s.users, u)
		return u
	}), o)
	return s
}

// started is newScene and Start.
func started(t *testing.T, o clientservice.Options) *scene {
	t.Helper()
	s := newScene(t, o)
	s.Start()
	s.clock.Turn()
	return s
}

// up is started with a connection.
func up(t *testing.T, o clientservice.Options) *scene {
	t.Helper()
	s := started(t, o)
	s.call(0).connect()
	s.state(clientservice.Connected)
	return s
}

// call is the nth Connect, from 0, which must be the last one.
func (s *scene) call(n int) *call {
	s.t.Helper()
	s.calls(n + 1)
	return s.place.calls[n]
}

// calls wants n calls of Connect so far.
func (s *scene) calls(n int) {
	s.t.Helper()
	if got := len(s.place.calls); got != n {
		s.t.Fatalf("got %d attempts, want %d", got, n)
	}
}

func (s *scene) state(want clientservice.State) {
	s.t.Helper()
	if got := s.State(); got != want {
		s.t.Errorf("got state %v, want %v", got, want)
	}
}

// planned wants n planned calls.
func (s *scene) planned(n int) {
	s.t.Helper()
	if got := s.clock.Pending(); got != n {
		s.t.Errorf("got %d planned calls, want %d", got, n)
	}
}

// turn lets happen what is due.
func (s *scene) turn() { s.clock.Turn() }

func (s *scene) counts(want clientservice.Counts) {
	s.t.Helper()
	if got := s.Counts(); got != want {
		s.t.Errorf("got counts %+v, want %+v", got, want)
	}
}

// errorsLogged wants n panics in the log.
func (s *scene) errorsLogged(n int) {
	s.t.Helper()
	if got := s.log.Len(); got != n {
		s.t.Errorf("got %d log entries, want %d: %v", got, n, s.log.All())
	}
}

// open wants no result yet.
func open[T any](t *testing.T, what string, d *deferred.Deferred[T]) {
	t.Helper()
	if v, err, ok := d.Result(); ok {
		t.Errorf("%s: got the result %v and %v, want none yet", what, v, err)
	}
}

// done wants a value.
func done[T any](t *testing.T, what string, d *deferred.Deferred[T]) (v T) {
	t.Helper()
	v, err, ok := d.Result()
	if !ok || err != nil {
		t.Errorf("%s: got result %v, error %v, want a value", what, ok, err)
	}
	return v
}

// failed wants errors that match all of targets.
func failed[T any](t *testing.T, what string, d *deferred.Deferred[T], targets ...error) {
	t.Helper()
	_, err, ok := d.Result()
	if !ok || err == nil {
		t.Errorf("%s: got result %v, error %v, want the error %v", what, ok, err, targets)
	}
	matches(t, what, err, targets...)
}

func matches(t *testing.T, what string, err error, targets ...error) {
	t.Helper()
	for _, target := range targets {
		if !errors.Is(err, target) {
			t.Errorf("%s: got error %v, want one that matches %v", what, err, target)
		}
	}
}

// isUser wants a value that is this user.
func isUser(t *testing.T, what string, d *deferred.Deferred[reactor.Protocol], want *user) {
	t.Helper()
	if got := done(t, what, d); got != reactor.Protocol(want) {
		t.Errorf("%s: got protocol %p, want %p", what, got, want)
	}
}

// story keeps what happened, in order.
type story []string

func (s *story) add(format string, args ...any) { *s = append(*s, fmt.Sprintf(format, args...)) }

func (s *story) want(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(*s, want) {
		t.Errorf("got story\n  %q, want\n  %q", *s, want)
	}
}

// tell makes the hooks of o add to the story.
func (s *story) tell(o clientservice.Options) clientservice.Options {
	o.OnConnected = func(_ reactor.Protocol, n clientservice.Counts) { s.add("connected %d", n.Connected) }
	o.OnLost = func(reason error, n clientservice.Counts) { s.add("lost %d in a row %d: %v", n.Lost, n.InARow, reason) }
	o.OnFailure = func(err error, n clientservice.Counts) {
		s.add("failure %d in a row %d: %v", n.Failures, n.InARow, err)
	}
	return o
}
