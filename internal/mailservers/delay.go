package mailservers

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// maxDelayed is how many bytes of one direction are under way; then the sender is held back.
const maxDelayed = 4 << 20

// Delay answers the address of a TCP proxy to addr that hands on every byte d after it came, in each direction, so that a round trip takes 2 d
// more. The order is kept, what came together leaves together, and the end of a direction comes d later, too. It ends with t.
func Delay(t testing.TB, addr string, d time.Duration) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(wrong(err))
	}
	p := &delayProxy{target: addr, delay: d, open: make(map[net.Conn]bool)}
	p.work.Go(func() { p.serve(listener) })
	t.Cleanup(func() {
		_ = listener.Close()
		p.close()
	})
	return listener.Addr().String()
}

type delayProxy struct {
	target string
	delay  time.Duration
	work   sync.WaitGroup

	mu     sync.Mutex
	open   map[net.Conn]bool
	closed bool
}

func (p *delayProxy) serve(listener net.Listener) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		p.work.Go(func() { p.relay(client) })
	}
}

func (p *delayProxy) relay(client net.Conn) {
	defer p.forget(client)
	if !p.hold(client) {
		return
	}
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer p.forget(server)
	if !p.hold(server) {
		return
	}
	var back sync.WaitGroup
	back.Go(func() { p.pump(server, client) })
	p.pump(client, server)
	back.Wait()
}

// pump moves one direction to its end. When writing fails nobody wants the rest, and the reading side is closed.
func (p *delayProxy) pump(from, to net.Conn) {
	if err := pump(from, to, p.delay); err != nil {
		_ = from.Close()
	}
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

func (p *delayProxy) hold(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open[c] = true
	return !p.closed
}

func (p *delayProxy) forget(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, c)
	_ = c.Close()
}

func (p *delayProxy) close() {
	p.mu.Lock()
	p.closed = true
	for c := range p.open {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.work.Wait()
}

// delayed is what came together, and when it is due.
type delayed struct {
	data []byte
	due  time.Time
}

// pump copies from the one to the other, everything d later; it returns when the end of the one is due, or the other takes no more.
func pump(from io.Reader, to io.Writer, d time.Duration) error {
	line := newDelayLine()
	go func() {
		buffer := make([]byte, 64<<10)
		for {
			n, err := from.Read(buffer)
			at := time.Now().Add(d)
			if n > 0 && !line.put(delayed{append([]byte(nil), buffer[:n]...), at}) {
				return
			}
			if err != nil {
				line.put(delayed{nil, at})
				return
			}
		}
	}()
	defer line.leave()
	for {
		piece := line.take()
		time.Sleep(time.Until(piece.due))
		if piece.data == nil {
			return nil
		}
		if n, err := to.Write(piece.data); err != nil || n < len(piece.data) {
			return errors.Join(err, io.ErrShortWrite)
		}
	}
}

// delayLine is a queue with room for maxDelayed bytes.
type delayLine struct {
	mu     sync.Mutex
	change *sync.Cond
	pieces []delayed
	bytes  int
	left   bool
}

func newDelayLine() *delayLine {
	l := &delayLine{}
	l.change = sync.NewCond(&l.mu)
	return l
}

// put waits for room; it answers false when nobody takes any more.
func (l *delayLine) put(piece delayed) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.bytes >= maxDelayed && !l.left {
		l.change.Wait()
	}
	l.pieces = append(l.pieces, piece)
	l.bytes += len(piece.data)
	l.change.Broadcast()
	return !l.left
}

func (l *delayLine) take() delayed {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.pieces) == 0 {
		l.change.Wait()
	}
	piece := l.pieces[0]
	l.pieces = l.pieces[1:]
	l.bytes -= len(piece.data)
	l.change.Broadcast()
	return piece
}

func (l *delayLine) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = true
	l.change.Broadcast()
}
