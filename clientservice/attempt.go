package clientservice

import (
	"net"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// attempt is one try to get a connection, and the factory that the endpoint sees.
type attempt struct {
	service *Service
	built   *watched // the last one
	connect *deferred.Deferred[reactor.Protocol]
	prepare *deferred.Deferred[struct{}]
	over    bool // what comes now comes too late
}

// counted is an attempt whose factory wants to hear of its first and last use.
type counted struct{ *attempt }

// factory is what the endpoint is given.
func (a *attempt) factory() reactor.Factory {
	_, starts := a.service.factory.(reactor.Starter)
	_, stops := a.service.factory.(reactor.Stopper)
	if starts || stops {
		return counted{a}
	}
	return a
}

// StartFactory is passed on.
func (c counted) StartFactory() {
	if f, ok := c.service.factory.(reactor.Starter); ok {
		f.StartFactory()
	}
}

// StopFactory is passed on.
func (c counted) StopFactory() error {
	if f, ok := c.service.factory.(reactor.Stopper); ok {
		return f.StopFactory()
	}
	return nil
}

// BuildProtocol wraps what the user's factory builds.
func (a *attempt) BuildProtocol(addr net.Addr) reactor.Protocol {
	if a.over {
		return nil
	}
	p := a.service.factory.BuildProtocol(addr)
	if p == nil {
		return nil
	}
	a.built = &watched{service: a.service, user: p}
	return a.built
}

// start has the endpoint connect.
func (a *attempt) start() {
	s := a.service
	a.connect = deferred.Execute(func() (reactor.Protocol, error) {
		return deferred.Chain(s.endpoint.Connect(a.factory()))
	})
	if s.attempt != a || s.state != Connecting { // stopped from within
		a.connect.Cancel()
	}
	a.connect.Handle(
		func(p reactor.Protocol) {
			w, _ := reactor.As[*watched](p)
			a.connected(w)
		},
		func(err error) { s.connectFailed(a, err) },
	)
}

// connected is the endpoint's success.
func (a *attempt) connected(w *watched) {
	s := a.service
	switch {
	case w == nil:
		s.connectFailed(a, ErrUnknownProtocol)
	case w.reason != nil:
		s.connectFailed(a, w.reason)
	case a.over:
		if w.alive() {
			w.transport.AbortConnection()
		}
	case s.state != Connecting: // Stop could not keep it from connecting
		a.built = w
		s.connectFailed(a, ErrStopped)
	default:
		s.made(a, w)
	}
}

// startPrepare calls the user's Prepare.
func (a *attempt) startPrepare(w *watched) {
	s := a.service
	a.prepare = deferred.Execute(func() (struct{}, error) {
		d := s.options.Prepare(w.user)
		if d == nil {
			return struct{}{}, nil
		}
		return deferred.Chain(d)
	})
	if a.over { // ended from within
		a.prepare.Cancel()
	}
	a.prepare.Handle(
		func(struct{}) {
			if !a.over {
				s.ready(w)
			}
		},
		func(err error) {
			if !a.over {
				s.fail(err)
			}
		},
	)
}

// abandon ends what is under way; its result is not wanted any more.
func (a *attempt) abandon() {
	a.over = true
	if a.prepare != nil {
		a.prepare.Cancel()
	} else if a.connect != nil {
		a.connect.Cancel()
	}
}
