package deferred_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tconn/tconn/deferred"
)

// The plain model: Deferreds as nodes in a slice, callbacks as data, recursion instead of a loop, no locks, no types.
// Random programs are run on it and on the package, and every call of a callback is compared.

// A base Deferred waits only for later base ones, the result of a Then for any base one: no circle of waiting comes up.
const base = 6

type answer struct {
	value int
	err   error
}

func (a answer) String() string {
	if a.err != nil {
		return a.err.Error()
	}
	return fmt.Sprint(a.value)
}

// action is what a callback does: it may touch a Deferred, then it answers.
type action struct {
	id    int
	touch *op // nil, or an operation done inside the callback
	kind  int
	value int
}

const (
	answerValue = iota
	answerError
	answerPanic
	answerChain
	answerSame // the result it got
	answerKinds
)

// inner gives the number of the Deferred that a callback on Deferred number on chains to, false when there is none.
func (a *action) inner(on int) (int, bool) {
	switch {
	case on >= base:
		return a.value % base, true
	case on == base-1:
		return 0, false
	}
	return on + 1 + a.value%(base-1-on), true
}

// op is an operation on a Deferred, whose number is on modulo the number of Deferreds there are.
type op struct {
	kind   int
	on     int
	value  int
	action *action
}

const (
	opOK = iota
	opErr
	opBoth
	opThen
	opFire
	opFail
	opPause
	opUnpause
	opCancel
	opKinds
)

// codeError is an error with a number, so that results can be compared.
type codeError int

func (e codeError) Error() string { return fmt.Sprintf("error %d", int(e)) }

type node struct {
	at                                    int
	called, cancelling, suppress, running bool

	pauses    int
	waiting   *node
	result    answer
	steps     []modelStep
	canceller func()
}

type arrival struct {
	answer
	arrived bool
}

type modelStep struct {
	kind   int // opOK, opErr, opBoth, or opThen for what hands the result on to the node to
	action *action
	to     *node
	input  *arrival // of the two steps of a Then: what its source had
	waits  bool     // to waits for this node
}

type model struct {
	nodes []*node
	log   []string
}

func (m *model) do(o *op) {
	n := m.nodes[o.on%len(m.nodes)]
	switch o.kind {
	case opOK, opErr, opBoth:
		n.steps = append(n.steps, modelStep{kind: o.kind, action: o.action})
		m.run(n)
	case opThen:
		in := new(arrival)
		out := &node{at: len(m.nodes), canceller: func() { m.cancel(n) }}
		out.steps = []modelStep{{kind: opOK, action: o.action, input: in}}
		m.nodes = append(m.nodes, out)
		n.steps = append(n.steps, modelStep{kind: opThen, to: out, input: in})
		m.run(n)
	case opFire:
		m.fire(n, answer{value: o.value})
	case opFail:
		m.fire(n, answer{err: codeError(o.value)})
	case opPause:
		n.pauses++
	case opUnpause:
		if n.pauses > 0 {
			n.pauses--
			m.run(n)
		}
	case opCancel:
		m.cancel(n)
	}
}

func (m *model) fire(n *node, a answer) {
	switch {
	case !n.called:
		n.called, n.result = true, a
		m.run(n)
	case n.suppress:
		n.suppress = false
	default:
		m.log = append(m.log, "refused")
	}
}

func (m *model) cancel(n *node) {
	switch {
	case n.called && n.waiting != nil:
		m.cancel(n.waiting)
	case n.called || n.cancelling:
	default:
		n.cancelling = true
		if n.canceller != nil {
			n.canceller()
		}
		n.cancelling = false
		if !n.called {
			n.suppress = n.canceller == nil
			n.called, n.result = true, answer{err: deferred.ErrCancelled}
			m.run(n)
		}
	}
}

func (m *model) run(n *node) {
	for n.called && !n.running && n.waiting == nil && n.pauses == 0 && len(n.steps) > 0 {
		s := n.steps[0]
		n.steps = n.steps[1:]
		switch {
		case s.waits:
			s.to.waiting, s.to.result, n.result = nil, n.result, answer{}
			m.run(s.to)
		case s.kind == opThen:
			result := n.result
			n.result = answer{}
			if !s.to.called {
				s.input.answer, s.input.arrived = result, true
				s.to.called, s.to.result = true, answer{err: result.err}
				m.run(s.to)
			}
		case s.kind == opOK && n.result.err != nil || s.kind == opErr && n.result.err == nil:
		case s.input != nil && !s.input.arrived:
		default:
			if s.input != nil {
				n.result = s.input.answer
			}
			m.call(n, s.action)
		}
	}
}

func (m *model) call(n *node, a *action) {
	m.log = append(m.log, fmt.Sprintf("callback %d gets %v", a.id, n.result))
	n.running = true
	if a.touch != nil {
		m.do(a.touch)
	}
	n.running = false
	inner, chains := a.inner(n.at)
	switch {
	case a.kind == answerError || a.kind == answerPanic:
		n.result = answer{err: codeError(a.value)}
	case a.kind == answerSame:
	case a.kind == answerChain && chains:
		n.result = answer{}
		n.waiting = m.nodes[inner]
		n.waiting.steps = append(n.waiting.steps, modelStep{to: n, waits: true})
		m.run(n.waiting)
	default:
		n.result = answer{value: a.value}
	}
}

