package reactor

import (
	"os"
	"os/signal"
	"slices"
	"syscall"

	"go.uber.org/zap"

	"github.com/tconn/tconn/deferred"
)

// Stop ends the reactor. It returns at once, before anything is torn down; then come the triggers before Shutdown, the ports are
// closed, attempts fail with ErrUserAbort, what was written is sent and functions of Go are waited for, for at most the flush
// timeout, every connection gets its ConnectionLost with ErrConnectionLost, then come the triggers during and after Shutdown,
// and Run returns. Planned calls do not run any more, except while the shutdown waits for a Deferred of a trigger before it.
//
// It answers ErrNotRunning if the reactor does not run or has been asked to stop before.
// Goroutine: any. Source: twisted.internet.interfaces.IReactorCore.stop.
func (r *Reactor) Stop() error {
	if !r.state.CompareAndSwap(stateRunning, stateAsked) {
		return ErrNotRunning
	}
	_ = r.calls.push(r.beginShutdown)
	return nil
}

// catchSignals makes the first SIGINT or SIGTERM stop the reactor; a second one meets Go's own handling and ends the process.
func (r *Reactor) catchSignals() (restore func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		select {
		case s := <-c:
			signal.Stop(c)
			r.caught.Store(number(s))
			r.log.Info("stopping on signal", zap.Stringer(FieldSignal, s))
			_ = r.Stop()
		case <-done:
		}
	}()
	return func() {
		signal.Stop(c)
		close(done)
	}
}

// beginShutdown is the first step of stopping, on the reactor goroutine: the triggers that come before anything is torn down.
func (r *Reactor) beginShutdown() {
	if r.begun {
		return
	}
	r.begun = true
	r.starting.abort()
	r.stopping.run(Before, r.disconnect)
}

// disconnect is the second step: the reactor lets go of its ports, attempts, connections and functions.
func (r *Reactor) disconnect() {
	r.state.Store(stateStopping)
	r.closing = true
	for p := range r.ports {
		if err := p.close(); err != nil {
			r.logStopFactory(err)
		}
	}
	for u := range r.datagrams {
		u.close()
	}
	for a := range r.attempts {
		a.fail(ErrUserAbort, nil)
	}
	for _, c := range slices.Clone(r.conns.list) {
		c.stop()
	}
	r.threads.close()
	r.flush = r.own.add(r.flushTimeout, r.endShutdown)
}

// stop ends a connection because the reactor does, when what was written before has gone out.
func (c *conn) stop() {
	c.stopProducer()
	switch {
	case c.phase == phaseLosing:
		c.closeNotify()
		c.enqueue()
	case c.phase == phaseOpen:
		c.unusual().cut = true
		c.closeNotify()
		c.startLosing()
	}
}

// checkShutdown goes on with the shutdown as soon as nothing is left to wait for.
func (r *Reactor) checkShutdown() {
	if r.closing && len(r.conns.list)+len(r.lingering)+len(r.pumps) == 0 && r.threads.idle() {
		r.lastTriggers()
	}
}

// endShutdown gives up on what has not been sent, and on functions that have not returned, when the time is up.
func (r *Reactor) endShutdown() {
	for _, c := range slices.Clone(r.conns.list) {
		c.reset = c.Buffered() > 0 // a clean end would hide from the peer that something is missing
		c.doom(ErrConnectionLost)
	}
	r.settle()
	for l := range r.lingering {
		l.close()
	}
	for p := range r.pumps {
		p.abort()
		delete(r.pumps, p)
	}
	if left := r.threads.abandon(); left > 0 {
		r.log.Warn("functions of Go are left running", zap.Int(FieldFunctions, left))
	}
	r.lastTriggers()
}

// lastTriggers is the last step: the triggers that come when everything is gone, and the end of the loop.
func (r *Reactor) lastTriggers() {
	if r.flush == nil {
		return
	}
	_ = r.flush.Cancel()
	r.flush = nil
	r.stopping.run(During, func() {
		r.stopping.run(After, func() {
			if r.poller != nil {
				r.poller.Stop()
			}
		})
	})
	r.settle()
}

// tearDown runs whatever way Run ends: nothing stays open, and every call that was handed over has run.
func (r *Reactor) tearDown(leaveLoop func()) {
	r.state.Store(stateStopping)
	r.enter()
	r.stopping.hurry() // there is no loop any more to wait in
	r.beginShutdown()
	r.endShutdown()
	for _, f := range r.calls.close() {
		r.callFunction(callFromThread, f)
		r.settle()
	}
	if r.poller != nil { // Run may have failed to open it
		r.poller.Close()
	}
	r.poller = nil // its descriptors' numbers may belong to somebody else soon
	r.readBuf, r.plainBuf, r.tlsBuf, r.spareBoxes = nil, nil, nil, nil
	deferred.ReportUnhandled()
	leaveLoop()
	r.state.Store(stateStopped)
	r.endTurn()
	r.watch.stop()
}

func (r *Reactor) logStopFactory(err error) {
	r.log.Error("StopFactory failed", zap.Error(err))
}
