package clientservice

import (
	"container/list"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/reactor"
)

// Service keeps a connection to an endpoint: it connects again whenever an attempt fails or the connection is lost, until Stop.
//
// Goroutine: reactor, or before Run, for every method. Source: twisted.application.internet.ClientService.
type Service struct {
	endpoint endpoints.ClientEndpoint
	factory  reactor.Factory
	options  Options

	state   State
	counts  Counts
	waiting list.List // of *waitingFor
	stops   []*deferred.Deferred[struct{}]

	ticket  *deferred.Deferred[*Permit] // Queued
	permit  *Permit                     // from Connecting on, nil without a governor
	attempt *attempt                    // Connecting, Preparing, and Stopping while it has yet to end
	conn    *watched                    // a connection that is being used, prepared or closed
	timer   *reactor.DelayedCall        // the deadline of the present state, or the time of the next attempt
}

// New makes a service for connections to ep whose protocols f builds. It does nothing until Start. A nil ep or f panics, and so does an ep
// of another reactor than Options.Reactor.
//
// A factory that is a reactor.Starter or Stopper hears of each connection, because another attempt is another use of it.
// Source: ClientService.__init__.
func New(ep endpoints.ClientEndpoint, f reactor.Factory, o Options) *Service {
	if ep == nil || f == nil {
		panic("clientservice: New with a nil endpoint or factory")
	}
	return &Service{endpoint: ep, factory: f, options: o.filled(ep)}
}

// State tells where the service stands.
func (s *Service) State() State { return s.state }

// Counts tells what the service has seen so far.
func (s *Service) Counts() Counts { return s.counts }

// Start begins to connect. While Stopping the new connection begins when the old one has ended. On a service that has been
// started it does nothing. Source: ClientService.startService.
func (s *Service) Start() {
	switch s.state {
	case Idle, Stopped:
		s.counts.InARow = 0
		s.begin()
	case Stopping:
		s.counts.InARow = 0
		s.setState(Restarting)
	}
}

// Stop ends the connection, or the attempt to make one, and makes no more. The Deferred fires when the connection has really ended; it does
// not fail. What was written before is sent first, within Options.CloseTimeout. Those who wait in WhenConnected get ErrStopped. It may be
// called any number of times, and Start may follow. Source: ClientService.stopService.
func (s *Service) Stop() *deferred.Deferred[struct{}] {
	d := deferred.New[struct{}]()
	s.stops = append(s.stops, d)
	defer failAll(s.takeWaiting(), ErrStopped)
	switch s.state {
	case Idle:
		s.setState(Stopped)
		s.closed()
	case Stopped:
		s.closed()
	case Queued:
		ticket := s.ticket
		s.ticket = nil
		s.setState(Stopped)
		ticket.Cancel()
		s.closed()
	case Waiting:
		s.cancelTimer()
		s.setState(Stopped)
		s.closed()
	case Connecting:
		s.setState(Stopping)
		s.stopConnecting(s.attempt)
	case Preparing:
		s.setState(Stopping)
		a := s.endAttempt()
		s.close(s.conn)
		a.abandon()
	case Connected:
		s.setState(Stopping)
		s.close(s.conn)
	case Closing, Restarting:
		s.setState(Stopping)
	}
	return d
}

// begin is the beginning of an attempt: it asks the governor, if there is one.
func (s *Service) begin() {
	if s.options.Governor == nil {
		s.connect(nil)
		return
	}
	s.setState(Queued)
	s.ticket = s.options.Governor.Acquire(s.options.Reactor, s.options.Host)
	s.ticket.Handle(
		func(p *Permit) {
			s.ticket = nil
			s.connect(p)
		},
		func(error) {}, // left the line, or the reactor has stopped: there is no further attempt
	)
}

// connect has the endpoint connect.
func (s *Service) connect(p *Permit) {
	s.setState(Connecting)
	s.permit = p
	s.counts.Attempts++
	a := &attempt{service: s}
	s.attempt = a
	s.plan(s.options.ConnectTimeout, func() {
		s.fail(timeout("Connect", s.options.ConnectTimeout))
	})
	a.start()
}

// stopConnecting cancels an attempt. If it does not end by that, it has the time of a close to do so.
func (s *Service) stopConnecting(a *attempt) {
	s.plan(s.options.CloseTimeout, func() { s.connectFailed(a, ErrStopped) })
	if a.connect != nil { // otherwise the endpoint is just being called; start cancels
		a.connect.Cancel()
	}
}

