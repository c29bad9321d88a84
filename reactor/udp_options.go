package reactor

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// JoinGroup receives what is sent to a multicast group.
func (u *UDPPort) JoinGroup(group netip.Addr, over *net.Interface) error {
	group = group.Unmap()
	if err := u.checkGroup(group); err != nil {
		return err
	}
	return u.sys.JoinGroup(u.fd, group, index(over))
}

// LeaveGroup ends a JoinGroup.
func (u *UDPPort) LeaveGroup(group netip.Addr, over *net.Interface) error {
	group = group.Unmap()
	if err := u.checkGroup(group); err != nil {
		return err
	}
	return u.sys.LeaveGroup(u.fd, group, index(over))
}

func (u *UDPPort) checkGroup(group netip.Addr) error {
	if u.fd < 0 {
		return ErrWriteAfterClose
	}
	if !group.IsMulticast() {
		return fmt.Errorf("reactor: %v is no multicast group", group)
	}
	return nil
}

// SetTTL sets how many hops multicast datagrams go.
func (u *UDPPort) SetTTL(hops int) error {
	if hops < 0 || hops > 255 {
		return fmt.Errorf("reactor: SetTTL: got %d hops, want 0 to 255", hops)
	}
	return u.set(engine.MulticastTTL, hops)
}

// SetLoopbackMode sets whether multicast datagrams come to this host, too.
func (u *UDPPort) SetLoopbackMode(on bool) error { return u.set(engine.MulticastLoop, truth(on)) }

// SetOutgoingInterface sets where multicast datagrams leave.
func (u *UDPPort) SetOutgoingInterface(out *net.Interface) error {
	return u.set(engine.MulticastInterface, index(out))
}

// SetBroadcastAllowed allows sending to broadcast addresses.
func (u *UDPPort) SetBroadcastAllowed(on bool) error { return u.set(engine.Broadcast, truth(on)) }

// SetReadBuffer sets the size of the kernel's receive buffer.
func (u *UDPPort) SetReadBuffer(bytes int) error { return u.setBuffer(engine.ReadBuffer, bytes) }

// SetWriteBuffer sets the size of the kernel's send buffer.
func (u *UDPPort) SetWriteBuffer(bytes int) error { return u.setBuffer(engine.WriteBuffer, bytes) }

func (u *UDPPort) set(option engine.DatagramOption, value int) error {
	if u.fd < 0 {
		return ErrWriteAfterClose
	}
	return u.sys.SetDatagramOption(u.fd, u.six, option, value)
}

func (u *UDPPort) setBuffer(option engine.Option, bytes int) error {
	if u.fd < 0 {
		return ErrWriteAfterClose
	}
	return u.r.sys.SetOption(u.fd, option, bytes)
}

func index(i *net.Interface) int {
	if i == nil {
		return 0
	}
	return i.Index
}
