package reactor

import (
	"crypto/tls"
	"errors"
	"net"
	"net/netip"

	"go.uber.org/zap"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor/internal/engine"
)

// Port is a port that is listened on. Source: twisted.internet.interfaces.IListeningPort.
//
// Goroutine: reactor, or before Run.
type Port struct {
	r          *Reactor
	f          Factory
	config     *tls.Config // nil without TLS
	fd         int         // -1 once stopped
	addr       engine.Address
	file       engine.FileID // of a UNIX socket, if hasFile
	hasFile    bool
	attachment engine.Attachment
	attached   bool
	spare      int // a descriptor in reserve, to turn peers away with when none is left; -1 for none
	pause      *DelayedCall

	// of a Group
	place func() *Reactor        // where the next connection is to live
	on    func(*Reactor) Factory // the factory as that reactor sees it
	twigs map[*Reactor]*Port     // what owns the connections of each reactor
}

// ListenTCP listens on a port, 0 for any free one, and has f build a protocol for each connection that comes in.
//
// Options: Interface (all), Backlog, ReusePort, ControlListener. Errors: *ListenError, at once; it matches ErrStopped when the reactor
// stops or has stopped. When the process runs out of descriptors new connections are closed as they come, the others go on, and
// accepting resumes by itself.
// Goroutine: reactor, or before Run. Source: twisted.internet.interfaces.IReactorTCP.listenTCP.
func (r *Reactor) ListenTCP(port int, f Factory, options ...ListenOption) (*Port, error) {
	return r.listenTCP(port, f, nil, options)
}

// ListenTLS is ListenTCP with TLS from the first byte. f is asked for a protocol once the handshake has succeeded, so that a
// peer who fails it, or takes longer than WithHandshakeTimeout, costs no protocol. The configuration needs a certificate; it says what
// else is asked for: ALPN (NextProtos), other certificates for other names (GetCertificate), the peer's certificate (ClientAuth). It
// must not be changed afterwards; its callbacks run in a goroutine of the handshake's own.
//
// Source: twisted.internet.interfaces.IReactorSSL.listenSSL.
func (r *Reactor) ListenTLS(port int, f Factory, config *tls.Config, options ...ListenOption) (*Port, error) {
	if err := checkServerConfig(config); err != nil {
		return nil, &ListenError{Port: port, Err: err}
	}
	return r.listenTCP(port, f, config, options)
}

func (r *Reactor) listenTCP(port int, f Factory, config *tls.Config, options []ListenOption) (*Port, error) {
	r.mustBeInTurn("ListenTCP")
	o := newListenOptions(options)
	at, err := o.tcp(port)
	if err == nil {
		var p *Port
		if p, err = r.listen(at, f, config, o); err == nil {
			return p, nil
		}
	}
	return nil, &ListenError{Interface: o.address, Port: port, Err: err}
}

func newListenOptions(options []ListenOption) (o listenOptions) {
	o.Backlog = DefaultBacklog
	for _, option := range options {
		option(&o)
	}
	return o
}

// tcp is the address to listen on.
func (o *listenOptions) tcp(port int) (at engine.Address, err error) {
	if port < 0 || port > 65535 {
		return at, errors.New("invalid port")
	}
	var addr netip.Addr
	if o.address != "" {
		if addr, err = netip.ParseAddr(o.address); err != nil {
			return at, errors.New("not an IP address")
		}
	}
	return engine.TCP(netip.AddrPortFrom(addr, uint16(port))), nil
}

func (r *Reactor) listen(at engine.Address, f Factory, config *tls.Config, o listenOptions) (*Port, error) {
	if r.state.Load() >= stateStopping {
		return nil, ErrStopped
	}
	o.Control = r.guarded(o.Control)
	fd, err := r.sys.Listen(at, o.ListenOptions)
	if err != nil {
		return nil, err
	}
	return r.newPort(fd, f, config, true)
}

// newPort takes over a socket that listens. The file of a UNIX socket that was made here goes with the port.
func (r *Reactor) newPort(fd int, f Factory, config *tls.Config, made bool) (*Port, error) {
	p := &Port{r: r, f: f, config: config, fd: fd, spare: -1, addr: r.sys.Local(fd)}
	if p.addr.UNIX && made {
		p.file, p.hasFile = r.sys.SocketFile(p.addr.Path)
	}
	r.ports[p] = struct{}{}
	r.useFactory(f)
	if r.poller != nil {
		if err := p.attach(); err != nil {
			_ = p.close()
			return nil, err
		}
	}
	return p, nil
}

// Addr is the address listened on, with the real port: a *net.TCPAddr or *net.UnixAddr.
func (p *Port) Addr() net.Addr {
	if p.addr.UNIX {
		return &net.UnixAddr{Name: p.addr.Path, Net: "unix"}
	}
	return net.TCPAddrFromAddrPort(p.addr.AddrPort)
}

// attach starts accepting.
func (p *Port) attach() error {
	p.attached = true
	p.spare = p.reserve()
	p.r.poller.Register(&p.attachment, p.fd, p)
	return p.r.poller.SetInterest(&p.attachment, engine.Read)
}

