package reactortest_test

import (
	"fmt"
	"time"

	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// Echo sends back what it gets and hangs up after a minute of silence.
type Echo struct {
	reactor.BaseProtocol
	idle *reactor.DelayedCall
}

func (e *Echo) ConnectionMade() {
	e.idle = e.Transport().Reactor().CallLater(time.Minute, e.Transport().LoseConnection)
}

func (e *Echo) DataReceived(data []byte) {
	_ = e.idle.Reset(time.Minute)
	_, _ = e.Transport().Write(data)
}

func (e *Echo) ConnectionLost(reason error) {
	_ = e.idle.Cancel()
	fmt.Println(reason)
}

// The test is the peer.
func ExampleTransport() {
	tr := reactortest.NewTransport(nil)
	tr.Connect(&Echo{})
	tr.Receive([]byte("hello"))
	fmt.Printf("%s\n", tr.Take())
	tr.Lose(nil)
	// Output:
	// hello
	// Connection was closed cleanly.
}

// A minute of silence takes no time.
func ExampleClock() {
	clock := reactortest.NewClock()
	tr := reactortest.NewTransport(clock)
	tr.Connect(&Echo{})

	clock.Advance(59 * time.Second)
	tr.Receive([]byte("x"))
	clock.Advance(59 * time.Second)
	fmt.Println("closing:", tr.Disconnecting())
	clock.Advance(time.Second)
	fmt.Println("closing:", tr.Disconnecting(), "planned:", clock.Pending())
	// Output:
	// closing: false
	// Connection was closed cleanly.
	// closing: true planned: 0
}

// Greeter asks the echo for a word, and hangs up when it has it.
type Greeter struct {
	reactor.BaseProtocol
	heard []byte
}

func (g *Greeter) ConnectionMade() { _, _ = g.Transport().Write([]byte("hello")) }

func (g *Greeter) DataReceived(data []byte) {
	g.heard = append(g.heard, data...)
	if string(g.heard) == "hello" {
		fmt.Printf("heard %s\n", g.heard)
		g.Transport().LoseConnection()
	}
}

// Two protocols talk to each other, one byte at a time.
func ExamplePump() {
	pump := reactortest.NewPump(nil, &Greeter{}, &Echo{})
	pump.SetChunking(reactortest.Bytewise)
	if err := pump.Flush(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// heard hello
	// Connection was closed cleanly.
}
