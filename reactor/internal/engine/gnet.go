//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package engine

import (
	"sync"

	gneterrors "github.com/panjf2000/gnet/v2/pkg/errors"
	"github.com/panjf2000/gnet/v2/pkg/logging"
	"github.com/panjf2000/gnet/v2/pkg/netpoll"
	"github.com/panjf2000/gnet/v2/pkg/queue"
	"go.uber.org/zap"
)

// gnetPoller is a Poller on gnet's.
type gnetPoller struct {
	gnet     *netpoll.Poller
	handlers []Handler // by descriptor
	onWake   func()
	wake     queue.Func // woken, made once
	stopped  bool
	timer    timer
}

// Interest is what is registered now.
func (a *Attachment) Interest() Interest { return a.interest }

// Set is for other implementations of Poller.
func (a *Attachment) Set(fd int, i Interest) {
	a.setFD(fd)
	a.interest = i
}

// silence keeps gnet's process-wide logger from writing to standard output, which is the user's.
var silence = sync.OnceFunc(func() {
	logging.SetDefaultLoggerAndFlusher(zap.NewNop().Sugar(), func() error { return nil })
})

// Open makes a poller.
func (system) Open(onWake, onTimer func()) (Poller, error) {
	p, err := openGnet(onWake, onTimer)
	if err != nil {
		return nil, err
	}
	return p, nil
}

func openGnet(onWake, onTimer func()) (*gnetPoller, error) {
	silence()
	g, err := netpoll.OpenPoller()
	if err != nil {
		return nil, err
	}
	p := &gnetPoller{gnet: g, onWake: onWake}
	p.wake = p.woken
	if err := p.timer.open(p, onTimer); err != nil {
		_ = g.Close()
		return nil, err
	}
	return p, nil
}

// Poll dispatches readiness until Stop, which may have been called before, or until the system fails.
func (p *gnetPoller) Poll() error {
	if p.stopped {
		return nil
	}
	err := p.poll()
	if p.stopped {
		return nil
	}
	return err
}

// Stop makes Poll return after the handler that runs now.
func (p *gnetPoller) Stop() { p.stopped = true }

// Close frees the descriptors of the poller. Nobody may call Wake any more.
func (p *gnetPoller) Close() {
	p.timer.close()
	_ = p.gnet.Close()
}

// Wake makes the poller call onWake. Goroutine: any.
func (p *gnetPoller) Wake() {
	_ = p.gnet.Trigger(queue.HighPriority, p.wake, nil)
}

func (p *gnetPoller) woken(any) error {
	p.onWake()
	return p.verdict()
}

// ready is called by gnet for each descriptor that is ready.
func (p *gnetPoller) ready(fd int, flags Interest) error {
	if !p.stopped && fd < len(p.handlers) && p.handlers[fd] != nil {
		p.handlers[fd].Ready(flags)
	}
	return p.verdict()
}

func (p *gnetPoller) verdict() error {
	if p.stopped {
		return gneterrors.ErrEngineShutdown
	}
	return nil
}

// Register makes h hear of fd, with no interest yet.
func (p *gnetPoller) Register(a *Attachment, fd int, h Handler) {
	if fd >= len(p.handlers) {
		p.handlers = append(p.handlers, make([]Handler, fd+64-len(p.handlers))...)
	}
	p.handlers[fd] = h
	a.Set(fd, None)
	attach(p, a)
}

// Deregister forgets the descriptor; the caller closes it afterwards.
func (p *gnetPoller) Deregister(a *Attachment) {
	_ = p.SetInterest(a, None)
	p.handlers[a.FD()] = nil
}
