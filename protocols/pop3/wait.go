package pop3

import (
	"time"

	"github.com/tconn/tconn/reactor"
)

// wait is the one wait on the server that is on: for the greeting, for an answer, for the end after QUIT. When it is over the connection is
// closed.
//
// Bytes that come do not put the end off, unless they have come at Options.MinRate or faster, on the average since the limit was looked at last:
// a large message takes its time, and who trickles, or falls silent in the midst of it, gains no more than the limit once more.
type wait struct {
	c     *Client
	call  *reactor.DelayedCall
	what  string
	limit time.Duration
	from  time.Time
	bytes int64 // come since, if they count
	moves bool  // bytes count
	idle  bool  // nothing is waited for; the wait is kept for the next command, which may follow at once
	still bool  // the clock stands: this side does not have yet what the server waits for, or does not read
}

// startWait begins to wait for what, in place of any wait that was on. A negative limit waits for ever.
func (c *Client) startWait(what string, limit time.Duration, moves bool) {
	if limit < 0 {
		c.stopWait()
		return
	}
	if c.wait == nil {
		c.wait = &wait{c: c}
	}
	w, r := c.wait, c.transport.Reactor()
	*w = wait{c: c, call: w.call, what: what, limit: limit, from: r.Now(), moves: moves}
	if w.call == nil || !w.call.Active() {
		w.call = r.CallLater(limit, w.over)
	} else if w.call.Time().After(w.from.Add(limit)) {
		_ = w.call.Reset(limit)
	} // one that is early looks again: see over
	if c.paused {
		c.stall()
	}
}

func (c *Client) stopWait() {
	if c.wait != nil {
		_ = c.wait.call.Cancel()
		c.wait = nil
	}
}

// waitForNext waits for the answer to the first command that is out, if there is one.
func (c *Client) waitForNext() {
	switch next := c.out.first; {
	case next != nil:
		c.startWait(next.name, c.options().commandTimeout(), true)
	case c.wait != nil:
		c.wait.idle = true
	}
}

// dropIdleWait ends a wait that was kept for a command which did not come.
func (c *Client) dropIdleWait() {
	if c.wait != nil && c.wait.idle {
		c.stopWait()
	}
}

// moved counts bytes that have come.
func (c *Client) moved(n int) {
	if c.wait != nil && c.wait.moves {
		c.wait.bytes += int64(n)
	}
}

// endOfConnection is what is waited for behind QUIT, whether or not this side reads.
const endOfConnection = "end of the connection"

// stall stops the clock: it is not the server that is waited for.
func (c *Client) stall() {
	if c.wait != nil && c.wait.what != endOfConnection {
		c.wait.still = true
		_ = c.wait.call.Cancel()
	}
}

// unstall goes on after stall; the server gets its whole time again.
func (c *Client) unstall() {
	if w := c.wait; w != nil && w.still && !w.idle {
		c.startWait(w.what, w.limit, w.moves)
	}
}

func (w *wait) over() {
	r := w.c.transport.Reactor()
	now := r.Now()
	passed := now.Sub(w.from)
	earned := time.Duration(float64(w.bytes) / float64(w.c.options().minRate()) * float64(time.Second))
	switch {
	case passed < w.limit: // it was planned for a wait before this one
		w.call = r.CallLater(w.limit-passed, w.over)
		return
	case earned >= passed: // from here on anew: what came fast is no credit for silence
		w.from, w.bytes = now, 0
		w.call = r.CallLater(w.limit, w.over)
		return
	}
	w.c.wait = nil
	w.c.close(&TimeoutError{Waiting: w.what, After: w.limit})
}
