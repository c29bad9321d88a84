package policies_test

import (
	"fmt"
	"net"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// plain is a protocol that notes what is called on it. The hooks run after the note.
type plain struct {
	reactor.BaseProtocol
	events []string
	onMake func()
	onData func(data string)
}

func (p *plain) note(event string) { p.events = append(p.events, event) }

func (p *plain) MakeConnection(t reactor.Transport) {
	p.BaseProtocol.MakeConnection(t)
	p.note("transport")
	if p.onMake != nil {
		p.onMake()
	}
}

func (p *plain) ConnectionMade() { p.note("made") }

func (p *plain) DataReceived(data []byte) {
	p.note("data " + string(data))
	if p.onData != nil {
		p.onData(string(data))
	}
}

func (p *plain) ConnectionLost(reason error) { p.note("lost " + reason.Error()) }

// write is for protocols that cannot do anything about an error.
func (p *plain) write(s string) { _, _ = p.Transport().Write([]byte(s)) }

// of is a factory of one protocol.
func of(p reactor.Protocol) reactor.Factory {
	return reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return p })
}

// open lets f build a protocol and gives it a connection on clock, nil for a clock of its own.
func open(t *testing.T, clock *reactortest.Clock, f reactor.Factory) *reactortest.Transport {
	t.Helper()
	tr := reactortest.NewTransport(clock)
	p := f.BuildProtocol(tr.RemoteAddr())
	if p == nil {
		t.Fatal("BuildProtocol: got nil, want a protocol")
	}
	tr.Connect(p)
	return tr
}

func addr(ip string) net.Addr { return &net.TCPAddr{IP: net.ParseIP(ip), Port: 4711} }

func expect[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %#v\nwant %#v", what, got, want)
	}
}

func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := fmt.Sprint(recover()); got != want {
			t.Errorf("panic:\n got %s\nwant %s", got, want)
		}
	}()
	f()
}
