package reactor

// netProtocol is the Protocol behind a NetConn. Goroutine: reactor.
type netProtocol struct {
	n    *NetConn
	made func(*NetConn) // is told that the connection stands; nil for nobody
}

func newNetProtocol(made func(*NetConn)) *netProtocol {
	return &netProtocol{n: newNetConn(), made: made}
}

// MakeConnection connects the NetConn. What was written before is sent now, and a Close of before comes into force.
func (p *netProtocol) MakeConnection(t Transport) {
	n := p.n
	n.mu.Lock()
	if n.transport != nil {
		n.mu.Unlock()
		panic("reactor: the Protocol of a NetConn is for one connection only")
	}
	n.transport = t
	n.local, n.remote = t.LocalAddr(), t.RemoteAddr()
	closed := n.closed
	n.mu.Unlock()
	if closed {
		n.shut()
	}
}

// ConnectionMade tells who waits for it.
func (p *netProtocol) ConnectionMade() {
	n := p.n
	n.mu.Lock()
	ended := n.out.ended
	n.send()
	n.mu.Unlock()
	if ended {
		n.shutWrite()
	}
	if p.made != nil {
		p.made(n)
	}
}

// DataReceived passes bytes on to Read.
func (p *netProtocol) DataReceived(data []byte) { p.n.received(data) }

// ReadConnectionLost is the end of what there is to read; writing goes on.
func (p *netProtocol) ReadConnectionLost() {
	n := p.n
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ended = true
	n.in.changed.Broadcast()
}

// WriteConnectionLost is what CloseWrite has asked for.
func (p *netProtocol) WriteConnectionLost() {}

// ConnectionLost wakes everybody.
func (p *netProtocol) ConnectionLost(reason error) {
	n := p.n
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lost = reason
	giveNetBuffer(n.out.buffer)
	n.out.buffer = nil
	n.in.changed.Broadcast()
	n.out.changed.Broadcast()
}
