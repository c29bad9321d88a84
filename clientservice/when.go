package clientservice

import (
	"container/list"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

// waitingFor is one WhenConnected that has no answer yet.
type waitingFor struct {
	d    *deferred.Deferred[reactor.Protocol]
	left int // failures until it fails; zero is never
}

// WhenConnected gives the protocol of the connection, as the factory has built it: at once if there is one, otherwise that of the next one
// that is ready for use. Before Start it waits for that.
//
// failAfter is how many attempts may fail from now on: 1 fails with the first failure, 0 never fails by failures. Negative panics.
//
// Fails with: the error of the attempt, after failAfter failures; ErrStopped when the service is stopped, or was. Each caller gets a
// Deferred of his own, and Cancel of it ends nothing but the wait. Goroutine: reactor, or before Run. Source: ClientService.whenConnected.
func (s *Service) WhenConnected(failAfter int) *deferred.Deferred[reactor.Protocol] {
	switch {
	case failAfter < 0:
		panic("clientservice: WhenConnected: negative number of failures")
	case s.state == Connected:
		return deferred.Succeed(s.conn.user)
	case s.state == Stopped:
		return deferred.Fail[reactor.Protocol](ErrStopped)
	}
	var place *list.Element
	d := deferred.New(func(*deferred.Deferred[reactor.Protocol]) { s.waiting.Remove(place) }).BindTo(s.options.Reactor)
	place = s.waiting.PushBack(&waitingFor{d: d, left: failAfter})
	return d
}

// takeWaiting takes all out who wait, in their order.
func (s *Service) takeWaiting() (ds []*deferred.Deferred[reactor.Protocol]) {
	for s.waiting.Len() > 0 {
		ds = append(ds, s.waiting.Remove(s.waiting.Front()).(*waitingFor).d)
	}
	return ds
}

// takeImpatient counts a failure and takes those out for whom it was the last.
func (s *Service) takeImpatient() (ds []*deferred.Deferred[reactor.Protocol]) {
	for e := s.waiting.Front(); e != nil; {
		w, next := e.Value.(*waitingFor), e.Next()
		if w.left > 0 {
			if w.left--; w.left == 0 {
				s.waiting.Remove(e)
				ds = append(ds, w.d)
			}
		}
		e = next
	}
	return ds
}

// failAll and giveAll fire Deferreds; one that was cancelled by the callback of another is passed over.
func failAll(ds []*deferred.Deferred[reactor.Protocol], err error) {
	for _, d := range ds {
		d.TryErrback(err)
	}
}

func giveAll(ds []*deferred.Deferred[reactor.Protocol], p reactor.Protocol) {
	for _, d := range ds {
		d.TryCallback(p)
	}
}
