package reactortest_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"github.com/tconn/tconn/reactor"
)

// peer is one side of a connection in a schedule: it does what chance tells it, and notes what happens to it.
type peer struct {
	w      *world
	name   string
	server bool
	t      reactor.Transport
	key    int // tells the bytes of this connection and direction from others

	made, lost, hooks int
	reason            error
	sent, got         int // bytes that Write took; bytes that came in

	readLost  bool // heard of the end of the peer's half
	closed    bool // has closed or aborted, by its own doing or by a panic
	writeEnd  bool // has called LoseWriteConnection
	paused    bool // has paused and not resumed
	everPause bool
	abrupt    bool // what it sent need not arrive: it aborted or panicked
	calling   bool // is inside a call of its transport
	source    *randomSource
}

// halfPeer goes on when one half is over.
type halfPeer struct{ *peer }

func (p *peer) MakeConnection(t reactor.Transport) {
	p.t = t
	local, remote := t.LocalAddr().String(), t.RemoteAddr().String()
	client := local
	if p.server {
		client = remote
	}
	if a, err := net.ResolveTCPAddr("tcp", client); err == nil {
		p.key = a.Port
	}
	t.OnLost(func(error) { p.hooks++ })
	p.w.trace("%s: made, %v to %v", p.name, local, remote)
}

func (p *peer) ConnectionMade() {
	p.made++
	if p.made > 1 || p.lost > 0 {
		p.w.errorf("%s: ConnectionMade: got call %d after %d losses, want one before", p.name, p.made, p.lost)
	}
	if p.w.startTLS {
		p.secure()
	}
	p.act("made", 3)
}

func (p *peer) DataReceived(data []byte) {
	if p.closed || p.lost > 0 {
		p.w.errorf("%s: DataReceived after the close: got %d bytes, want none", p.name, len(data))
	}
	if p.paused && !p.w.tls() { // TLS may have been decrypting
		p.w.errorf("%s: DataReceived while paused: got %d bytes, want none", p.name, len(data))
	}
	for i, b := range data {
		if want := p.byteAt(!p.server, p.got+i); b != want {
			p.w.errorf("%s: byte %d: got %#x, want %#x", p.name, p.got+i, b, want)
			break
		}
	}
	p.got += len(data)
	p.act("data", 1)
}

func (p *peer) ConnectionLost(reason error) {
	p.w.trace("%s: lost: %v", p.name, reason)
	p.lost++
	p.reason = reason
	p.w.reasons = append(p.w.reasons, reason)
	if state, ok := p.t.(reactor.TLSTransport).TLSState(); ok && state.HandshakeComplete {
		p.w.reasons = append(p.w.reasons, errSecured)
	}
	switch {
	case p.made != 1 || p.lost != 1:
		p.w.errorf("%s: ConnectionLost: got %d after %d ConnectionMade, want 1 after 1", p.name, p.lost, p.made)
	case p.calling:
		p.w.errorf("%s: ConnectionLost: got it inside a call of the transport", p.name)
	case p.hooks != 1:
		p.w.errorf("%s: ConnectionLost: got %d calls of OnLost before, want 1", p.name, p.hooks)
	}
	p.act("lost", 1)
}

func (p *halfPeer) ReadConnectionLost() {
	p.w.trace("%s: read half lost", p.name)
	if p.readLost || p.lost > 0 {
		p.w.errorf("%s: ReadConnectionLost: got one too many", p.name)
	}
	p.readLost = true
	p.act("read half lost", 1)
}

func (p *halfPeer) WriteConnectionLost() {
	p.w.trace("%s: write half lost", p.name)
	if !p.writeEnd || p.lost > 0 {
		p.w.errorf("%s: WriteConnectionLost: got one without LoseWriteConnection, or after the loss", p.name)
	}
	p.act("write half lost", 1)
}

// byteAt is the byte at a place of the stream that the server, or the client, of a connection sends.
func (p *peer) byteAt(ofServer bool, i int) byte {
	key := p.key * 2
	if ofServer {
		key++
	}
	return byte(i*31 + (i>>8)*13 + key*7)
}

// call marks what is a call of the transport, in which nothing may come back.
func (p *peer) call(what string, f func()) {
	p.w.trace("%s: %s", p.name, what)
	before := p.calling
	p.calling = true
	f()
	p.calling = before
}

// act does up to most things that chance chooses.
func (p *peer) act(when string, most int) {
	for range p.w.rnd.IntN(most + 1) {
		if p.w.spent() {
			return
		}
		p.one(when, true)
	}
}

