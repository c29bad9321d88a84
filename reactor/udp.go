package reactor

import (
	"errors"
	"fmt"
	"net/netip"

	"go.uber.org/zap"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor/internal/engine"
)

// UDPPort is a UDP port that is listened on, and the transport of its protocol.
//
// Goroutine: reactor, or before Run. Source: twisted.internet.udp.Port.
type UDPPort struct {
	r             *Reactor
	sys           engine.Datagrams
	p             DatagramProtocol
	fd            int  // -1 once stopped
	six           bool // the socket is of the IPv6 family
	local, remote netip.AddrPort
	attachment    engine.Attachment
	attached      bool
	paused        bool
	pause         *DelayedCall // the port rests until then
	dropped       uint64
}

var _ DatagramTransport = (*UDPPort)(nil)

// ListenUDP listens on a UDP port, 0 for any free one, and hands its datagrams to p, whose StartProtocol is called before ListenUDP
// returns. Without Interface the port serves IPv6 and IPv4.
//
// Options: Interface (all), ReusePort (several sockets on one port, as members of a multicast group on one host need it),
// ControlListener. Errors: *ListenError, at once; it matches ErrStopped when the reactor stops or has stopped, and *PanicError when
// StartProtocol panics. A nil p panics.
// Goroutine: reactor, or before Run.
// Source: twisted.internet.interfaces.IReactorUDP.listenUDP, IReactorMulticast.listenMulticast.
func (r *Reactor) ListenUDP(port int, p DatagramProtocol, options ...ListenOption) (*UDPPort, error) {
	r.mustBeInTurn("ListenUDP")
	o := newListenOptions(options)
	u, err := r.newUDPPort("ListenUDP", p)
	if err == nil {
		err = u.listen(port, o)
	}
	if err == nil {
		err = u.start()
	}
	if err != nil {
		return nil, &ListenError{Interface: o.address, Port: port, Err: err}
	}
	return u, nil
}

// ConnectUDP opens a UDP port that talks to one peer only: ListenUDP on a free port and Connect, both before StartProtocol. to is an
// address; names are not looked up.
//
// Options: BindAddress, Control; Timeout has no meaning here, because nothing is sent. Errors: *ConnectError, at once; it matches
// ErrConnectBind, ErrNoRoute, ErrStopped and others. A nil p panics.
// Goroutine: reactor, or before Run. Source: twisted.internet.interfaces.IUDPTransport.connect.
func (r *Reactor) ConnectUDP(to netip.AddrPort, p DatagramProtocol, options ...ConnectOption) (*UDPPort, error) {
	r.mustBeInTurn("ConnectUDP")
	to = unmapped(to)
	u, err := r.newUDPPort("ConnectUDP", p)
	kind := ErrConnect
	if err == nil {
		err = checkDestination(to)
	}
	if err == nil {
		if err = u.bindFor(to, options); err != nil {
			kind = ErrConnectBind
		}
	}
	if err == nil {
		if err = u.connect(to); err != nil {
			kind = connectKind(err)
		}
	}
	if err == nil {
		err = u.start()
	}
	if err != nil {
		u.discard()
		return nil, &ConnectError{Kind: kind, Host: hostOf(to), Port: int(to.Port()), Err: err}
	}
	return u, nil
}

// newUDPPort is a port without a socket.
func (r *Reactor) newUDPPort(verb string, p DatagramProtocol) (*UDPPort, error) {
	if p == nil {
		panic("reactor: " + verb + ": nil protocol")
	}
	u := &UDPPort{r: r, p: p, fd: -1}
	if r.state.Load() >= stateStopping {
		return u, ErrStopped
	}
	sys, ok := r.sys.(engine.Datagrams)
	if !ok {
		return u, fmt.Errorf("reactor: no UDP here: %w", errors.ErrUnsupported)
	}
	u.sys = sys
	return u, nil
}

func (u *UDPPort) listen(port int, o listenOptions) error {
	at, err := o.tcp(port)
	if err != nil {
		return err
	}
	return u.bind(at.AddrPort, o.ListenOptions)
}

