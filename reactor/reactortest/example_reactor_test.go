package reactortest_test

import (
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// Caller connects, asks, and tells how it went.
type Caller struct {
	reactor.BaseProtocol
	reactor.BaseClientFactory
}

func (c *Caller) BuildProtocol(net.Addr) reactor.Protocol { return c }
func (c *Caller) ConnectionMade()                         { _, _ = c.Transport().Write([]byte("hello")) }
func (c *Caller) DataReceived(data []byte)                { fmt.Printf("heard %s\n", data) }

func (c *Caller) ConnectionLost(reason error) {
	var cause *reactor.LossError
	if errors.As(reason, &cause) { // its text would tell the number of the error, which is another one on each system
		reason = cause.Kind
	}
	fmt.Println("lost:", reason)
}

func (c *Caller) ClientConnectionFailed(_ *reactor.Connector, reason error) {
	fmt.Println("failed:", reason.(*reactor.ConnectError).Kind)
}

var quietEcho = reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &Parrot{} })

// Parrot is an echo that never hangs up.
type Parrot struct{ reactor.BaseProtocol }

func (p *Parrot) DataReceived(data []byte) { _, _ = p.Transport().Write(data) }

// A client and a server on the real reactor, in memory.
func ExampleReactor() {
	r := reactortest.NewReactor()
	defer r.Close()
	r.Network().SetHost("echo.example", "192.0.2.1")

	r.ConnectTCP("echo.example", 7, &Caller{})
	r.Flush()
	_, _ = r.ListenTCP(7, quietEcho)
	client := &Caller{}
	r.ConnectTCP("echo.example", 7, client)
	r.Flush()
	client.Transport().LoseConnection()
	r.Flush()
	fmt.Println(len(r.Network().Conns()), "connections")
	// Output:
	// failed: Connection was refused by other side.
	// heard hello
	// lost: Connection was closed cleanly.
	// 0 connections
}

// Half a minute without an answer takes no time.
func ExampleReactor_Advance() {
	r := reactortest.NewReactor()
	defer r.Close()
	r.Network().BlackHole("192.0.2.1")
	r.ConnectTCP("192.0.2.1", 7, &Caller{})
	r.Advance(30 * time.Second)
	// Output:
	// failed: User timeout caused connection failure.
}

// Two programs in one network, and a line between them that breaks.
func ExampleNetwork() {
	network := reactortest.NewNetwork()
	defer network.Close()
	server, client := network.NewReactor(), network.NewReactor()
	_, _ = server.ListenTCP(7, quietEcho)
	caller := &Caller{}
	client.ConnectTCP("192.0.2.1", 7, caller)
	network.Flush()

	line := network.ConnOf(caller.Transport())
	line.ToClient().SetLatency(time.Second)
	_, _ = caller.Transport().Write([]byte("again"))
	network.Advance(time.Second)
	line.Reset()
	network.Advance(time.Second)
	// Output:
	// heard hello
	// heard again
	// lost: Connection to the other side was lost in a non-clean fashion.
}

// A Conn is where the faults of one connection are.
func ExampleConn() {
	r := reactortest.NewReactor()
	defer r.Close()
	r.Network().OnConnect(func(c *reactortest.Conn) { c.ToClient().SetChunking(reactortest.Bytewise) })
	_, _ = r.ListenTCP(7, quietEcho)
	r.ConnectTCP("192.0.2.1", 7, &Caller{})
	r.Flush()
	fmt.Println("and its line is cut")
	r.Network().Conns()[0].Cut()
	// Output:
	// heard h
	// heard e
	// heard l
	// heard l
	// heard o
	// and its line is cut
	// lost: Connection to the other side was lost in a non-clean fashion.
}

// A test on real sockets. It is written as TestEcho(t *testing.T).
func ExampleRun() {
	testEcho := func(t testing.TB) {
		answer := reactortest.Run(t, func(r *reactor.Reactor) *deferred.Deferred[string] {
			d := deferred.New[string]()
			port, err := r.ListenTCP(0, quietEcho, reactor.Interface("127.0.0.1"))
			if err != nil {
				t.Fatal(err)
			}
			r.ConnectTCP("127.0.0.1", port.Addr().(*net.TCPAddr).Port, &Asker{answer: d})
			d.AddBoth(func(s string, err error) (string, error) {
				port.StopListening()
				return s, err
			})
			return d
		})
		fmt.Println(answer)
	}
	testEcho(printed{&fakeTB{}})
	// Output:
	// hello
}

// Asker fires its Deferred with the answer, and hangs up.
type Asker struct {
	reactor.BaseProtocol
	reactor.BaseClientFactory
	answer *deferred.Deferred[string]
}

func (a *Asker) BuildProtocol(net.Addr) reactor.Protocol { return a }
func (a *Asker) ConnectionMade()                         { _, _ = a.Transport().Write([]byte("hello")) }

func (a *Asker) DataReceived(data []byte) {
	a.Transport().LoseConnection()
	a.answer.Callback(string(data))
}

func ExampleNoLeaks() {
	test := func(t testing.TB) {
		reactortest.NoLeaks(t)
		deferred.Fail[int](fmt.Errorf("nobody looks at this"))
	}
	runPrinted(test)
	// Output:
	// Deferred: got an error nobody took: nobody looks at this
}

func ExampleTrack() {
	test := func(t testing.TB) {
		login, logout := deferred.New[bool](), deferred.New[bool]()
		reactortest.Track(t, login, logout)
		login.Callback(true)
		logout.Callback(true)
	}
	runPrinted(test)
	fmt.Println("no complaint")
	// Output:
	// no complaint
}

// printed stands for the *testing.T of a test: it prints what it is told.
type printed struct{ *fakeTB }

func (printed) Helper()                           {}
func (printed) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// runPrinted runs a test that prints its failures.
func runPrinted(test func(t testing.TB)) {
	fake := &fakeTB{}
	fake.run(func() { test(printed{fake}) })
}
