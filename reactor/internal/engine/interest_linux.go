package engine

import (
	"github.com/panjf2000/gnet/v2/pkg/netpoll"
	"golang.org/x/sys/unix"
)

// readiness reads epoll's bits. Errors and hang-ups count as both: the next system call tells which.
func readiness(event netpoll.IOEvent, _ netpoll.IOFlags) Interest {
	var ready Interest
	if event&(unix.EPOLLIN|unix.EPOLLPRI|unix.EPOLLRDHUP|unix.EPOLLERR|unix.EPOLLHUP) != 0 {
		ready |= Read
	}
	if event&(unix.EPOLLOUT|unix.EPOLLERR|unix.EPOLLHUP) != 0 {
		ready |= Write
	}
	return ready
}

// SetInterest registers exactly what is wanted, level-triggered. gnet has no way from any state to "write only" but through
// removal, and none to "nothing" but removal itself.
func (p *gnetPoller) SetInterest(a *Attachment, want Interest) error {
	if want == a.interest {
		return nil
	}
	var err error
	if a.interest != None && (want == None || want == Write) {
		err = p.gnet.Delete(a.FD())
		a.interest = None
	}
	switch {
	case want == None || err != nil:
		return err
	case a.interest == None && want == Read:
		err = p.gnet.AddRead(a.gnet(), false)
	case a.interest == None && want == Write:
		err = p.gnet.AddWrite(a.gnet(), false)
	case a.interest == None:
		err = p.gnet.AddReadWrite(a.gnet(), false)
	case want == Read:
		err = p.gnet.ModRead(a.gnet(), false)
	default:
		err = p.gnet.ModReadWrite(a.gnet(), false)
	}
	if err == nil {
		a.interest = want
	}
	return err
}

// Forget leaves it to close(2), which takes the last descriptor of a socket out of epoll. What a forked process holds until its exec may
// be told meanwhile of another socket with the number: a hint, as all readiness is.
func (p *gnetPoller) Forget(a *Attachment) {
	if kernelHoldsAttachment {
		p.Deregister(a)
		return
	}
	a.interest = None
	p.handlers[a.FD()] = nil
}

// Replace keeps what epoll knows, which is no more than the number of the descriptor.
func (p *gnetPoller) Replace(from, to *Attachment, h Handler) {
	registered := from.interest
	if kernelHoldsAttachment {
		p.Deregister(from)
		registered = None
	}
	p.Register(to, from.FD(), h)
	to.interest, from.interest = registered, None
}

// Again has nothing to do: epoll is level-triggered here, it tells once more by itself.
func (p *gnetPoller) Again(*Attachment) {}
