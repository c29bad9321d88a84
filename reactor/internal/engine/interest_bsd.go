//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package engine

import (
	"github.com/panjf2000/gnet/v2/pkg/netpoll"
	"golang.org/x/sys/unix"
)

// readiness reads kqueue's filter and flags. An end of file counts as both: the next system call tells which.
func readiness(event netpoll.IOEvent, flags netpoll.IOFlags) Interest {
	var ready Interest
	if event == unix.EVFILT_READ || flags&unix.EV_EOF != 0 {
		ready |= Read
	}
	if event == unix.EVFILT_WRITE || flags&unix.EV_EOF != 0 {
		ready |= Write
	}
	return ready
}

// SetInterest registers what is wanted, edge-triggered: gnet cannot take a read filter out of a kqueue, so a filter nobody
// wants any more stays and tells at most once per change. Wanting it again registers it again, which makes kqueue look anew.
func (p *gnetPoller) SetInterest(a *Attachment, want Interest) error {
	if want == a.interest {
		return nil
	}
	fresh := want &^ a.interest
	a.interest = want
	switch fresh {
	case None:
		return nil
	case Read:
		return p.gnet.AddRead(a.gnet(), true)
	case Write:
		return p.gnet.AddWrite(a.gnet(), true)
	}
	return p.gnet.AddReadWrite(a.gnet(), true)
}

// Forget is Deregister, which asks the system for nothing here.
func (p *gnetPoller) Forget(a *Attachment) { p.Deregister(a) }

// Replace begins anew: kqueue holds the attachment.
func (p *gnetPoller) Replace(from, to *Attachment, h Handler) {
	p.Deregister(from)
	p.Register(to, from.FD(), h)
}

// Again asks to be told once more of what is wanted and may still be ready.
func (p *gnetPoller) Again(a *Attachment) {
	want := a.interest
	a.interest = None
	_ = p.SetInterest(a, want)
}
