package imap4

import (
	"time"

	"github.com/tconn/tconn/reactor"
)

// wait is the one wait on the server that is on: for the greeting, for an answer, for the end after BYE. When it is over the
// connection is closed.
//
// Bytes that come do not put the end off, unless they have come at Options.MinRate or faster on the average: the answer to a large
// FETCH takes its time, and who trickles gains nothing.
type wait struct {
	c     *Client
	call  *reactor.DelayedCall
	what  string
	limit time.Duration
	from  time.Time
	bytes int64 // moved since, if they count
	moves bool  // bytes count
}

// startWait begins to wait for what, in place of any wait that was on. A negative limit waits for ever.
func (c *Client) startWait(what string, limit time.Duration, moves bool) {
	c.stopWait()
	if limit < 0 {
		return
	}
	r := c.transport.Reactor()
	w := &wait{c: c, what: what, limit: limit, from: r.Now(), moves: moves}
	w.call = r.CallLater(limit, w.over)
	c.wait = w
	if c.held() {
		c.pauseWait()
	}
}

func (c *Client) stopWait() {
	if c.wait != nil {
		_ = c.wait.call.Cancel()
		c.wait = nil
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
	if c.wait != nil {
		_ = c.wait.call.Cancel()
	}
}

// resumeWait goes on after pauseWait; the server gets its whole time again.
func (c *Client) resumeWait() {
	if w := c.wait; w != nil {
		c.startWait(w.what, w.limit, w.moves)
	}
}

func (w *wait) over() {
	r := w.c.transport.Reactor()
	allowed := max(w.limit, time.Duration(float64(w.bytes)/float64(w.c.options().minRate())*float64(time.Second)))
	if left := allowed - r.Now().Sub(w.from); left > 0 {
		w.call = r.CallLater(left, w.over)
		return
	}
	w.c.wait = nil
	w.c.close(&TimeoutError{Waiting: w.what, After: w.limit})
}
