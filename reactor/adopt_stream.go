package reactor

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"go.uber.org/zap"
)

const (
	// pumpBytes is the size of each of the two buffers of an adopted stream.
	pumpBytes = 32 << 10
	// maxEmptyReads is how many times in a row a stream may answer no bytes and no error.
	maxEmptyReads = 100
)

// AdoptReadWriter makes any stream whose calls block a connection of the reactor: a channel of SSH, the pipes of a process, a net.Conn
// from a dialler of one's own, TLS included. factory builds its protocol in a later turn, once the reactor runs, and the
// protocol has all of a Transport: back-pressure, producers, LoseConnection that loses nothing. It is as if the connection had been
// accepted: it has no Connector, and StartTLS makes it a server's.
//
// The reactor owns rw from now on, unless AdoptReadWriter answers an error. Two goroutines read it and write it as long as the connection
// lasts, and each has a buffer of 32 KiB. The end of what is read (io.EOF) is the end of the peer's half, and a HalfCloser goes
// on; LoseWriteConnection calls rw's CloseWrite, if it has one. An error of Read or Write is a ConnectionLost that matches
// ErrConnectionLost and the error. When the connection is over and everything written has gone to rw, or at once after
// AbortConnection, rw is closed, once, in another goroutine than that of the reactor; SetReadDeadline is called before if there is one.
// Close must make a Read or Write that waits return, or the goroutine that waits stays until it does. Run waits for what is being
// written, within the flush timeout, and not for that Read.
//
// LocalAddr and RemoteAddr are those of rw if it has them.
// Errors: *AdoptError. A nil rw or factory panics. Goroutine: reactor, or before Run.
func (r *Reactor) AdoptReadWriter(rw io.ReadWriteCloser, factory Factory) error {
	r.mustBeInTurn("AdoptReadWriter")
	if rw == nil || factory == nil {
		panic("reactor: AdoptReadWriter: nil stream or factory")
	}
	if err := r.adoptReadWriter(rw, factory); err != nil {
		return &AdoptError{Name: fmt.Sprintf("%T", rw), Err: err}
	}
	return nil
}

func (r *Reactor) adoptReadWriter(rw io.ReadWriteCloser, factory Factory) error {
	if r.state.Load() >= stateStopping {
		return ErrStopped
	}
	fd, p, err := r.newPump(rw)
	if err != nil {
		return err
	}
	(&adopted{r: r, f: factory}).openLater(fd, p)
	return nil
}

// newPump makes a pump for rw, and answers the reactor's end of it.
func (r *Reactor) newPump(rw io.ReadWriteCloser) (fd int, p *pump, err error) {
	if _, err := r.files(); err != nil {
		return -1, nil, err
	}
	ours, theirs, err := r.sys.Pair()
	if err != nil {
		return -1, nil, err
	}
	file := os.NewFile(uintptr(theirs), "stream")
	wire, err := net.FileConn(file) // has a descriptor of its own
	_ = file.Close()
	if err != nil {
		r.sys.Close(ours)
		return -1, nil, err
	}
	p = &pump{r: r, rw: rw, wire: wire.(*net.UnixConn), ends: endsOf(rw), over: make(chan struct{})}
	p.close = sync.OnceFunc(p.closeStream)
	return ours, p, nil
}

// pump moves bytes between a stream whose calls block and a pair of sockets, of which the reactor has the other one.
type pump struct {
	r     *Reactor
	rw    io.ReadWriteCloser
	wire  *net.UnixConn
	ends  [2]net.Addr   // local and remote
	over  chan struct{} // closed when the connection is over
	close func()        // closes rw, once

	mu      sync.Mutex
	readErr error // of rw; what was read before comes first
}

// start begins pumping for c.
func (p *pump) start(c *conn) {
	if p.r.pumps == nil {
		p.r.pumps = make(map[*pump]struct{})
	}
	p.r.pumps[p] = struct{}{}
	c.unusual().pump = p
	go p.inbound()
	go p.outbound(c)
}

// inbound moves what rw reads, up to its end.
func (p *pump) inbound() {
	var err error
	panicked := p.r.protect("Read", func() { err = p.read() })
	p.mu.Lock()
	p.readErr = cmp.Or(panicked, err)
	p.mu.Unlock()
	_ = p.wire.CloseWrite()
}

// read answers what went wrong with rw; nil at its end, and when the connection takes no more.
func (p *pump) read() error {
	buf := make([]byte, pumpBytes)
	for empty := 0; empty < maxEmptyReads; empty++ {
		n, err := p.rw.Read(buf)
		if n > 0 {
			empty = 0
			if _, err := p.wire.Write(buf[:n]); err != nil {
				return nil
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
	return io.ErrNoProgress
}

// outbound moves what the protocol writes, up to the end of the connection, and then closes rw.
func (p *pump) outbound(c *conn) {
	var err error
	panicked := p.r.protect("Write", func() { err = p.write() })
	if err := cmp.Or(panicked, err); err != nil {
		_ = p.r.CallFromThread(func() { c.lost(err) })
	}
	<-p.over
	p.close()
	_ = p.wire.Close()
	_ = p.r.CallFromThread(func() { delete(p.r.pumps, p) })
}

// write answers what went wrong with rw. The end of the socket is no error, however it comes.
func (p *pump) write() error {
	buf := make([]byte, pumpBytes)
	for {
		n, err := p.wire.Read(buf)
		if n > 0 {
			if _, err := p.rw.Write(buf[:n]); err != nil {
				return err
			}
		}
		if err != nil {
			break
		}
	}
	if half, ok := p.rw.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// failure is why reading ended, nil if it was the end.
func (p *pump) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.readErr
}

// refuse closes what start was not called for.
func (p *pump) refuse() {
	_ = p.wire.Close()
	go p.close()
}

// end tells that the connection is over. What was written still goes to rw, unless it is aborted. Goroutine: reactor.
func (p *pump) end(abort bool) {
	close(p.over)
	if abort {
		p.abort()
	}
}

// abort ends both goroutines as soon as rw lets them. Goroutine: reactor.
func (p *pump) abort() {
	_ = p.wire.SetDeadline(time.Unix(1, 0))
	go p.close()
}

func (p *pump) closeStream() {
	if d, ok := p.rw.(interface{ SetReadDeadline(time.Time) error }); ok {
		_ = d.SetReadDeadline(time.Unix(1, 0))
	}
	var err error
	_ = p.r.protect("Close", func() { err = p.rw.Close() })
	if err != nil && !errors.Is(err, net.ErrClosed) {
		p.r.log.Debug("closing an adopted stream failed", zap.Error(err))
	}
}

// endsOf are the addresses of a stream, or stand for them.
func endsOf(rw io.ReadWriteCloser) [2]net.Addr {
	if s, ok := rw.(interface {
		LocalAddr() net.Addr
		RemoteAddr() net.Addr
	}); ok {
		return [2]net.Addr{s.LocalAddr(), s.RemoteAddr()}
	}
	name := streamAddr(fmt.Sprintf("%T", rw))
	return [2]net.Addr{name, name}
}

// streamAddr stands for the address of a stream that has none.
type streamAddr string

// Network is "stream".
func (streamAddr) Network() string { return "stream" }

// String names the stream.
func (a streamAddr) String() string { return string(a) }
