package deferred

// link joins the source of a Then with its result. It is a step of both: departure on the source, arrival on the result.
type link[T, U any] struct {
	in      T
	arrived bool // in is set; otherwise the result was fired or cancelled by somebody else
	f       func(T) (U, error)
	from    *Deferred[T]
	drop    func(T) // gets a value that comes when the result was fired or cancelled; nil when that is of no interest
	out     *Deferred[U]
}

type departure[T, U any] link[T, U]

type arrival[T, U any] link[T, U]

// Then adds a step that changes the type: f gets the value of d and its answer is the result of the Deferred given back.
//
// The result of d moves: an error of d goes to the new Deferred, d is left with the empty value. f may answer a value, an
// error or Chain of a Deferred[U]. Cancel of the new Deferred cancels d, or the Deferred that f answered. What d brings after
// that is dropped. One who fires the new Deferred himself gives it his value, without f. The binding of d (BindTo) is handed on.
// A nil d or f is a panic.
func Then[T, U any](d *Deferred[T], f func(T) (U, error)) *Deferred[U] {
	if d == nil || f == nil {
		panic("deferred: Then with a nil Deferred or function")
	}
	return then(d, f, nil)
}

// then is Then; drop, if it is not nil, gets a value of d that comes too late for the Deferred given back.
func then[T, U any](d *Deferred[T], f func(T) (U, error), drop func(T)) *Deferred[U] {
	l := &link[T, U]{from: d, f: f, drop: drop, out: New[U]()}
	if e := d.loop(); e != nil {
		l.out.BindTo(e)
	}
	l.out.steps.push((*arrival[T, U])(l))
	d.add((*departure[T, U])(l))
	return l.out
}

// apply moves the result of d over and lets the new Deferred run.
func (p *departure[T, U]) apply(d *Deferred[T]) (next turner, again bool) {
	v, err, from := d.take()
	again = !d.steps.empty()
	d.mu.Unlock()
	out := p.out
	out.mu.Lock()
	if out.phase != fired {
		p.in, p.arrived = v, true
		p.from = nil
		out.begin(out.val, err)
		out.follow(from)
		return out, again
	}
	out.mu.Unlock()
	if err == nil && p.drop != nil {
		p.drop(v)
	}
	d.mu.Lock()
	return nil, false
}

func (a *arrival[T, U]) apply(out *Deferred[U]) (turner, bool) {
	if out.err != nil {
		return out.passOver(a.f)
	}
	if !a.arrived {
		return nil, false
	}
	return out.invoke(a)
}

func (a *arrival[T, U]) feeders(w *cancelWork)    { *w = append(*w, a.from) }
func (a *arrival[T, U]) call(U, error) (U, error) { return a.f(a.in) }
func (a *arrival[T, U]) entry() uintptr           { return entryOf(a.f) }