// connectFailed is the end of the endpoint's work without a connection to use.
func (s *Service) connectFailed(a *attempt, err error) {
	switch {
	case s.attempt != a:
	case s.state == Connecting:
		s.fail(err)
	default: // Stopping, Restarting
		s.endAttempt()
		if a.built.alive() {
			s.conn = a.built
			s.close(s.conn)
			return
		}
		s.gone()
	}
}

// made is the endpoint's success.
func (s *Service) made(a *attempt, w *watched) {
	s.conn = w
	if s.options.Prepare == nil {
		s.ready(w)
		return
	}
	s.setState(Preparing)
	s.plan(s.options.PrepareTimeout, func() {
		s.fail(timeout("Prepare", s.options.PrepareTimeout))
	})
	a.startPrepare(w)
}

// ready is the end of connecting: the connection can be used.
func (s *Service) ready(w *watched) {
	s.setState(Connected)
	s.cancelTimer()
	s.endAttempt()
	s.permit.Connected()
	w.up = true
	s.counts.Connected++
	s.counts.InARow = 0
	defer giveAll(s.takeWaiting(), w.user)
	if f := s.options.OnConnected; f != nil {
		f(w.user, s.counts)
	}
}

// fail is the end of an attempt that Stop did not end. Whatever there is of a connection has to go before the next one.
func (s *Service) fail(err error) {
	a := s.endAttempt()
	defer a.abandon()
	defer failAll(s.takeImpatient(), err)
	defer s.tell(s.options.OnFailure, err)
	if s.conn == nil && a.built.alive() {
		s.conn = a.built
	}
	s.counts.Failures++
	s.counts.InARow++
	if s.conn != nil {
		s.setState(Closing)
		s.close(s.conn)
	} else {
		s.retry()
	}
}

// lost is told by a protocol whose connection has ended.
func (s *Service) lost(w *watched) {
	if s.conn != w { // its attempt will see
		return
	}
	s.conn = nil
	switch s.state {
	case Preparing:
		s.fail(w.reason)
	case Connected:
		s.counts.InARow++
		s.counts.Lost++
		defer s.tell(s.options.OnLost, w.reason)
		s.retry()
	case Closing:
		s.retry()
	default: // Stopping, Restarting
		defer s.gone()
		if w.up {
			s.counts.Lost++
			s.tell(s.options.OnLost, w.reason)
		}
	}
}

// tell calls a function of the options. It is deferred where a policy could panic before it.
func (s *Service) tell(f func(error, Counts), err error) {
	if f != nil {
		f(err, s.counts)
	}
}

// retry waits for the next attempt. A policy that panics is replaced by the default one.
func (s *Service) retry() {
	s.setState(Waiting)
	s.release()
	d := Backoff{}.Delay(s.counts.InARow)
	defer func() { s.plan(max(d, 0), s.begin) }()
	d = s.options.RetryPolicy(s.counts.InARow)
}

// gone is the end of Stopping: nothing is left.
func (s *Service) gone() {
	s.cancelTimer()
	s.release()
	if s.state == Restarting {
		stops := s.takeStops()
		s.begin()
		answer(stops)
		return
	}
	s.setState(Stopped)
	s.closed()
}

// closed tells all who wait for the end.
func (s *Service) closed() {
	stops := s.takeStops()
	failAll(s.takeWaiting(), ErrStopped)
	answer(stops)
}

func (s *Service) takeStops() []*deferred.Deferred[struct{}] {
	stops := s.stops
	s.stops = nil
	return stops
}

func answer(stops []*deferred.Deferred[struct{}]) {
	for _, d := range stops {
		d.TryCallback(struct{}{})
	}
}

// close ends a connection, by force if it takes too long.
func (s *Service) close(w *watched) {
	s.plan(s.options.CloseTimeout, w.transport.AbortConnection)
	w.transport.LoseConnection()
}

// endAttempt gives the attempt, which has nothing to say any more.
func (s *Service) endAttempt() *attempt {
	a := s.attempt
	s.attempt = nil
	a.over = true
	return a
}

func (s *Service) release() {
	p := s.permit
	s.permit = nil
	p.Release()
}

// plan sets the only timer of the service. A negative time is never.
func (s *Service) plan(d time.Duration, f func()) {
	s.cancelTimer()
	if d < 0 {
		return
	}
	s.timer = s.options.Reactor.CallLater(d, func() {
		s.timer = nil
		f()
	})
}

func (s *Service) cancelTimer() {
	if s.timer != nil {
		_ = s.timer.Cancel()
		s.timer = nil
	}
}

func timeout(doing string, after time.Duration) error {
	return &TimeoutError{Doing: doing, Err: &deferred.TimeoutError{After: after}}
}
