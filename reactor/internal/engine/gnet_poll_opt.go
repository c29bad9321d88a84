//go:build (linux || darwin || freebsd || netbsd || openbsd || dragonfly) && poll_opt

package engine

import "github.com/panjf2000/gnet/v2/pkg/netpoll"

// poll is gnet's loop under its build tag poll_opt, where each attachment carries its callback.
func (p *gnetPoller) poll() error { return p.gnet.Polling() }

// kernelHoldsAttachment tells whether the system keeps the address of what is registered, or only the number of the descriptor.
const kernelHoldsAttachment = true

// Attachment ties a descriptor to a poller. It lives as long as the descriptor is registered.
type Attachment struct {
	pa       netpoll.PollAttachment
	interest Interest
}

// FD is the descriptor.
func (a *Attachment) FD() int { return a.pa.FD }

func (a *Attachment) setFD(fd int) { a.pa.FD = fd }

func (a *Attachment) gnet() *netpoll.PollAttachment { return &a.pa }

func attach(p *gnetPoller, a *Attachment) {
	a.pa.Callback = func(fd int, event netpoll.IOEvent, flags netpoll.IOFlags) error {
		return p.ready(fd, readiness(event, flags))
	}
}
