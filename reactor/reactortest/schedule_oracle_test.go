package reactortest_test

import (
	"errors"
	"syscall"

	"github.com/tconn/tconn/reactor"
)

// outcomes are what must come up among the schedules, for them to be worth something.
var outcomes = []struct {
	text string
	is   func(error) bool
}{
	{"a clean end", func(err error) bool { return err == reactor.ErrConnectionDone }},
	{"a reset", func(err error) bool { return errors.Is(err, syscall.ECONNRESET) }},
	{"a broken pipe", func(err error) bool { return errors.Is(err, syscall.EPIPE) }},
	{"an abort", func(err error) bool { return errors.Is(err, reactor.ErrConnectionAborted) }},
	{"a full buffer", func(err error) bool { return errors.Is(err, reactor.ErrBufferFull) }},
	{"a panic", func(err error) bool { return errors.As(err, new(*reactor.PanicError)) }},
	{"a stop", func(err error) bool { return err == reactor.ErrConnectionLost }},
	{"a stalled close", func(err error) bool {
		return errors.Is(err, reactor.ErrConnectionLost) && errors.Is(err, reactor.ErrTimeout)
	}},
	{"a refusal", func(err error) bool { return errors.Is(err, reactor.ErrConnectionRefused) }},
	{"an unknown name", func(err error) bool { return errors.Is(err, reactor.ErrDNSLookup) }},
	{"no route", func(err error) bool { return errors.Is(err, reactor.ErrNoRoute) }},
	{"no answer", func(err error) bool {
		return errors.Is(err, reactor.ErrConnect) && errors.Is(err, reactor.ErrTimeout)
	}},
	{"given up", func(err error) bool {
		return errors.Is(err, reactor.ErrUserAbort) && !errors.Is(err, reactor.ErrTimeout)
	}},
	{"no descriptor", func(err error) bool { return errors.Is(err, syscall.EMFILE) }},
	{"a session under TLS", func(err error) bool { return err == errSecured }},
	{"a failure of TLS", func(err error) bool { return errors.Is(err, reactor.ErrTLS) }},
}

// tally counts what came up.
func (w *world) tally(seen map[string]int) {
	for _, reason := range w.reasons {
		for _, o := range outcomes {
			if o.is(reason) {
				seen[o.text]++
			}
		}
	}
}

var errSecured = errors.New("a session under TLS")

// judge is the oracle: what must hold however the schedule went.
func (w *world) judge() {
	for _, p := range w.peers {
		w.judgePeer(p)
	}
	for _, d := range w.attempts {
		if d.failed+d.lost != d.started {
			w.errorf("%s: got %d failures and %d losses, want %d together", d.name, d.failed, d.lost, d.started)
		}
	}
	for _, f := range w.follows {
		if f.fired != 1 {
			w.errorf("%s: fired %d times, want once", f.name, f.fired)
		}
	}
	for _, r := range w.sims {
		if got := r.Descriptors(); got != 0 {
			w.errorf("descriptors after the stop: got %d, want 0", got)
		}
	}
	if w.net != nil {
		if got := len(w.net.Conns()); got != 0 {
			w.errorf("connections after the stop: got %d, want 0", got)
		}
	}
}

func (w *world) judgePeer(p *peer) {
	if p.t == nil {
		w.errorf("%s: was built and got no transport", p.name)
		return
	}
	if p.made != 1 || p.lost != 1 {
		w.errorf("%v: got %d ConnectionMade and %d ConnectionLost, want 1 and 1", p, p.made, p.lost)
	}
	if p.source != nil {
		w.errorf("%v: the source was not stopped", p)
	}
	q := w.other(p)
	if q == nil {
		return
	}
	if p.got > q.sent {
		w.errorf("%v: got more than %v", p, q)
	}
	sawEnd := p.readLost || p.reason == reactor.ErrConnectionDone && !p.closed
	if sawEnd && p.got != q.sent && !w.touched[w.clientAddr(p)] {
		w.errorf("%v: saw a clean end, but not all of %v", p, q)
	}
	calm := !w.touched[w.clientAddr(p)] && !w.stops && !p.abrupt && !q.abrupt && !p.everPause && !q.everPause && !w.tls()
	if calm && !p.closed && p.got != q.sent {
		w.errorf("%v: got less than %v, who closed in good order", p, q)
	}
	all := p.got == q.sent && q.got == p.sent // who writes to a peer that has closed is answered with a reset
	if calm && all && p.reason != reactor.ErrConnectionDone {
		w.errorf("%v: nobody did harm to the connection to %v, want %v", p, q, reactor.ErrConnectionDone)
	}
}

func (w *world) clientAddr(p *peer) string {
	if p.server {
		return p.t.RemoteAddr().String()
	}
	return p.t.LocalAddr().String()
}

// other finds the peer at the other side, unless the addresses were used twice.
func (w *world) other(p *peer) (found *peer) {
	for _, q := range w.peers {
		if q.t == nil || q.key != p.key || q == p {
			continue
		}
		if q.server == p.server || found != nil {
			return nil
		}
		found = q
	}
	return found
}