// one does one thing. mayPanic is for callbacks that the reactor guards.
func (p *peer) one(when string, mayPanic bool) {
	switch n := p.w.rnd.IntN(100); {
	case n < 45:
		p.write(p.w.size())
	case n < 50:
		p.call("pause", func() { p.paused, p.everPause = true, true; p.t.PauseProducing() })
	case n < 58:
		p.resume()
	case n < 68:
		p.later()
	case n < 72:
		p.closed = true
		p.call("LoseConnection", p.t.LoseConnection)
	case n < 74:
		p.closed, p.abrupt = true, true
		p.call("AbortConnection", p.t.AbortConnection)
	case n < 75:
		p.closed, p.abrupt = true, true
		p.call("AbortWith", func() { p.t.AbortWith(errSchedule) })
	case n < 79:
		p.writeEnd = true
		p.call("LoseWriteConnection", func() { p.t.(reactor.TCPTransport).LoseWriteConnection() })
	case n < 82:
		p.produce()
	case n < 84:
		p.call("UnregisterProducer", func() { p.source = nil; p.t.UnregisterProducer() })
	case n < 85 && mayPanic && p.lost == 0:
		p.closed, p.abrupt = true, true
		p.w.trace("%s: panic when %s", p.name, when)
		panic(errSchedule)
	case n < 88:
		p.disconnect()
	default:
		p.w.disturb(p)
	}
}

var errSchedule = errors.New("the schedule says so")

func (p *peer) write(n int) {
	data := make([]byte, n)
	for i := range data {
		data[i] = p.byteAt(p.server, p.sent+i)
	}
	var taken int
	var err error
	p.call(fmt.Sprintf("write %d", n), func() { taken, err = p.t.Write(data) })
	switch {
	case err == nil && taken != n || err != nil && taken != 0:
		p.w.errorf("%s: Write of %d bytes: got %d and %v", p.name, n, taken, err)
	case err == nil && (p.lost > 0 || (p.writeEnd || p.closed) && p.source == nil):
		p.w.errorf("%s: Write after the close: got %v, want ErrWriteAfterClose", p.name, err)
	case errors.Is(err, reactor.ErrBufferFull):
		p.closed, p.abrupt = true, true
	}
	if err == nil {
		p.sent += n
	}
}

func (p *peer) resume() {
	p.paused = false
	p.call("resume", p.t.ResumeProducing)
}

// later does something after a while: often what ends a pause.
func (p *peer) later() {
	r := p.t.Reactor()
	if !r.Running() {
		return
	}
	r.CallLater(p.w.delay(), func() {
		if p.w.rnd.IntN(2) == 0 {
			p.resume()
		}
		if !p.w.spent() {
			p.one("called later", false)
		}
	})
}

func (p *peer) disconnect() {
	p.closed = true
	if k := p.t.Connector(); k != nil && p.lost == 0 {
		p.call("Disconnect", k.Disconnect)
		return
	}
	p.call("StopProducing", p.t.StopProducing)
}

// secure starts TLS on a connection.
func (p *peer) secure() {
	config := trusting()
	if p.server {
		config = serving()
	}
	t := p.t.(reactor.TLSTransport)
	p.call("StartTLS", func() {
		d := t.StartTLS(config)
		p.w.follow(p.name+": StartTLS", func(count func()) {
			d.Handle(func(tls.ConnectionState) { count() }, func(error) { count() })
		})
		if p.w.rnd.IntN(8) == 0 {
			p.t.Reactor().CallLater(p.w.delay(), func() {
				if _, _, over := d.Result(); !over {
					p.closed, p.abrupt = true, true
				}
				d.Cancel()
			})
		}
	})
}

// produce registers a source of a few random pieces.
func (p *peer) produce() {
	s := &randomSource{p: p, left: 1 + p.w.rnd.IntN(6)}
	streaming := p.w.rnd.IntN(2) == 0
	p.call(fmt.Sprintf("RegisterProducer, streaming %v", streaming), func() {
		before := p.source
		p.source = s
		if err := p.t.RegisterProducer(s, streaming); err != nil {
			p.source = before
			return
		}
		if s.stopped > 0 {
			p.source = before
		}
	})
	if streaming && p.source == s {
		s.more()
	}
}

// randomSource writes a piece when it is asked to.
type randomSource struct {
	p       *peer
	left    int
	stopped int
	paused  bool
}

func (s *randomSource) PauseProducing() { s.paused = true }

func (s *randomSource) ResumeProducing() {
	s.paused = false
	s.more()
}

func (s *randomSource) StopProducing() {
	if s.p.source == s {
		s.p.source = nil
	}
	if s.stopped++; s.stopped > 1 {
		s.p.w.errorf("%s: StopProducing: got %d, want 1", s.p.name, s.stopped)
	}
}

func (s *randomSource) more() {
	if s.p.lost > 0 || s.p.source != s {
		return
	}
	if s.left--; s.left < 0 {
		s.p.call("the source is done", func() { s.p.source = nil; s.p.t.UnregisterProducer() })
		return
	}
	s.p.write(s.p.w.size())
}

// finish ends a peer that is still there in good order.
func (p *peer) finish() {
	if p.lost > 0 || p.t == nil {
		return
	}
	p.resume()
	p.call("finish", func() {
		p.source = nil
		p.t.UnregisterProducer()
		p.closed = true
		p.t.LoseConnection()
	})
}

func (p *peer) String() string {
	return fmt.Sprintf("%s (sent %d, got %d, lost %d: %v)", p.name, p.sent, p.got, p.lost, p.reason)
}
