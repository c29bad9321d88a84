package reactor

import "errors"

// TLSFeeder is a Transport that takes TLS bytes back from its protocol, found by type assertion.
type TLSFeeder interface {
	Transport
	// FeedTLS takes bytes that the protocol got in the clear, though they belong to the TLS session that it has just started with
	// StartTLS: they had come in one piece with what had to be read before, such as a PROXY header. It is called directly after
	// StartTLS, and answers an error if no handshake is under way. What is not TLS fails the handshake, so nothing that was sent in the
	// clear gets past it.
	//
	// Lifetime: p is copied.
	FeedTLS(p []byte) error
}

// FeedTLS gives the handshake what came before it began.
func (c *conn) FeedTLS(p []byte) error {
	t := c.tls()
	if t == nil || !t.shaking || c.phase != phaseOpen {
		return errors.New("reactor: FeedTLS without a TLS handshake under way")
	}
	if len(p) > 0 {
		t.feed(p)
	}
	return nil
}
