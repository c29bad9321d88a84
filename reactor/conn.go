package reactor

import (
	"errors"
	"net"
	"net/netip"
	"sync/atomic"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// conn is a stream connection, outgoing or accepted. Every read, every write and every loss passes here.
//
// Its life: open (bytes flow both ways) → losing (LoseConnection: what waits is flushed, nothing is read) → doomed (the reason
// is settled, the protocol does not know yet) → lost. Abort, errors and the peer's end skip straight to doomed.
type conn struct {
	r          *Reactor
	proto      Protocol // nil until BuildProtocol, and while TLS shakes hands
	owner      owner
	attachment engine.Attachment

	out    *outbox // written and not yet given to the kernel; nil while that is nothing
	onLost func(reason error)
	rare   *rare
	label  atomic.Pointer[label] // names proto in the log
	place  int32                 // in r.conns
	remote tcpAddr

	phase    phase
	paused   bool
	queued   bool // stands in r.dirty
	awaiting bool // waits for the kernel to take more
	ended    bool // the peer has ended its side
	broken   bool // the socket has failed
	reset    bool // the peer is to see a reset
	alone    bool // there is no duplicate of the socket: to close it is its end
}

type phase uint8

const (
	phaseOpen phase = iota
	phaseLosing
	phaseDoomed
	phaseLost
)

// rare holds what few connections need, so that an idle one stays small.
type rare struct {
	producer  Producer
	streaming bool
	cut       bool // the reactor stops
	held      bool // the producer was told to pause
	tls       *tlsLayer
	stall     *DelayedCall // runs out when LoseConnection makes no progress
	half      half
	names     *[2]string // of a UNIX socket: this side's and the peer's
	pump      *pump      // between the connection and a stream that is no socket
	failure   error      // of a write, while what the peer has said before is still to be heard
	reason    error      // of the end, once doomed
	local     tcpAddr    // of a socket that is closed; the system knows that of an open one
}

// owner is what made the connection: a *Connector or a *Port.
type owner interface {
	factory() Factory
	connector() *Connector
	// connectionLost is the last thing that happens to c.
	connectionLost(c *conn, reason error)
}

// newConn takes over an open socket and watches it. remote is its peer; the zero Address asks the system.
func newConn(r *Reactor, o owner, fd int, remote engine.Address) *conn {
	c := &conn{r: r, owner: o}
	r.poller.Register(&c.attachment, fd, c)
	c.begin(remote)
	return c
}

// continueDial makes a connection of a dial that has succeeded.
func continueDial(d *dial) *conn {
	c := &conn{r: d.a.k.r, owner: d.a.k}
	c.r.poller.Replace(&d.attachment, &c.attachment, c)
	c.begin(d.a.peer(d.to))
	return c
}

func (c *conn) begin(remote engine.Address) {
	fd := c.attachment.FD()
	if !remote.IsValid() {
		remote = c.r.sys.Remote(fd)
	}
	c.setAddresses(remote, fd)
	c.r.conns.add(c)
	c.r.load.Add(1)
}

// open builds the protocol and starts the talk.
func (c *conn) open() {
	p, panicked := c.build()
	switch {
	case panicked != nil:
		c.doom(panicked)
		return
	case p == nil:
		c.closeNotify()
		c.giveUp(ErrConnectionDone)
		return
	}
	c.proto = p
	c.setLabel()
	c.countMade()
	panicked = c.call("ConnectionMade", func() {
		p.MakeConnection(c)
		p.ConnectionMade()
	})
	if panicked != nil {
		c.doom(panicked)
	}
	c.update()
}

func (c *conn) build() (p Protocol, panicked error) {
	panicked = c.call("BuildProtocol", func() { p = c.owner.factory().BuildProtocol(c.RemoteAddr()) })
	return p, panicked
}

// want is what the state of the connection asks of the poller; update is the only place that registers it.
func (c *conn) want() engine.Interest {
	if c.phase >= phaseDoomed {
		return engine.None
	}
	var want engine.Interest
	if c.reading() {
		want |= engine.Read
	}
	if c.awaiting {
		want |= engine.Write
	}
	return want
}

// reading tells whether bytes of the peer are welcome.
func (c *conn) reading() bool {
	if c.ended || c.half().readLost {
		return false
	}
	if t := c.tls(); t != nil && t.shaking {
		return !t.wire.stuffed() && (c.phase == phaseOpen || t.finishing())
	}
	return c.phase == phaseOpen && !c.paused
}

func (c *conn) update() {
	if err := c.r.poller.SetInterest(&c.attachment, c.want()); err != nil {
		c.doom(&LossError{Kind: ErrConnectionLost, Err: err})
	}
}

// Ready is the poller's call. It trusts only what the system calls answer.
func (c *conn) Ready(ready engine.Interest) {
	c.r.beginTurn(c)
	if ready&engine.Write != 0 && c.awaiting {
		c.flush()
	}
	if ready&engine.Read != 0 && c.want()&engine.Read != 0 {
		c.read()
	}
	c.r.leave()
}

// read takes what is there, but only so much in one go: a connection that never falls silent must not starve the others.
func (c *conn) read() {
	for range maxReads {
		if c.failing() {
			return
		}
		buf := c.r.readBuf
		n, err := c.r.sys.Read(c.attachment.FD(), buf)
		switch {
		case errors.Is(err, engine.ErrWouldBlock):
			return
		case err != nil:
			c.lost(err)
			return
		case n == 0:
			c.peerEnded()
			return
		}
		c.r.count.BytesRead += uint64(n)
		c.received(buf[:n])
		if c.want()&engine.Read == 0 {
			return
		}
		if n < len(buf) {
			break
		}
	}
	c.r.poller.Again(&c.attachment) // the end of the stream may have been told together with the bytes
}

// received passes bytes from the socket on: to the protocol, or to TLS and from there.
func (c *conn) received(p []byte) {
	if t := c.tls(); t != nil {
		t.feed(p)
		return
	}
	c.deliver(p)
}

// deliver is the only call of DataReceived.
func (c *conn) deliver(p []byte) {
	if panicked := c.callDataReceived(p); panicked != nil {
		c.doom(panicked)
	}
}

func (c *conn) callDataReceived(p []byte) (panicked error) {
	c.r.watch.doing(dataReceived, c, 0)
	defer c.recoverPanic(dataReceived.name, &panicked)
	c.proto.DataReceived(p)
	return nil
}

// peerEnded handles the end of the stream. What was written before is still sent: the peer may have closed only its half.
func (c *conn) peerEnded() {
	c.ended = true
	c.update()
	if p := c.pump(); p != nil && p.failure() != nil {
		c.lost(p.failure())
		return
	}
	if t := c.tls(); t != nil {
		t.feedEnd()
		return
	}
	c.end(ErrConnectionDone)
}

// end closes with a reason that is settled already, but not before what waits has been flushed.
func (c *conn) end(reason error) {
	if c.phase >= phaseDoomed || reason == ErrConnectionDone && c.keepsWriting() {
		return
	}
	if c.Buffered() > 0 && reason == ErrConnectionDone {
		c.stopProducer()
		c.startLosing()
		return
	}
	c.doom(reason)
}

// lost is the end by a failed system call.
func (c *conn) lost(err error) {
	c.broken = true
	if t := c.tls(); t != nil && t.shaking && t.started && c.phase == phaseOpen {
		c.ended, c.awaiting = true, false
		c.update()
		t.wire.arrive(nil, err) // what came before may say more than the loss; the handshake tells
		return
	}
	c.doom(&LossError{Kind: ErrConnectionLost, Err: err})
}

// doom settles the reason; the first one counts. The protocol hears of it when the running callback has returned.
func (c *conn) doom(reason error) {
	if c.phase >= phaseDoomed {
		return
	}
	c.phase = phaseDoomed
	c.unusual().reason = reason
	c.r.doomed = append(c.r.doomed, c)
}

// bury closes the socket and gives everybody the reason: TLS, the hooks of OnLost, the protocol, the producer, the owner.
func (c *conn) bury() {
	if c.phase != phaseDoomed {
		return
	}
	rare := c.rare // doom made it
	reason := rare.reason
	rare.local = packAddr(c.localAddr())
	c.phase = phaseLost
	c.closeSocket()
	c.release()
	c.r.conns.remove(c)
	c.r.load.Add(-1)
	c.buryRare(rare)
	if f := c.onLost; f != nil {
		c.onLost = nil
		c.call("OnLost", func() { f(reason) })
	}
	if c.proto != nil {
		c.countLost()
		c.call("ConnectionLost", func() { c.proto.ConnectionLost(reason) })
	}
	c.owner.connectionLost(c, reason)
	if p := c.pump(); p != nil {
		p.end(c.reset)
	}
}

func (c *conn) buryRare(rare *rare) {
	if rare.stall != nil {
		_ = rare.stall.Cancel()
	}
	if rare.tls != nil {
		rare.tls.shut(rare.reason)
		c.r.count.Buffered -= int64(len(rare.tls.pending))
		rare.tls.pending = nil
	}
	if p := rare.producer; p != nil {
		rare.producer = nil
		c.call("StopProducing", p.StopProducing)
	}
}

// closeSocket closes now or, when the peer may not have got all of what was written, leaves the socket to a linger.
func (c *conn) closeSocket() {
	fd := c.attachment.FD()
	switch {
	case c.reset || c.unsent() > 0: // a clean end would hide from the peer that something is missing
		c.r.sys.ResetOnClose(fd)
	case !c.broken && !c.ended:
		if c.r.endKindly(fd) {
			break
		}
		c.r.poller.Deregister(&c.attachment)
		startLinger(c.r, fd)
		return
	}
	if c.alone {
		c.r.poller.Forget(&c.attachment)
	} else {
		c.r.poller.Deregister(&c.attachment)
	}
	c.r.sys.Close(fd)
}

// giveUp ends a connection at once, after sending the alert by which TLS tells the peer why.
func (c *conn) giveUp(reason error) {
	if c.phase < phaseDoomed {
		if !c.broken {
			c.flushOnce()
		}
		c.doom(reason)
	}
}

// OnLost registers a clean-up.
func (c *conn) OnLost(f func(reason error)) {
	if c.phase == phaseLost {
		f(c.rare.reason)
		return
	}
	before := c.onLost
	if before == nil {
		c.onLost = f
		return
	}
	c.onLost = func(reason error) {
		c.call("OnLost", func() { before(reason) })
		f(reason)
	}
}

// LoseConnection closes after what was written has gone out.
func (c *conn) LoseConnection() {
	if c.phase == phaseOpen {
		c.closeNotify()
		c.startLosing()
	}
	if c.phase == phaseLosing && c.producerEnded() {
		c.UnregisterProducer()
	}
}

// closeNotify ends the TLS stream, if there is one, unless a producer still has something to say.
func (c *conn) closeNotify() {
	if t := c.tls(); t != nil && c.producer() == nil {
		t.closeNotify()
	}
}

func (c *conn) startLosing() {
	if c.phase >= phaseDoomed { // by what came before: close_notify, or a producer's panic
		return
	}
	c.phase = phaseLosing
	c.enqueue()
	c.watchStall()
}

// AbortConnection closes now.
func (c *conn) AbortConnection() { c.abort(ErrConnectionAborted) }

// AbortWith closes now and says why.
func (c *conn) AbortWith(err error) { c.abort(abortReason(err)) }

func (c *conn) abort(reason error) {
	if c.phase < phaseDoomed {
		c.reset = true
		c.doom(reason)
	}
}

// Disconnecting tells whether the end has begun.
func (c *conn) Disconnecting() bool { return c.phase != phaseOpen }

// PauseProducing stops reading.
func (c *conn) PauseProducing() {
	c.paused = true
	if c.phase == phaseOpen {
		c.update()
	}
}

// ResumeProducing reads on.
func (c *conn) ResumeProducing() {
	if c.phase != phaseOpen || !c.paused {
		return
	}
	c.paused = false
	if c.tls() != nil {
		c.enqueue() // plaintext or ciphertext may be left over from before
	}
	c.update()
}

// StopProducing is LoseConnection.
func (c *conn) StopProducing() { c.LoseConnection() }

// LocalAddr is this side's address.
func (c *conn) LocalAddr() net.Addr { return c.addr(c.localAddr(), 0) }

// RemoteAddr is the peer's address.
func (c *conn) RemoteAddr() net.Addr { return c.addr(c.remote.unpack(), 1) }

func (c *conn) localAddr() netip.AddrPort {
	if c.phase == phaseLost {
		return c.rare.local.unpack()
	}
	return c.r.sys.Local(c.attachment.FD()).AddrPort
}

func (c *conn) addr(tcp netip.AddrPort, side int) net.Addr {
	if p := c.pump(); p != nil {
		return p.ends[side]
	}
	if c.rare != nil && c.rare.names != nil {
		return &net.UnixAddr{Name: c.rare.names[side], Net: "unix"}
	}
	return net.TCPAddrFromAddrPort(tcp)
}

// setAddresses keeps what the system says of the two ends.
func (c *conn) setAddresses(remote engine.Address, fd int) {
	if remote.UNIX {
		c.unusual().names = &[2]string{c.r.sys.Local(fd).Path, remote.Path}
		return
	}
	c.remote = packAddr(remote.AddrPort)
}

// Reactor is the reactor the connection lives on.
func (c *conn) Reactor() *Reactor { return c.r }

// Connector is what made an outgoing connection.
func (c *conn) Connector() *Connector { return c.owner.connector() }

func (c *conn) pump() *pump {
	if c.rare == nil {
		return nil
	}
	return c.rare.pump
}

func (c *conn) tls() *tlsLayer {
	if c.rare == nil {
		return nil
	}
	return c.rare.tls
}

func (c *conn) unusual() *rare {
	if c.rare == nil {
		c.rare = &rare{}
	}
	return c.rare
}
