package reactor

import (
	"net"
	"net/netip"

	"github.com/tconn/tconn/deferred"
)

// DatagramProtocol handles the datagrams of one UDP port.
//
// The reactor calls MakeConnection, then StartProtocol, then DatagramReceived for each datagram that comes in, and StopProtocol at the
// end. All run on the reactor goroutine and must not block. A panic in DatagramReceived or ConnectionRefused is logged, and the port
// lives on: its next datagram has another sender, perhaps. One in MakeConnection or StartProtocol fails the listening.
//
// Embed BaseDatagramProtocol and write only the methods you need. A value serves one port.
// Source: twisted.internet.protocol.DatagramProtocol.
type DatagramProtocol interface {
	// MakeConnection gives the protocol its transport.
	MakeConnection(t DatagramTransport)
	// StartProtocol is called once, when datagrams can be sent; they are received once the reactor runs.
	StartProtocol()
	// DatagramReceived is called with one datagram, which may be empty. An IPv4 sender has an IPv4 address, on a port that serves both
	// families too.
	//
	// Lifetime: data is borrowed until the call returns; copy what must stay.
	DatagramReceived(data []byte, from netip.AddrPort)
	// ConnectionRefused says that nobody listens where a connected port sends to. The port lives on: the peer may come (back).
	ConnectionRefused()
	// StopProtocol is called once, last, after StopListening or when the reactor stops. Nothing can be sent any more.
	StopProtocol()
}

// BaseDatagramProtocol implements DatagramProtocol with nothing in it but the transport; embed it in your own.
type BaseDatagramProtocol struct {
	transport DatagramTransport
}

// MakeConnection keeps the transport for Transport.
func (p *BaseDatagramProtocol) MakeConnection(t DatagramTransport) { p.transport = t }

// StartProtocol does nothing.
func (p *BaseDatagramProtocol) StartProtocol() {}

// DatagramReceived drops the datagram.
func (p *BaseDatagramProtocol) DatagramReceived([]byte, netip.AddrPort) {}

// ConnectionRefused does nothing.
func (p *BaseDatagramProtocol) ConnectionRefused() {}

// StopProtocol does nothing.
func (p *BaseDatagramProtocol) StopProtocol() {}

// Transport is the port this protocol talks through; nil before MakeConnection. It stays set, and harmless, after StopProtocol.
func (p *BaseDatagramProtocol) Transport() DatagramTransport { return p.transport }

// DatagramTransport is a UDP port as its protocol sees it. After StopListening all methods stay callable; those that answer an error
// answer ErrWriteAfterClose.
//
// Goroutine: reactor, or before Run.
// Source: twisted.internet.interfaces.IUDPTransport, IMulticastTransport.
type DatagramTransport interface {
	// Write sends one datagram, which may be empty, and never blocks or keeps it: the system takes it now, or it is dropped. On a connected
	// port to is the peer or the zero value.
	//
	// Errors: *DatagramError, which matches ErrMessageLength if the datagram is longer than the network takes (65,507 bytes at most),
	// ErrDatagramDropped if the system has no room for it now, and the cause; ErrNoDestination; ErrDatagramConnected if a connected port
	// is to send elsewhere. None of them harms the port.
	Write(datagram []byte, to netip.AddrPort) error
	// WriteConnected is Write to the peer of a connected port.
	WriteConnected(datagram []byte) error
	// Dropped is how many datagrams Write has answered ErrDatagramDropped for.
	Dropped() uint64

	// Connect restricts the port to one peer: datagrams of others are not received any more, and the protocol hears ConnectionRefused when
	// nobody listens there. It sends nothing. A port is connected once: a second time answers ErrDatagramConnected. Errors: *ConnectError.
	Connect(to netip.AddrPort) error
	// LocalAddr is the address listened on, with the real port. It stays known after StopListening.
	LocalAddr() netip.AddrPort
	// RemoteAddr is the peer of a connected port, and invalid otherwise.
	RemoteAddr() netip.AddrPort

	// PauseProducing stops receiving. The system keeps what comes meanwhile as long as it has room, and drops the rest.
	PauseProducing()
	// ResumeProducing receives on.
	ResumeProducing()
	// StopListening closes the port: it is free, and nothing is received any more, when the call returns. StopProtocol comes in a later
	// turn, and the Deferred fires after it.
	//
	// Fails with: ErrNotListening if the port was stopped before, *PanicError if StopProtocol panics.
	StopListening() *deferred.Deferred[struct{}]

	// JoinGroup makes the port receive what is sent to a multicast group over the interface, nil for the one the system chooses.
	JoinGroup(group netip.Addr, over *net.Interface) error
	// LeaveGroup ends what JoinGroup with the same arguments began.
	LeaveGroup(group netip.Addr, over *net.Interface) error
	// SetTTL sets how many hops multicast datagrams go, 0 to 255; the default of 1 is the local network.
	SetTTL(hops int) error
	// SetLoopbackMode sets whether what is sent to a group comes to its members on this host, too, as it does by default.
	SetLoopbackMode(on bool) error
	// SetOutgoingInterface sets where multicast datagrams leave, nil for the system's choice.
	SetOutgoingInterface(out *net.Interface) error
	// SetBroadcastAllowed allows sending to broadcast addresses, which is off by default.
	SetBroadcastAllowed(on bool) error
	// SetReadBuffer and SetWriteBuffer set the size of the kernel's buffers.
	SetReadBuffer(bytes int) error
	SetWriteBuffer(bytes int) error

	// Reactor is the reactor the port lives on.
	Reactor() *Reactor
}
