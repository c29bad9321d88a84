//go:build (linux || darwin || freebsd || netbsd || openbsd || dragonfly) && !poll_opt

package engine

import "github.com/panjf2000/gnet/v2/pkg/netpoll"

// poll is gnet's loop in its default build.
func (p *gnetPoller) poll() error {
	return p.gnet.Polling(func(fd int, event netpoll.IOEvent, flags netpoll.IOFlags) error {
		return p.ready(fd, readiness(event, flags))
	})
}

// kernelHoldsAttachment tells whether the system keeps the address of what is registered, or only the number of the descriptor.
const kernelHoldsAttachment = false

func attach(*gnetPoller, *netpoll.PollAttachment) {}
