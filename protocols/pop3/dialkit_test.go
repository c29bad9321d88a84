package pop3_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
)

// guard is how long a test waits for what must happen. It only ends a test that has failed.
const guard = time.Minute

// beginsTLS in an answer puts TLS on behind what stands before it.
const beginsTLS = "(TLS)"

// answering is a server on a socket: it greets, and has an answer for each line, that of "*" for those it does not know.
type answering struct {
	reactor.BaseProtocol
	h       *host
	partial string
	heard   []string
	ended   chan struct{}
}

func (a *answering) ConnectionMade() { a.say(a.h.greeting) }

func (a *answering) ConnectionLost(error) { close(a.ended) }

func (a *answering) say(text string) {
	text, begins := strings.CutSuffix(text, beginsTLS)
	_, _ = a.Transport().Write([]byte(text))
	if begins {
		a.Transport().(reactor.TLSTransport).StartTLS(serverTLS()).Handle(nil, func(error) {})
	}
}

func (a *answering) DataReceived(data []byte) {
	a.partial += string(data)
	for {
		line, rest, whole := strings.Cut(a.partial, "\r\n")
		if !whole {
			return
		}
		a.partial = rest
		a.heard = append(a.heard, line)
		answer, known := a.h.answers[line]
		if !known {
			answer = a.h.answers["*"]
		}
		a.say(answer)
	}
}

// host is a reactor in a goroutine of its own that serves on loopback, in the clear and under TLS.
type host struct {
	t             *testing.T
	r             *reactor.Reactor
	greeting      string
	answers       map[string]string
	addr, addrTLS string
	served        chan *answering
}

func serve(t *testing.T, greeting string, answers map[string]string) *host {
	t.Helper()
	h := &host{t: t, r: reactor.New(), greeting: greeting, answers: answers, served: make(chan *answering, 10)}
	factory := reactor.FactoryFunc(func(net.Addr) reactor.Protocol {
		a := &answering{h: h, ended: make(chan struct{})}
		h.served <- a
		return a
	})
	plain, failed := h.r.ListenTCP(0, factory, reactor.Interface("127.0.0.1"))
	secure, err := h.r.ListenTLS(0, factory, serverTLS(), reactor.Interface("127.0.0.1"))
	if err = errors.Join(failed, err); err != nil {
		t.Fatal(err)
	}
	at := func(p *reactor.Port) string {
		return net.JoinHostPort("localhost", strconv.Itoa(p.Addr().(*net.TCPAddr).Port))
	}
	h.addr, h.addrTLS = at(plain), at(secure)
	stopped := make(chan error, 1)
	go func() { stopped <- h.r.Run() }()
	t.Cleanup(func() {
		h.do(func() { _ = h.r.Stop() })
		if err := <-stopped; err != nil {
			t.Errorf("Run: got %v, want nil", err)
		}
	})
	return h
}

// do calls f on the reactor and waits for its end.
func (h *host) do(f func()) {
	h.t.Helper()
	done := make(chan struct{})
	if err := h.r.CallFromThread(func() { defer close(done); f() }); err != nil {
		h.t.Fatal(err)
	}
	<-done
}

// server is that of the next connection.
func (h *host) server() *answering {
	h.t.Helper()
	select {
	case a := <-h.served:
		return a
	case <-time.After(guard):
		h.t.Fatal("no connection")
		return nil
	}
}

// closed waits for the end of the connection, and compares what its server has heard.
func (a *answering) closed(want ...string) {
	a.h.t.Helper()
	select {
	case <-a.ended:
	case <-time.After(guard):
		a.h.t.Fatal("the connection was not closed")
	}
	if !slices.Equal(a.heard, want) {
		a.h.t.Errorf("the server heard\n got %q\nwant %q", a.heard, want)
	}
}

// soon is a context for what must happen.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	t.Cleanup(cancel)
	return ctx
}
