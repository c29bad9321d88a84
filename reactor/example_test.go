package reactor_test

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/tconn/tconn/reactor"
)

// Echo answers with what it gets.
type Echo struct{ reactor.BaseProtocol }

func (e *Echo) DataReceived(data []byte) { _, _ = e.Transport().Write(data) }

// EchoClient sends a message, prints the answer, and closes.
type EchoClient struct{ reactor.BaseProtocol }

func (c *EchoClient) ConnectionMade() { _, _ = c.Transport().Write([]byte("hello, world!")) }

func (c *EchoClient) DataReceived(data []byte) {
	fmt.Println("Server said:", string(data))
	c.Transport().LoseConnection()
}

func (c *EchoClient) ConnectionLost(reason error) { fmt.Println("connection lost:", reason) }

// EchoFactory ends the program with its connection.
type EchoFactory struct {
	reactor.BaseClientFactory
	loop *reactor.Reactor
}

func (f *EchoFactory) BuildProtocol(net.Addr) reactor.Protocol { return &EchoClient{} }

func (f *EchoFactory) ClientConnectionFailed(_ *reactor.Connector, reason error) {
	fmt.Println("Connection failed:", reason)
	_ = f.loop.Stop()
}

func (f *EchoFactory) ClientConnectionLost(*reactor.Connector, error) {
	fmt.Println("Goodbye!")
	_ = f.loop.Stop()
}

// An echo server and its client, both on one reactor. A program with one reactor can use the functions of the package, which
// belong to the default one, in place of these methods.
func Example() {
	loop := reactor.New()
	port, err := loop.ListenTCP(0, reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &Echo{} }), reactor.Interface("127.0.0.1"))
	if err != nil {
		fmt.Println(err)
		return
	}
	loop.ConnectTCP("127.0.0.1", port.Addr().(*net.TCPAddr).Port, &EchoFactory{loop: loop})
	if err := loop.Run(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Server said: hello, world!
	// connection lost: Connection was closed cleanly.
	// Goodbye!
}

func ExampleReactor_CallLater() {
	loop := reactor.New()
	tick := 0
	var again func()
	again = func() {
		tick++
		fmt.Println("tick", tick)
		if tick == 3 {
			_ = loop.Stop()
			return
		}
		loop.CallLater(10*time.Millisecond, again)
	}
	loop.CallLater(0, again)
	never := loop.CallLater(time.Hour, func() { fmt.Println("never") })
	_ = never.Cancel()
	fmt.Println(never.Cancel())
	_ = loop.Run()
	// Output:
	// Tried to cancel an already-cancelled event.
	// tick 1
	// tick 2
	// tick 3
}

// Refused prints why there is no connection.
type Refused struct {
	EchoFactory
}

func (f *Refused) ClientConnectionFailed(c *reactor.Connector, reason error) {
	fmt.Println(reason)
	fmt.Println("refused:", errors.Is(reason, reactor.ErrConnectionRefused), "state:", c.State())
	_ = f.loop.Stop()
}

func ExampleReactor_ConnectTCP_refused() {
	free, err := net.Listen("tcp", "127.0.0.1:0") // a port where nobody will listen
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = free.Close()
	loop := reactor.New()
	loop.ConnectTCP("127.0.0.1", free.Addr().(*net.TCPAddr).Port, &Refused{EchoFactory{loop: loop}})
	_ = loop.Run()
	// Output:
	// Connection was refused by other side: 111: Connection refused.
	// refused: true state: disconnected
}
