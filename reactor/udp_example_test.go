package reactor_test

import (
	"fmt"
	"net/netip"

	"github.com/tconn/tconn/reactor"
)

// UDPEcho sends each datagram back to where it came from.
type UDPEcho struct{ reactor.BaseDatagramProtocol }

func (e *UDPEcho) DatagramReceived(data []byte, from netip.AddrPort) {
	_ = e.Transport().Write(data, from)
}

// UDPEchoClient asks, prints the answer, and stops the reactor.
type UDPEchoClient struct{ reactor.BaseDatagramProtocol }

func (c *UDPEchoClient) StartProtocol() { _ = c.Transport().WriteConnected([]byte("hello, world!")) }

func (c *UDPEchoClient) DatagramReceived(data []byte, _ netip.AddrPort) {
	fmt.Printf("Server said: %s\n", data)
	_ = c.Transport().Reactor().Stop()
}

func (c *UDPEchoClient) ConnectionRefused() { fmt.Println("nobody is listening") }

func (c *UDPEchoClient) StopProtocol() { fmt.Println("Goodbye!") }

// An echo server over UDP and its client, both on one reactor.
func ExampleReactor_ListenUDP() {
	loop := reactor.New()
	port, err := loop.ListenUDP(0, &UDPEcho{}, reactor.Interface("127.0.0.1"))
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := loop.ConnectUDP(port.LocalAddr(), &UDPEchoClient{}); err != nil {
		fmt.Println(err)
		return
	}
	_ = loop.Run()
	// Output:
	// Server said: hello, world!
	// Goodbye!
}
