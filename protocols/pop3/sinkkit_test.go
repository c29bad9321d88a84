package pop3_test

import (
	"errors"

	"github.com/tconn/tconn/deferred"
)

// noting is a sink that notes what it gets; name tells it from others.
type noting struct {
	u      *user
	name   string
	got    []byte
	writes int
	refuse error // what Write says
	less   int   // how many octets fewer it says it took
	panics string
	each   func()
}

func (n *noting) Write(p []byte) (int, error) {
	n.got = append(n.got, p...)
	n.writes++
	if n.each != nil {
		n.each()
	}
	if n.panics == "Write" {
		panic("oops")
	}
	return len(p) - n.less, n.refuse
}

func (n *noting) Done(err error) {
	if err != nil {
		n.u.note("%s done: %v", n.name, err)
	} else {
		n.u.note("%s done", n.name)
	}
	if n.panics == "Done" {
		panic("oops")
	}
}

// storing is one whose message is safe when the Deferred fires.
type storing struct {
	noting
	stored *deferred.Deferred[struct{}]
}

func (s *storing) Stored() *deferred.Deferred[struct{}] {
	s.u.note("%s stores", s.name)
	if s.panics == "Stored" {
		panic("oops")
	}
	return s.stored
}

func newStoring(u *user, name string) *storing {
	return &storing{noting: noting{u: u, name: name}, stored: deferred.New[struct{}]()}
}

var errFull = errors.New("the disk is full")

// quietly does f and passes over its panic, as a reactor does.
func quietly(f func()) {
	defer func() { _ = recover() }()
	f()
}

// drop waits for nothing, and takes the error.
func drop[T any](d *deferred.Deferred[T]) { d.Handle(nil, func(error) {}) }
