package imap4

import (
	"time"

	"github.com/tconn/tconn/reactor"
)

// wait is the one wait on the server that is on: for the greeting, for an answer, for the end after BYE. When it is over the
// connection is closed.
//
// Bytes that come do not put the end off, unless they have come at Options.MinRate or faster, on the average since the limit was looked at
// last: the answer to a large FETCH takes its time, and who trickles, or falls silent in the midst of it, gains no more than the limit once
// more.
type wait struct {
	c     *Client
	call  *reactor.DelayedCall
	what  string
	limit time.Duration
	from  time.Time
	held  time.Time // since when this side does not read, if it does not
	bytes int64     // moved since, if they count
	moves bool      // bytes count
	fresh bool      // it begins behind the read that is being taken: see begin
	spare bool      // it is over: kept for the next one, which may follow at once
	due   bool      // its time was up while this side had nothing to send yet
}

// byeWait is what is waited for after BYE, whatever is answered until then.
const byeWait = "end of the connection after BYE"

// startWait begins to wait for what, in place of any wait that was on. A negative limit waits for ever.
func (c *Client) startWait(what string, limit time.Duration, moves bool) {
	if c.saidBye() != nil && what != byeWait {
		return
	}
	if limit < 0 {
		c.stopWait()
		return
	}
	w := c.wait
	if w == nil {
		c.busy()
		w = &c.room
		c.wait = w
	}
	*w = wait{c: c, call: w.call, what: what, limit: limit, moves: moves, fresh: true}
	if !c.reading {
		w.begin()
	}
}

// begin sets the clock. When many answers come in one read, each of which begins a wait, that is done for the last of them.
func (w *wait) begin() {
	r := w.c.transport.Reactor()
	w.fresh, w.from = false, r.Now()
	if w.call == nil || !w.call.Active() {
		w.call = r.CallLater(w.limit, w.over)
	} else if w.call.Time().After(w.from.Add(w.limit)) {
		_ = w.call.Reset(w.limit)
	} // one that is early looks again: see over
	if w.c.held() {
		w.c.pauseWait()
	}
}

// runOn goes on where pauseWait has stopped the clock: who trickles gains nothing by a side that pauses for each piece.
func (w *wait) runOn() {
	r := w.c.transport.Reactor()
	now := r.Now()
	since := w.held
	if since.Before(w.from) {
		since = w.from
	}
	w.from, w.due = w.from.Add(now.Sub(since)), false
	w.call = r.CallLater(max(w.limit-now.Sub(w.from), 0), w.over)
}

// endRead is behind all that came in one read.
func (c *Client) endRead() {
	c.reading = false
	if w := c.wait; w != nil && w.fresh {
		w.begin()
	}
}

func (c *Client) stopWait() {
	if c.wait != nil { // otherwise traffic may be everybody's
		c.wait.stop()
		c.wait = nil
	}
}

// isWaiting tells whether a wait is on.
func (c *Client) isWaiting() bool { return c.wait != nil && !c.wait.spare }

// spareWait ends the wait that was on but keeps its memory: most often another one begins in the same callback. dropSpareWait is its
// other half.
func (c *Client) spareWait() {
	if c.wait != nil {
		c.wait.spare = true
	}
}

func (c *Client) dropSpareWait() {
	if c.wait != nil && c.wait.spare {
		c.stopWait()
	}
}

// stall stops the clock of cmd because this side does not have yet what the server waits for.
func (c *Client) stall(cmd *command) { cmd.stalled = c.transport.Reactor().Now() }

// unstall goes on after stall, with the time that was left.
func (c *Client) unstall(cmd *command) {
	since := cmd.stalled
	cmd.stalled = time.Time{}
	w := c.wait
	if w == nil || since.IsZero() || c.out.first != cmd {
		return
	}
	if since.Before(w.from) {
		since = w.from
	}
	w.from = w.from.Add(c.transport.Reactor().Now().Sub(since))
	if w.due && !c.held() { // resumeWait looks in any case
		w.due = false
		w.over()
	}
}

// moved counts bytes that were received or sent.
func (c *Client) moved(n int) {
	if c.wait != nil && c.wait.moves {
		c.wait.bytes += int64(n)
	}
}

// pauseWait stops the clock while this side does not read.
func (c *Client) pauseWait() {
	if w := c.wait; w != nil {
		w.stop()
		w.held = c.transport.Reactor().Now()
	}
}

// resumeWait goes on after pauseWait, with the time that was left.
func (c *Client) resumeWait() {
	if w := c.wait; c.isWaiting() && !w.fresh { // a fresh one is about to begin
		w.runOn()
	}
}

func (w *wait) stop() {
	if w.call != nil {
		_ = w.call.Cancel()
	}
}

func (w *wait) over() {
	if cmd := w.c.out.first; cmd != nil && !cmd.stalled.IsZero() {
		w.due = true
		return
	}
	r := w.c.transport.Reactor()
	now := r.Now()
	passed := now.Sub(w.from)
	earned := time.Duration(float64(w.bytes) / float64(w.c.options().minRate()) * float64(time.Second))
	switch {
	case passed < w.limit: // it was planned for a wait before this one
		w.call = r.CallLater(w.limit-passed, w.over)
		return
	case earned >= passed: // from here on anew: what moved fast is no credit for silence
		w.from, w.bytes = now, 0
		w.call = r.CallLater(w.limit, w.over)
		return
	}
	w.c.wait = nil
	w.c.close(&TimeoutError{Waiting: w.what, After: w.limit})
}