// subject runs the same programs on the package.
type subject struct {
	ds  []*deferred.Deferred[int]
	log []string
}

func (s *subject) do(o *op) {
	at := o.on % len(s.ds)
	d := s.ds[at]
	switch o.kind {
	case opOK:
		d.AddCallback(func(v int) (int, error) { return s.call(at, o.action, v, nil) })
	case opErr:
		d.AddErrback(func(err error) (int, error) { return s.call(at, o.action, 0, err) })
	case opBoth:
		d.AddBoth(func(v int, err error) (int, error) { return s.call(at, o.action, v, err) })
	case opThen:
		out := len(s.ds)
		s.ds = append(s.ds, nil)
		d.Pause() // its callback may run only when it has its number
		s.ds[out] = deferred.Then(d, func(v int) (int, error) { return s.call(out, o.action, v, nil) })
		d.Unpause()
	case opFire:
		s.fired(d.TryCallback(o.value))
	case opFail:
		s.fired(d.TryErrback(codeError(o.value)))
	case opPause:
		d.Pause()
	case opUnpause:
		recovered(d.Unpause)
	case opCancel:
		d.Cancel()
	}
}

func (s *subject) fired(ok bool) {
	if !ok {
		s.log = append(s.log, "refused")
	}
}

func (s *subject) call(at int, a *action, v int, err error) (int, error) {
	s.log = append(s.log, fmt.Sprintf("callback %d gets %v", a.id, answer{v, flatten(err)}))
	if a.touch != nil {
		s.do(a.touch)
	}
	inner, chains := a.inner(at)
	switch {
	case a.kind == answerError:
		return 0, codeError(a.value)
	case a.kind == answerPanic:
		panic(codeError(a.value))
	case a.kind == answerSame:
		return v, err
	case a.kind == answerChain && chains:
		return deferred.Chain(s.ds[inner])
	}
	return a.value, nil
}

// flatten gives the cause of a panic, as the model does.
func flatten(err error) error {
	if p, ok := err.(*deferred.PanicError); ok {
		return errors.Unwrap(p)
	}
	return err
}

// program makes random operations, some with another one inside of their callback.
type program struct {
	rand *rand.Rand
	ids  int
}

func (p *program) op(depth int) *op {
	// Twice as many steps as anything else, and few pauses.
	kinds := []int{opOK, opOK, opOK, opErr, opErr, opBoth, opBoth, opThen, opFire, opFire, opFail, opPause, opUnpause, opUnpause, opCancel}
	o := &op{kind: kinds[p.rand.IntN(len(kinds))], on: p.rand.IntN(4 * base), value: p.rand.IntN(1000)}
	if o.kind <= opThen {
		p.ids++
		o.action = &action{id: p.ids, kind: p.rand.IntN(answerKinds), value: p.rand.IntN(1000)}
		if depth > 0 && p.rand.IntN(3) == 0 {
			o.action.touch = p.op(depth - 1)
		}
	}
	return o
}

// start gives a model and a subject with the same Deferreds: some without a canceller, some with one that fires or does not.
func (p *program) start() (*model, *subject) {
	m, s := &model{}, &subject{}
	for i := range base {
		n := &node{at: i}
		var cancellers []func(*deferred.Deferred[int])
		switch p.rand.IntN(3) {
		case 1:
			n.canceller = func() {}
			cancellers = append(cancellers, func(*deferred.Deferred[int]) {})
		case 2:
			n.canceller = func() { m.fire(n, answer{value: i}) }
			cancellers = append(cancellers, func(d *deferred.Deferred[int]) { d.Callback(i) })
		}
		m.nodes = append(m.nodes, n)
		s.ds = append(s.ds, deferred.New(cancellers...))
	}
	return m, s
}

// results gives the text of every result there is.
func (m *model) results() (list []string) {
	for _, n := range m.nodes {
		text := "none"
		if n.called && n.waiting == nil && n.pauses == 0 {
			text = n.result.String()
		}
		list = append(list, text)
	}
	return list
}

func (s *subject) results() (list []string) {
	for _, d := range s.ds {
		text := "none"
		if v, err, ok := d.Result(); ok {
			text = answer{v, flatten(err)}.String()
		}
		list = append(list, text)
	}
	return list
}

func TestAgainstPlainModel(t *testing.T) {
	calls, waits := 0, 0
	for seed := range uint64(3_000) {
		p := &program{rand: rand.New(rand.NewPCG(seed, 1))}
		m, s := p.start()
		for range 40 {
			o := p.op(2)
			m.do(o)
			s.do(o)
		}
		if !slices.Equal(s.log, m.log) {
			t.Fatalf("seed %d: got calls\n%q\nwant\n%q", seed, s.log, m.log)
		}
		if got, want := s.results(), m.results(); !slices.Equal(got, want) {
			t.Fatalf("seed %d: got results\n%q\nwant\n%q", seed, got, want)
		}
		calls += len(m.log)
		for _, n := range m.nodes {
			if n.waiting != nil {
				waits++
			}
		}
	}
	if calls < 30_000 || waits < 500 {
		t.Errorf("the programs did too little: %d calls, %d Deferreds that wait", calls, waits)
	}
}
