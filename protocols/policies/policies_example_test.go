package policies_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/tconn/tconn/protocols/basic"
	"github.com/tconn/tconn/protocols/policies"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// Echo sends each line back, and hangs up after a minute without one.
type Echo struct {
	basic.LineReceiver
	policies.Timeout
}

func NewEcho() *Echo {
	e := &Echo{}
	e.Init(e)
	e.InitTimeout(e)
	return e
}

func (e *Echo) ConnectionMade() { e.SetTimeout(time.Minute) }

func (e *Echo) LineReceived(line []byte) {
	e.ResetTimeout()
	_ = e.SendLine(line)
}

func (e *Echo) ConnectionLost(reason error) {
	fmt.Println("timed out:", errors.Is(reason, os.ErrDeadlineExceeded))
}

// EchoFactory is what a program gives to ListenTCP.
var EchoFactory = reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return NewEcho() })

func ExampleTimeout() {
	tr := reactortest.NewTransport(nil)
	tr.Connect(NewEcho())
	tr.Clock().Advance(59 * time.Second)
	tr.Receive([]byte("a line\r\n"))
	tr.Clock().Advance(59 * time.Second)
	tr.Receive([]byte("no li"))
	fmt.Println("a second later")
	tr.Clock().Advance(time.Second)
	// Output:
	// a second later
	// timed out: true
}

// Two connections are allowed, one of each peer. The program would give f to ListenTCP.
func ExampleWrap() {
	f := policies.Wrap(EchoFactory, policies.Limit(2), policies.LimitPerHost(1), policies.IdleTimeout(30*time.Minute))
	for _, from := range []string{"192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.3"} {
		p := f.BuildProtocol(&net.TCPAddr{IP: net.ParseIP(from)})
		fmt.Println(from, p != nil)
	}
	// Output:
	// 192.0.2.1 true
	// 192.0.2.1 false
	// 192.0.2.2 true
	// 192.0.2.3 false
}

func ExampleTrace() {
	f := policies.Wrap(EchoFactory, policies.Trace(os.Stdout, policies.Server))
	tr := reactortest.NewTransport(nil)
	tr.Connect(f.BuildProtocol(tr.RemoteAddr()))
	tr.Receive([]byte("hello\r\nis anybody there?\r\n"))
	tr.Lose(nil)
	// Output:
	// #1 C: hello
	// #1 C: is anybody there?
	// #1 S: hello
	// #1 S: is anybody there?
	// timed out: false
}

// Rot13 hides what is said from those who do not read backwards well.
type Rot13 struct{ policies.ProtocolWrapper }

func (r *Rot13) DataReceived(data []byte) { r.ProtocolWrapper.DataReceived(rotate(data)) }

func (r *Rot13) Write(p []byte) (int, error) { return r.ProtocolWrapper.Write(rotate(p)) }

func rotate(p []byte) []byte {
	return bytes.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z':
			return 'a' + (c-'a'+13)%26
		case c >= 'A' && c <= 'Z':
			return 'A' + (c-'A'+13)%26
		}
		return c
	}, p)
}

// WithRot13 is a policies.Policy.
func WithRot13(f reactor.Factory) reactor.Factory {
	return policies.WrapFactory(f, func(p reactor.Protocol, _ net.Addr) reactor.Protocol {
		r := &Rot13{}
		r.Init(r, p)
		return r
	})
}

func ExampleProtocolWrapper() {
	f := policies.Wrap(EchoFactory, WithRot13, policies.Trace(os.Stdout, policies.Server))
	tr := reactortest.NewTransport(nil)
	tr.Connect(f.BuildProtocol(tr.RemoteAddr()))
	tr.Receive([]byte("uryyb\r\n"))
	fmt.Printf("on the wire: %q\n", tr.Take())
	// Output:
	// #1 C: hello
	// #1 S: hello
	// on the wire: "uryyb\r\n"
}
