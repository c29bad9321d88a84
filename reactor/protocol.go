package reactor

// Protocol carries one conversation: one value per connection, built by a Factory.
//
// The reactor calls MakeConnection, then ConnectionMade, then DataReceived as often as bytes come in, and ConnectionLost
// exactly once at the end. All four run on the reactor goroutine and must not block. A panic in one of them is
// logged and closes this connection only, with the panic (*PanicError) as the reason of its ConnectionLost.
//
// Embed BaseProtocol and write only the methods you need. Source: twisted.internet.interfaces.IProtocol.
type Protocol interface {
	// MakeConnection gives the protocol its transport. A library protocol sets itself up here and registers its
	// clean-up with Transport.OnLost, so that a user who embeds it may shadow the other three methods.
	MakeConnection(t Transport)
	// ConnectionMade is called once the connection stands (for TLS: after the handshake). A client starts the talk here.
	ConnectionMade()
	// DataReceived is called with bytes as they come: any cutting is possible.
	//
	// Lifetime: data is borrowed until the call returns; copy what must stay.
	DataReceived(data []byte)
	// ConnectionLost is called once, last. The reason is ErrConnectionDone when the end was clean, otherwise an error
	// that matches ErrConnectionLost, ErrConnectionAborted, or the panic that ended the connection.
	ConnectionLost(reason error)
}

// Wrapper is a Protocol that stands in front of another one and passes on what it hears. The reactor looks through it for the
// optional interfaces of a Protocol (HalfCloser).
type Wrapper interface {
	Protocol
	// Unwrap is the protocol behind.
	Unwrap() Protocol
}

// As answers p, or the first protocol behind it (Wrapper), that is a T; ok is false when none is.
func As[T any](p Protocol) (found T, ok bool) {
	for p != nil {
		if found, ok = p.(T); ok {
			return found, true
		}
		w, wraps := p.(Wrapper)
		if !wraps {
			break
		}
		p = w.Unwrap()
	}
	return found, false
}

// BaseProtocol implements Protocol with nothing in it but the transport; embed it in your own.
//
// Source: twisted.internet.protocol.Protocol.
type BaseProtocol struct {
	transport Transport
}

// MakeConnection keeps the transport for Transport.
func (p *BaseProtocol) MakeConnection(t Transport) { p.transport = t }

// ConnectionMade does nothing.
func (p *BaseProtocol) ConnectionMade() {}

// DataReceived drops the bytes.
func (p *BaseProtocol) DataReceived([]byte) {}

// ConnectionLost does nothing.
func (p *BaseProtocol) ConnectionLost(error) {}

// Transport is the connection this protocol talks through; nil before MakeConnection. It stays set, and harmless,
// after ConnectionLost.
func (p *BaseProtocol) Transport() Transport { return p.transport }
