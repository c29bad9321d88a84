package session

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/reactor"
)

// Step is one step on the way to a client that is ready.
type Step struct {
	Name string
	// Do takes it, and answers nil if there is nothing to do. Goroutine: reactor.
	Do func() *deferred.Deferred[struct{}]
}

// Dialer goes through steps, one after the other.
type Dialer struct {
	Reactor *reactor.Reactor
	Steps   []Step
	// Abandon is called when a step has failed, or nobody waits any more. Goroutine: reactor.
	Abandon func()
	// Grace is how long the reactor may take to begin to run; StartGrace, but for tests.
	Grace time.Duration

	at atomic.Int32 // 1 is the first step
}

// StartGrace is how long a reactor may take to begin to run in another goroutine.
const StartGrace = 5 * time.Second

// Dial goes through the steps and waits for the last one. step is the name of the one that has failed, "" if it did not come to the first.
// Fails with: what a step failed with, deferred.ErrAwaitOnLoop, reactor.ErrStopped, the cause of ctx; what matches reactor.ErrNotRunning when
// the reactor does not run within Grace. Goroutine: any but that of a reactor.
func (d *Dialer) Dial(ctx context.Context) (step string, err error) {
	switch {
	case deferred.OnAnyLoop():
		return "", deferred.ErrAwaitOnLoop
	case ctx.Err() != nil:
		return "", over(ctx)
	}
	begin, begun := deferred.New[struct{}]().BindTo(d.Reactor), make(chan struct{})
	for i, s := range d.Steps {
		begin.AddCallback(func(none struct{}) (struct{}, error) {
			before := d.at.Swap(int32(i) + 1) // first: ctx may end as soon as something is under way
			next := s.Do()
			if next == nil {
				d.at.Store(before)
				return none, nil
			}
			return deferred.Chain(next)
		})
	}
	begin.AddErrback(func(err error) (struct{}, error) {
		d.Abandon()
		return struct{}{}, err
	})
	err = d.Reactor.CallFromThread(func() {
		close(begun)
		begin.TryCallback(struct{}{})
	})
	if err == nil {
		err = d.awaitStart(ctx, begun)
	}
	if err == nil {
		_, err = begin.Await(ctx)
	} else {
		begin.Cancel()
		begin.Handle(nil, func(error) {})
	}
	if err == nil {
		return "", nil
	}
	_ = d.Reactor.CallFromThread(d.Abandon)
	return d.step(), err
}

// step is the name of the latest that was taken.
func (d *Dialer) step() string {
	at := d.at.Load()
	if at == 0 {
		return ""
	}
	return d.Steps[at-1].Name
}

// awaitStart waits until begun is closed by the reactor, which has been told to run in another goroutine.
func (d *Dialer) awaitStart(ctx context.Context, begun <-chan struct{}) error {
	timer := time.NewTimer(d.Grace)
	defer timer.Stop()
	select {
	case <-begun:
		return nil
	case <-ctx.Done():
		if d.Reactor.Running() {
			return over(ctx)
		}
		return &notRunningError{over(ctx)}
	case <-timer.C:
		if d.Reactor.Running() {
			return nil // it is busy
		}
		return &notRunningError{reactor.ErrNotRunning}
	}
}

// over is the error of Await for a context that has ended.
func over(ctx context.Context) error {
	_, err := deferred.New[struct{}]().Await(ctx)
	return err
}

// notRunningError is a reactor that did not begin to run.
type notRunningError struct{ cause error }

func (e *notRunningError) Error() string {
	return "the reactor does not run; call its Run in another goroutine, or give DialOptions.Reactor one that does"
}

func (e *notRunningError) Is(target error) bool { return target == reactor.ErrNotRunning }
func (e *notRunningError) Unwrap() error        { return e.cause }

// ReactorOf is r if it is not nil, the reactor of the endpoint if it has one, or else the default one.
func ReactorOf(r *reactor.Reactor, ep endpoints.ClientEndpoint) *reactor.Reactor {
	if r != nil {
		return r
	}
	if has, ok := ep.(interface{ Reactor() *reactor.Reactor }); ok && has.Reactor() != nil {
		return has.Reactor()
	}
	return reactor.Default()
}

// NameOf is how an endpoint is called in errors.
func NameOf(ep endpoints.ClientEndpoint) string {
	if s, ok := ep.(fmt.Stringer); ok {
		return s.String()
	}
	return "endpoint"
}
