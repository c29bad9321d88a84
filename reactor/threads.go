package reactor

import (
	"cmp"
	"container/list"
	"context"
	"errors"
	"sync"

	"github.com/tconn/tconn/deferred"
)

// DefaultThreads is how many functions of Go run at the same time.
const DefaultThreads = 10

// WithThreads sets how many functions of Go run at the same time; the others wait for their turn. Zero and less leave the
// default, DefaultThreads.
func WithThreads(n int) Option {
	return func(r *Reactor) {
		if n > 0 {
			r.threads.limit = n
		}
	}
}

var errGoexit = errors.New("reactor: the function given to Go ended its goroutine with runtime.Goexit")

// Go calls f in a goroutine of its own, where it may block, and gives its result on the reactor goroutine.
//
// At most WithThreads functions run at the same time; more of them wait, in order. Before Run all of them wait.
// Cancel ends the context of f, or takes back an f that waits, and the Deferred fails with ErrCancelled at once, whatever f
// answers later. At the shutdown those that wait fail with ErrStopped, and the context of those that run ends with the cause
// ErrStopped when the triggers before Shutdown are through; the reactor waits for them for at most the flush timeout, then their
// Deferreds fail with ErrStopped, too.
//
// Fails with: the error of f; *PanicError, which is logged as well; deferred.ErrCancelled; ErrStopped.
// A nil f panics. Goroutine: any; one that is not the reactor's had better Await the Deferred than add callbacks to it, which
// may run in either. Source: twisted.internet.threads.deferToThread.
func Go[T any](r *Reactor, f func(ctx context.Context) (T, error)) *deferred.Deferred[T] {
	if f == nil {
		panic("reactor: Go: nil function")
	}
	j := &job{}
	j.ctx, j.stop = context.WithCancelCause(context.Background())
	d := deferred.New(func(*deferred.Deferred[T]) { r.threads.cancel(j) }).BindTo(r)
	var v T
	var err error
	j.run = func() {
		returned := false
		defer func() {
			if !returned {
				err = errGoexit
			}
		}()
		panicked := r.protect("Go", func() { v, err = f(j.ctx) })
		returned = true
		err = cmp.Or(panicked, err)
	}
	j.tell = func() {
		if err != nil {
			d.TryErrback(err)
			return
		}
		d.TryCallback(v)
	}
	j.fail = func(err error) { d.TryErrback(err) }
	if !r.threads.submit(j) {
		j.stop(ErrStopped)
		d.TryErrback(ErrStopped)
	}
	return d
}

// job is a call of Go until its end has been told on the reactor goroutine.
type job struct {
	ctx   context.Context
	stop  context.CancelCauseFunc
	run   func()      // calls the function and keeps what it answers
	tell  func()      // gives that to the Deferred
	fail  func(error) // gives the Deferred an error
	place *list.Element
}

// threads runs the functions of Go. There is no idle goroutine: each ends with its function.
type threads struct {
	r       *Reactor
	limit   int
	mu      sync.Mutex // guards everything below
	asked   bool       // the reactor was asked to open
	opened  bool       // the loop turns, so there is somebody to tell
	closed  bool       // nothing is taken any more
	running int        // goroutines
	waiting list.List  // *job, not begun
	active  list.List  // *job, begun, end not told
}

func (q *threads) init(r *Reactor) { q.r, q.limit = r, DefaultThreads }

// submit takes j, or answers false because the reactor stops. The first one waits for a turn of the loop.
func (q *threads) submit(j *job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	j.place = q.waiting.PushBack(j)
	if !q.asked {
		q.asked = true
		return q.r.calls.push(q.open) == nil
	}
	q.begin()
	return true
}

func (q *threads) open() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.opened = true
	q.begin()
}

// begin starts what may run. q is locked.
func (q *threads) begin() {
	for q.opened && !q.closed && q.running < q.limit && q.waiting.Len() > 0 {
		j := q.waiting.Remove(q.waiting.Front()).(*job)
		j.place = q.active.PushBack(j)
		q.running++
		go func() {
			defer q.ended(j) // also when the function ends the goroutine
			j.run()
		}()
	}
}

// ended runs in the goroutine of j, as the last thing there.
func (q *threads) ended(j *job) {
	q.mu.Lock()
	q.running--
	q.begin()
	q.mu.Unlock()
	q.r.soon(func() { q.told(j) })
}

// told is the end of j on the reactor goroutine.
func (q *threads) told(j *job) {
	q.mu.Lock()
	q.active.Remove(j.place)
	q.mu.Unlock()
	j.stop(nil)
	j.tell()
}

// cancel ends the context of j, which does not begin if it has not yet.
func (q *threads) cancel(j *job) {
	q.mu.Lock()
	q.waiting.Remove(j.place)
	q.mu.Unlock()
	j.stop(deferred.ErrCancelled)
}

// idle tells whether every function that has begun has ended and told so.
func (q *threads) idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.active.Len() == 0
}

// close takes nothing any more, fails what waits and ends the contexts of what runs.
func (q *threads) close() {
	q.mu.Lock()
	q.closed = true
	waiting, active := drain(&q.waiting), jobs(&q.active)
	q.mu.Unlock()
	for _, j := range active {
		j.stop(ErrStopped)
	}
	for _, j := range waiting {
		j.stop(ErrStopped)
		j.fail(ErrStopped)
	}
}

// abandon fails what still runs and answers how many that are.
func (q *threads) abandon() int {
	q.mu.Lock()
	left := drain(&q.active)
	q.mu.Unlock()
	for _, j := range left {
		j.fail(ErrStopped)
	}
	return len(left)
}

func jobs(l *list.List) (all []*job) {
	for place := l.Front(); place != nil; place = place.Next() {
		all = append(all, place.Value.(*job))
	}
	return all
}

// drain empties l, so that the places of its jobs are in no list any more.
func drain(l *list.List) []*job {
	all := jobs(l)
	for _, j := range all {
		l.Remove(j.place)
	}
	return all
}