func (u *UDPPort) bind(at netip.AddrPort, o engine.ListenOptions) error {
	o.Control = u.r.guarded(o.Control)
	fd, six, err := u.sys.ListenDatagram(at, o)
	if err == nil {
		u.fd, u.six = fd, six
		u.local = u.r.sys.Local(fd).AddrPort
	}
	return err
}

// bindFor binds to the address asked for, or to any of the family of the peer.
func (u *UDPPort) bindFor(to netip.AddrPort, options []ConnectOption) error {
	o := *defaultConnectOptions
	for _, option := range options {
		option(&o)
	}
	at, err := (&Connector{options: &o}).bindAddress()
	if err != nil {
		return err
	}
	if !at.IsValid() && to.Addr().Is4() {
		at = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	} else if !at.IsValid() {
		at = netip.AddrPortFrom(netip.IPv6Unspecified(), 0)
	}
	return u.bind(at, engine.ListenOptions{Control: o.control})
}

// start takes the port into the reactor and starts its protocol.
func (u *UDPPort) start() error {
	r := u.r
	if r.datagrams == nil {
		r.datagrams = make(map[*UDPPort]struct{})
	}
	r.datagrams[u] = struct{}{}
	if r.poller != nil {
		if err := u.attach(); err != nil {
			u.discard()
			return err
		}
	}
	panicked := r.call("StartProtocol", func() {
		u.p.MakeConnection(u)
		u.p.StartProtocol()
	})
	if panicked != nil {
		u.discard()
	}
	return panicked
}

// attach starts receiving.
func (u *UDPPort) attach() error {
	u.attached = true
	u.r.poller.Register(&u.attachment, u.fd, u)
	return u.r.poller.SetInterest(&u.attachment, u.want())
}

func (u *UDPPort) want() engine.Interest {
	if u.paused || u.pause != nil {
		return engine.None
	}
	return engine.Read
}

func (u *UDPPort) update() {
	if u.fd < 0 || !u.attached {
		return
	}
	if err := u.r.poller.SetInterest(&u.attachment, u.want()); err != nil {
		u.r.log.Error("cannot receive datagrams", zap.Stringer(FieldPort, u.local), zap.Error(err))
	}
}

// PauseProducing stops receiving.
func (u *UDPPort) PauseProducing() {
	u.paused = true
	u.update()
}

// ResumeProducing receives on.
func (u *UDPPort) ResumeProducing() {
	u.paused = false
	u.update()
}

// StopListening closes the port. Its protocol is told in a later turn, or at once while there are no turns.
func (u *UDPPort) StopListening() *deferred.Deferred[struct{}] {
	if u.fd < 0 {
		return deferred.Fail[struct{}](ErrNotListening)
	}
	u.discard()
	d := deferred.New[struct{}]()
	tell := func() {
		if panicked := u.stopProtocol(); panicked != nil {
			d.TryErrback(panicked)
			return
		}
		d.TryCallback(struct{}{})
	}
	if u.r.Running() {
		u.r.soon(tell)
	} else {
		tell()
	}
	return d
}

// close ends the port because the reactor stops.
func (u *UDPPort) close() {
	u.discard()
	u.stopProtocol()
}

func (u *UDPPort) stopProtocol() (panicked error) {
	return u.r.call("StopProtocol", u.p.StopProtocol)
}

// discard closes the socket and tells nobody.
func (u *UDPPort) discard() {
	if u.fd < 0 {
		return
	}
	if u.pause != nil {
		_ = u.pause.Cancel()
		u.pause = nil
	}
	if u.attached {
		u.r.poller.Deregister(&u.attachment)
	}
	u.r.sys.Close(u.fd)
	u.fd = -1
	delete(u.r.datagrams, u)
}

// LocalAddr is the address listened on.
func (u *UDPPort) LocalAddr() netip.AddrPort { return u.local }

// RemoteAddr is the peer of a connected port.
func (u *UDPPort) RemoteAddr() netip.AddrPort { return u.remote }

// Dropped is how many datagrams the system had no room for.
func (u *UDPPort) Dropped() uint64 { return u.dropped }

// Reactor is the reactor the port lives on.
func (u *UDPPort) Reactor() *Reactor { return u.r }