// Ready accepts what waits, but not so much that other connections starve.
func (p *Port) Ready(engine.Interest) {
	p.r.enter()
	for range maxAccepts {
		if p.fd < 0 || !p.accept() {
			break
		}
	}
	if p.fd >= 0 {
		p.r.poller.Again(&p.attachment)
	}
	p.r.leave()
}

// accept takes one connection and answers whether there may be more.
func (p *Port) accept() bool {
	fd, remote, err := p.r.sys.Accept(p.fd)
	switch {
	case err == nil:
		p.accepted(fd, remote)
		return true
	case errors.Is(err, engine.ErrWouldBlock):
		return false
	case engine.OutOfDescriptors(err):
		err = p.turnAway()
	}
	switch {
	case err == nil:
		return true
	case !errors.Is(err, engine.ErrWouldBlock):
		p.rest(err)
	}
	return false
}

// accepted gives a new connection to its reactor.
func (p *Port) accepted(fd int, remote engine.Address) {
	if p.place == nil {
		p.begin(fd, remote)
		return
	}
	r := p.place()
	branch := p.branch(r)
	if r == p.r {
		r.load.Add(-1) // the connection counts itself
		branch.begin(fd, remote)
		return
	}
	err := r.CallFromThread(func() {
		r.load.Add(-1)
		if r.state.Load() >= stateStopping {
			r.sys.Close(fd)
			return
		}
		branch.begin(fd, remote)
	})
	if err != nil {
		r.load.Add(-1)
		r.sys.Close(fd)
	}
}

// branch owns the connections of this port that live on r.
func (p *Port) branch(r *Reactor) *Port {
	b := p.twigs[r]
	if b == nil {
		b = &Port{r: r, f: p.on(r), config: p.config}
		p.twigs[r] = b
	}
	return b
}

// begin gives a new connection to its protocol, over a TLS handshake if asked for.
func (p *Port) begin(fd int, remote engine.Address) {
	defer p.r.settle()
	p.r.count.Accepted++
	c := newConn(p.r, p, fd, remote)
	c.alone = true
	if p.config == nil {
		c.open()
		return
	}
	startTLS(c, tls.Server, p.config, false, func(err error) {
		if err != nil {
			p.r.log.Debug("TLS handshake failed", append(c.fields(), zap.Error(err))...)
			c.giveUp(&LossError{Kind: ErrConnectionLost, Err: tlsError(err)})
			return
		}
		c.open()
	}).within(p.r.handshakeTimeout)
}

// turnAway closes one waiting connection with the help of the descriptor in reserve, so that its peer learns at once that
// there is no room. It answers the error of accepting it.
func (p *Port) turnAway() error {
	if p.spare >= 0 {
		p.r.sys.Close(p.spare)
		p.spare = -1
	}
	fd, _, err := p.r.sys.Accept(p.fd)
	if err == nil {
		p.r.count.TurnedAway++
		p.r.sys.Close(fd)
	}
	p.spare = p.reserve()
	return err
}

// reserve opens the descriptor in reserve.
func (p *Port) reserve() int {
	fd, err := p.r.sys.Spare()
	if err != nil {
		return -1
	}
	return fd
}

// rest stops accepting for a moment: the listening socket stays ready, and to ask it again at once would spin.
func (p *Port) rest(err error) {
	p.r.log.Warn("accept failed; resting", zap.Stringer(FieldPort, p.Addr()), zap.Error(err), zap.Duration(FieldPause, acceptPause))
	if p.pause != nil {
		return
	}
	_ = p.r.poller.SetInterest(&p.attachment, engine.None)
	p.pause = p.r.own.add(acceptPause, func() {
		p.pause = nil
		if p.spare < 0 {
			p.spare = p.reserve()
		}
		_ = p.r.poller.SetInterest(&p.attachment, engine.Read)
	})
}

// StopListening closes the port; connections made through it live on. The Deferred fires when the port is free again, or
// fails with the error of StopFactory, or with ErrNotListening if the port was stopped before.
func (p *Port) StopListening() *deferred.Deferred[struct{}] {
	if p.fd < 0 {
		return deferred.Fail[struct{}](ErrNotListening)
	}
	if err := p.close(); err != nil {
		return deferred.Fail[struct{}](err)
	}
	return deferred.Succeed(struct{}{})
}

func (p *Port) close() error {
	if p.pause != nil {
		_ = p.pause.Cancel()
		p.pause = nil
	}
	if p.attached {
		p.r.poller.Deregister(&p.attachment)
	}
	p.unlink() // while the socket keeps the number of its file from being given to another one
	p.r.sys.Close(p.fd)
	if p.spare >= 0 {
		p.r.sys.Close(p.spare)
	}
	p.fd, p.spare = -1, -1
	delete(p.r.ports, p)
	return p.r.releaseFactory(p.f)
}

// unlink removes the file of a UNIX socket, if it is still the one that was made.
func (p *Port) unlink() {
	if !p.hasFile {
		return
	}
	if file, ok := p.r.sys.SocketFile(p.addr.Path); ok && file == p.file {
		_ = p.r.sys.Unlink(p.addr.Path)
	}
}

func (p *Port) factory() Factory            { return p.f }
func (p *Port) connector() *Connector       { return nil }
func (p *Port) connectionLost(*conn, error) {}
