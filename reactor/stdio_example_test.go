package reactor_test

import (
	"bytes"
	"fmt"
	"net"

	"github.com/tconn/tconn/reactor"
)

// Shout answers in capitals, and stops the reactor when its input ends.
type Shout struct{ reactor.BaseProtocol }

func (s *Shout) DataReceived(data []byte) { _, _ = s.Transport().Write(bytes.ToUpper(data)) }

func (s *Shout) ConnectionLost(error) { _ = s.Transport().Reactor().Stop() }

// A filter: what is typed, or comes from a file or a pipe, goes to standard output in capitals.
func ExampleReactor_StandardIO() {
	loop := reactor.New()
	if err := loop.StandardIO(&Shout{}); err != nil {
		fmt.Println(err)
		return
	}
	_ = loop.Run()
}

// A conversation over net.Pipe, which is no socket, with a protocol of the reactor at one end.
func ExampleReactor_AdoptReadWriter() {
	loop := reactor.New()
	near, far := net.Pipe()
	if err := loop.AdoptReadWriter(near, reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &Shout{} })); err != nil {
		fmt.Println(err)
		return
	}
	go func() {
		answer := make([]byte, 5)
		_, _ = far.Write([]byte("hello"))
		_, _ = far.Read(answer)
		fmt.Printf("%s\n", answer)
		_ = far.Close()
	}()
	_ = loop.Run()
	// Output: HELLO
}
