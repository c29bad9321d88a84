package reactor

import (
	"errors"
	"net/netip"
	"syscall"

	"go.uber.org/zap"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// maxDatagrams is how many datagrams of one port are received in one go, before other descriptors get their turn.
const maxDatagrams = 64

// Ready receives what waits, but not so much that others starve. The buffer of the reactor holds the longest datagram there is.
func (u *UDPPort) Ready(engine.Interest) {
	u.r.enter()
	failures := 0
	for range maxDatagrams {
		if u.fd < 0 || u.want() == engine.None {
			break
		}
		n, from, err := u.sys.Receive(u.fd, u.r.readBuf)
		if errors.Is(err, engine.ErrWouldBlock) {
			break
		}
		if err != nil {
			failures++
			u.receiveFailed(err)
		} else if u.expects(from) {
			u.deliver(u.r.readBuf[:n], from)
		}
		u.r.settle()
	}
	u.goOn(failures)
	u.r.leave()
}

// goOn asks for the next go. An error that came as often as was asked does not go away by asking, so the port rests.
func (u *UDPPort) goOn(failures int) {
	switch {
	case u.fd < 0:
	case failures == maxDatagrams:
		u.rest()
	default:
		u.r.poller.Again(&u.attachment)
	}
}

// deliver is the only call of DatagramReceived. A panic is logged there.
func (u *UDPPort) deliver(data []byte, from netip.AddrPort) {
	var panicked error
	u.r.watch.doing(datagramReceived, nil, 0)
	defer u.r.recoverPanic(datagramReceived.name, &panicked)
	u.p.DatagramReceived(data, from)
}

// expects tells whether a datagram is for the protocol: some that others sent may have come before the port was connected.
func (u *UDPPort) expects(from netip.AddrPort) bool {
	return !u.remote.IsValid() || sameEnd(from, u.remote)
}

// receiveFailed handles what the system has to tell in place of a datagram: mostly the fate of one that was sent.
func (u *UDPPort) receiveFailed(err error) {
	if errors.Is(err, syscall.ECONNREFUSED) {
		u.refused()
		return
	}
	u.r.log.Debug("receiving a datagram failed", zap.Stringer(FieldPort, u.local), zap.Error(err))
}

func (u *UDPPort) refused() {
	if u.fd >= 0 && u.remote.IsValid() {
		u.r.call("ConnectionRefused", u.p.ConnectionRefused)
	}
}

// rest stops receiving for a moment.
func (u *UDPPort) rest() {
	u.r.log.Warn("receiving datagrams fails; resting", zap.Stringer(FieldPort, u.local), zap.Duration(FieldPause, acceptPause))
	u.pause = u.r.own.add(acceptPause, func() {
		u.pause = nil
		u.update()
	})
	u.update()
}
