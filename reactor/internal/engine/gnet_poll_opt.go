//go:build (linux || darwin || freebsd || netbsd || openbsd || dragonfly) && poll_opt

package engine

import "github.com/panjf2000/gnet/v2/pkg/netpoll"

// poll is gnet's loop under its build tag poll_opt, where each attachment carries its callback.
func (p *gnetPoller) poll() error { return p.gnet.Polling() }

// kernelHoldsAttachment tells whether the system keeps the address of what is registered, or only the number of the descriptor.
const kernelHoldsAttachment = true

func attach(p *gnetPoller, pa *netpoll.PollAttachment) {
	pa.Callback = func(fd int, event netpoll.IOEvent, flags netpoll.IOFlags) error {
		return p.ready(fd, readiness(event, flags))
	}
}
