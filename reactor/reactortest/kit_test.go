package reactortest_test

import (
	"net"
	"testing"

	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// talk connects two recorders on one reactor. Port 25 listens.
func talk(t *testing.T, client, server *recorder, options ...reactor.Option) *reactortest.Reactor {
	t.Helper()
	r := reactortest.NewReactor(options...)
	t.Cleanup(r.Close)
	if _, err := r.ListenTCP(25, serve(server)); err != nil {
		t.Fatalf("ListenTCP: got %v, want none", err)
	}
	r.ConnectTCP("192.0.2.1", 25, clientOf(client))
	return r
}

func serve(p reactor.Protocol) reactor.Factory {
	return reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return p })
}

// oneClient is a factory for one connection that keeps what it hears.
type oneClient struct {
	reactor.BaseClientFactory
	p      reactor.Protocol
	failed []error
	lost   []error
}

func clientOf(p reactor.Protocol) *oneClient { return &oneClient{p: p} }

func (c *oneClient) BuildProtocol(net.Addr) reactor.Protocol { return c.p }

func (c *oneClient) ClientConnectionFailed(_ *reactor.Connector, reason error) {
	c.failed = append(c.failed, reason)
}

func (c *oneClient) ClientConnectionLost(_ *reactor.Connector, reason error) {
	c.lost = append(c.lost, reason)
}

// halfRecorder notes the ends of the halves, too.
type halfRecorder struct{ recorder }

func (h *halfRecorder) ReadConnectionLost()  { h.note("read half lost") }
func (h *halfRecorder) WriteConnectionLost() { h.note("write half lost") }
