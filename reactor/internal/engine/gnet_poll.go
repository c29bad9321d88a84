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

// Attachment ties a descriptor to a poller. It lives as long as the descriptor is registered.
type Attachment struct {
	fd       int32
	interest Interest
}

// FD is the descriptor.
func (a *Attachment) FD() int { return int(a.fd) }

func (a *Attachment) setFD(fd int) { a.fd = int32(fd) }

// gnet is what gnet wants to see, and does not keep.
func (a *Attachment) gnet() *netpoll.PollAttachment { return &netpoll.PollAttachment{FD: int(a.fd)} }

func attach(*gnetPoller, *Attachment) {}
