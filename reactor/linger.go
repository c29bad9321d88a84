package reactor

import (
	"errors"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// linger keeps a socket whose connection is over for the program, until the peer has received everything.
//
// Closing a socket at once makes the kernel answer whatever the peer still sends with a reset, and a reset destroys
// what is on its way to the peer. So the end of our stream is sent and the peer's bytes are read and thrown away until it
// ends its side too, or has acknowledged everything and fallen silent, or the time is up.
type linger struct {
	r          *Reactor
	attachment engine.Attachment
	check      *DelayedCall
	checksLeft int
	heard      bool // the peer has sent something since the last check
}

// endKindly prepares a socket for its end. It answers true when it can be closed at once: the peer has ended its side, or has everything and
// sends nothing. Otherwise it is for a linger. The end of our stream goes out before the socket is closed: a peer that has it does not mind
// a reset afterwards. Where the peer has ended, closing is enough to send it.
func (r *Reactor) endKindly(fd int) (over bool) {
	ended, dry := r.discard(fd)
	if ended {
		return true
	}
	unacknowledged := r.sys.Unacknowledged(fd)
	r.sys.ShutdownWrite(fd)
	return dry && unacknowledged == 0
}

// discard reads away what the peer has sent already, because closing with it unread would reset the connection. It answers whether
// the peer has ended its side, and otherwise whether all was read.
func (r *Reactor) discard(fd int) (ended, dry bool) {
	for range maxDiscards {
		n, err := r.sys.Read(fd, r.readBuf)
		if err != nil {
			return false, true
		}
		if n == 0 {
			return true, true
		}
	}
	return false, false
}

// maxDiscards bounds what discard reads in one go: 1 MiB.
const maxDiscards = 16

func startLinger(r *Reactor, fd int) {
	l := &linger{r: r}
	r.poller.Register(&l.attachment, fd, l)
	if err := r.poller.SetInterest(&l.attachment, engine.Read); err != nil {
		r.poller.Deregister(&l.attachment)
		r.sys.Close(fd)
		return
	}
	r.lingering[l] = struct{}{}
	l.checksLeft = int(lingerTimeout / lingerCheck)
	l.check = r.own.add(lingerCheck, l.look)
}

// look closes when the wait has become pointless, or too long.
func (l *linger) look() {
	l.checksLeft--
	if l.checksLeft <= 0 || !l.heard && l.r.sys.Unacknowledged(l.attachment.FD()) == 0 {
		l.close()
		return
	}
	l.heard = false
	l.check = l.r.own.add(lingerCheck, l.look)
}

// Ready throws away what came.
func (l *linger) Ready(engine.Interest) {
	l.r.enter()
	n, err := l.r.sys.Read(l.attachment.FD(), l.r.readBuf)
	switch {
	case n > 0:
		l.heard = true
		l.r.poller.Again(&l.attachment)
	case !errors.Is(err, engine.ErrWouldBlock):
		l.close()
	}
	l.r.leave()
}

func (l *linger) close() {
	if _, ok := l.r.lingering[l]; !ok {
		return
	}
	delete(l.r.lingering, l)
	_ = l.check.Cancel()
	fd := l.attachment.FD()
	l.r.poller.Deregister(&l.attachment)
	l.r.sys.Close(fd)
}
