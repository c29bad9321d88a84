package engine

import "net/netip"

// Datagrams is the part of a System that knows UDP. One that has none does not implement it.
//
// six, where it occurs, tells that a socket is of the IPv6 family: an IPv4 address is then written as a mapped one.
type Datagrams interface {
	// ListenDatagram makes a bound socket. An invalid IP address with a port means all of them, IPv6 and IPv4 where the system has both.
	ListenDatagram(at netip.AddrPort, o ListenOptions) (fd int, six bool, err error)
	// AdoptDatagram makes a socket that came from elsewhere fit for the poller. The caller keeps the ownership.
	AdoptDatagram(fd int) (six bool, err error)
	// ConnectDatagram restricts a socket to one peer.
	ConnectDatagram(fd int, to netip.AddrPort) error
	// Receive takes one datagram: ErrWouldBlock when there is none. What does not fit into p is lost.
	Receive(fd int, p []byte) (n int, from netip.AddrPort, err error)
	// Send sends one datagram, to the peer of a connected socket when to is invalid: ErrWouldBlock when the system has no room for it.
	Send(fd int, p []byte, to netip.AddrPort) error
	// JoinGroup and LeaveGroup change a membership of the interface with that index, 0 for the one the system chooses.
	JoinGroup(fd int, group netip.Addr, index int) error
	LeaveGroup(fd int, group netip.Addr, index int) error
	// SetDatagramOption changes a socket.
	SetDatagramOption(fd int, six bool, option DatagramOption, value int) error
}

// DatagramOption is a setting of a UDP socket.
type DatagramOption uint8

// The options of SetDatagramOption. The multicast ones are about what is sent.
const (
	Broadcast          DatagramOption = iota // 0 or 1
	MulticastTTL                             // hops
	MulticastLoop                            // 0 or 1
	MulticastInterface                       // index, 0 for the system's choice
)
