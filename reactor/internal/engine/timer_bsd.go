//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package engine

import (
	"sync"
	"time"

	"github.com/panjf2000/gnet/v2/pkg/queue"
)

// timer is a runtime timer that triggers the poller. The lock keeps it from triggering a poller that is closed.
type timer struct {
	mu      sync.Mutex
	timer   *time.Timer
	closed  bool
	onTimer func()
}

func (t *timer) open(p *gnetPoller, onTimer func()) error {
	t.onTimer = onTimer
	t.timer = time.AfterFunc(time.Hour, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if !t.closed {
			_ = p.gnet.Trigger(queue.HighPriority, func(any) error { t.onTimer(); return p.verdict() }, nil)
		}
	})
	t.timer.Stop()
	return nil
}

// SetTimer makes onTimer run once, after d; it replaces the time set before.
func (p *gnetPoller) SetTimer(d time.Duration) { p.timer.timer.Reset(d) }

func (t *timer) close() {
	t.timer.Stop()
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
}
