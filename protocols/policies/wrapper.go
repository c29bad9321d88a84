package policies

import (
	"errors"
	"fmt"

	"github.com/tconn/tconn/reactor"
)

// ProtocolWrapper stands between a connection and a protocol: for the connection it is the protocol, for the protocol the
// connection. As it is it passes everything on. Embed it, call Init, and shadow the methods whose calls you want to see or to change:
//
//	type Counter struct {
//		policies.ProtocolWrapper
//		sent int
//	}
//
//	func (c *Counter) Write(p []byte) (int, error) {
//		n, err := c.ProtocolWrapper.Write(p)
//		c.sent += n
//		return n, err
//	}
//
// The protocol's calls arrive at your methods: Write sees also what is sent with WriteSequence, AbortWith sees
// AbortConnection, and LoseConnection sees StopProducing. To the protocol the connection stays what it is: a
// reactor.TCPTransport or reactor.TLSTransport if, and only if, the one behind is one.
//
// Goroutine: reactor, for every method. Source: twisted.protocols.policies.ProtocolWrapper.
type ProtocolWrapper struct {
	// Transport is the connection itself; nil before MakeConnection.
	reactor.Transport

	self  WrappingProtocol
	inner reactor.Protocol
}

// WrappingProtocol is both sides of a ProtocolWrapper. A type that embeds one is one.
type WrappingProtocol interface {
	reactor.Protocol
	reactor.Transport
}

// Init makes self the wrapper of inner. self is your own type, the one that embeds the ProtocolWrapper. A nil self or inner
// panics.
func (w *ProtocolWrapper) Init(self WrappingProtocol, inner reactor.Protocol) {
	if self == nil || inner == nil {
		panic("policies: ProtocolWrapper.Init with a nil wrapper or protocol")
	}
	w.self, w.inner = self, inner
}

// Unwrap is the protocol behind. It makes the wrapper a reactor.Wrapper.
func (w *ProtocolWrapper) Unwrap() reactor.Protocol { return w.inner }

// MakeConnection keeps the connection and gives the protocol the wrapper in its place. It panics without Init.
func (w *ProtocolWrapper) MakeConnection(t reactor.Transport) {
	if w.self == nil {
		panic("policies: a ProtocolWrapper was not initialised; call w.Init(w, protocol) where the wrapper w is made")
	}
	w.Transport = t
	w.inner.MakeConnection(asTransport(w.self, t))
}

// ConnectionMade passes on.
func (w *ProtocolWrapper) ConnectionMade() { w.inner.ConnectionMade() }

// DataReceived passes on.
func (w *ProtocolWrapper) DataReceived(data []byte) { w.inner.DataReceived(data) }

// ConnectionLost passes on.
func (w *ProtocolWrapper) ConnectionLost(reason error) { w.inner.ConnectionLost(reason) }

// WriteSequence calls the wrapper's Write with each piece, until one is refused.
func (w *ProtocolWrapper) WriteSequence(pieces ...[]byte) (n int, err error) {
	for _, p := range pieces {
		m, err := w.self.Write(p)
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// AbortConnection calls the wrapper's AbortWith with nil.
func (w *ProtocolWrapper) AbortConnection() { w.self.AbortWith(nil) }

// StopProducing calls the wrapper's LoseConnection.
func (w *ProtocolWrapper) StopProducing() { w.self.LoseConnection() }

// asTransport is outer as a Transport and no more, with what the connection real can do beyond that. The methods of Transport are
// outer's because they lie less deep; whatever else a TCPTransport or a TLSTransport has is real's.
func asTransport(outer, real reactor.Transport) reactor.Transport {
	tcp, isTCP := real.(reactor.TCPTransport)
	tls, isTLS := real.(reactor.TLSTransport)
	switch {
	case isTCP && isTLS:
		return &wrappedTCPTLS{outer, behind{real}, onlyTCP{tcp}, onlyTLS{tls}}
	case isTCP:
		return &wrappedTCP{outer, behind{real}, onlyTCP{tcp}}
	case isTLS:
		return &wrappedTLS{outer, behind{real}, onlyTLS{tls}}
	}
	return &wrappedPlain{outer, behind{real}}
}

type (
	wrappedPlain struct {
		reactor.Transport
		behind
	}
	wrappedTCP struct {
		reactor.Transport
		behind
		onlyTCP
	}
	wrappedTLS struct {
		reactor.Transport
		behind
		onlyTLS
	}
	wrappedTCPTLS struct {
		reactor.Transport
		behind
		onlyTCP
		onlyTLS
	}
	onlyTCP struct{ reactor.TCPTransport }
	onlyTLS struct{ reactor.TLSTransport }

	// behind lets what is known of the connection be found through the wrapper, the header of a proxy for example.
	behind struct{ real reactor.Transport }
)

// Unwrap is the connection behind the wrapper.
func (b behind) Unwrap() reactor.Transport { return b.real }

// FeedTLS passes on.
func (t onlyTLS) FeedTLS(p []byte) error {
	if f, ok := t.TLSTransport.(reactor.TLSFeeder); ok {
		return f.FeedTLS(p)
	}
	return errNoFeeder
}

var errNoFeeder = fmt.Errorf("policies: the connection takes no TLS bytes back: %w", errors.ErrUnsupported)

var (
	_ reactor.TCPTransport = (*wrappedTCP)(nil)
	_ reactor.TLSTransport = (*wrappedTLS)(nil)
	_ reactor.TCPTransport = (*wrappedTCPTLS)(nil)
	_ reactor.TLSTransport = (*wrappedTCPTLS)(nil)
	_ reactor.Wrapper      = (*ProtocolWrapper)(nil)
)
