package reactor

import (
	"errors"
	"net"
	"net/netip"

	"go.uber.org/zap"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor/internal/engine"
)

// Port is a TCP port that is listened on. Source: twisted.internet.interfaces.IListeningPort.
//
// Goroutine: reactor, or before Run.
type Port struct {
	r          *Reactor
	f          Factory
	fd         int // -1 once stopped
	addr       netip.AddrPort
	attachment engine.Attachment
	attached   bool
	spare      int // a descriptor in reserve, to turn peers away with when none is left; -1 for none
	pause      *DelayedCall
}

// ListenTCP listens on a port, 0 for any free one, and has f build a protocol for each connection that comes in.
//
// Options: Interface (all), Backlog. Errors: *ListenError, at once; it matches ErrStopped when the reactor stops or has stopped.
// When the process runs out of descriptors new connections are closed as they come, the others go on, and accepting resumes
// by itself.
// Goroutine: reactor, or before Run. Source: twisted.internet.interfaces.IReactorTCP.listenTCP.
func (r *Reactor) ListenTCP(port int, f Factory, options ...ListenOption) (*Port, error) {
	r.mustBeInTurn("ListenTCP")
	o := listenOptions{backlog: DefaultBacklog}
	for _, option := range options {
		option(&o)
	}
	fd, err := -1, ErrStopped
	if r.state.Load() < stateStopping {
		fd, err = listen(o, port)
	}
	if err != nil {
		return nil, &ListenError{Interface: o.address, Port: port, Err: err}
	}
	p := &Port{r: r, f: f, fd: fd, spare: -1}
	p.addr, _ = engine.Addresses(fd)
	r.ports[p] = struct{}{}
	r.useFactory(f)
	if r.poller != nil {
		if err := p.attach(); err != nil {
			_ = p.close()
			return nil, &ListenError{Interface: o.address, Port: port, Err: err}
		}
	}
	return p, nil
}

func listen(o listenOptions, port int) (fd int, err error) {
	if port < 0 || port > 65535 {
		return -1, errors.New("invalid port")
	}
	var addr netip.Addr
	if o.address != "" {
		if addr, err = netip.ParseAddr(o.address); err != nil {
			return -1, errors.New("not an IP address")
		}
	}
	return engine.Listen(addr, uint16(port), o.backlog)
}

// Addr is the address listened on, with the real port.
func (p *Port) Addr() net.Addr { return net.TCPAddrFromAddrPort(p.addr) }

// attach starts accepting.
func (p *Port) attach() error {
	p.attached = true
	p.spare = spare()
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
	fd, remote, err := engine.Accept(p.fd)
	switch {
	case err == nil:
		c := newConn(p.r, p, fd)
		c.remote = remote
		c.open()
		p.r.settle()
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

// turnAway closes one waiting connection with the help of the descriptor in reserve, so that its peer learns at once that
// there is no room. It answers the error of accepting it.
func (p *Port) turnAway() error {
	if p.spare >= 0 {
		engine.CloseFD(p.spare)
		p.spare = -1
	}
	fd, _, err := engine.Accept(p.fd)
	if err == nil {
		engine.CloseFD(fd)
	}
	p.spare = spare()
	return err
}

func spare() int {
	fd, err := engine.Spare()
	if err != nil {
		return -1
	}
	return fd
}

// rest stops accepting for a moment: the listening socket stays ready, and to ask it again at once would spin.
func (p *Port) rest(err error) {
	p.r.log.Warn("accept failed; resting", zap.Stringer("port", p.addr), zap.Error(err), zap.Duration("pause", acceptPause))
	if p.pause != nil {
		return
	}
	_ = p.r.poller.SetInterest(&p.attachment, engine.None)
	p.pause = p.r.own.add(acceptPause, func() {
		p.pause = nil
		if p.spare < 0 {
			p.spare = spare()
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
	engine.CloseFD(p.fd)
	if p.spare >= 0 {
		engine.CloseFD(p.spare)
	}
	p.fd, p.spare = -1, -1
	delete(p.r.ports, p)
	return p.r.releaseFactory(p.f)
}

func (p *Port) factory() Factory            { return p.f }
func (p *Port) connector() *Connector       { return nil }
func (p *Port) connectionLost(*conn, error) {}
