package endpoints_test

import (
	"fmt"
	"net"

	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/reactor"
)

// Shout answers in capitals, and says who asks.
type Shout struct{ reactor.BaseProtocol }

func (s *Shout) DataReceived(data []byte) {
	_, _ = fmt.Fprintf(s.Transport(), "%v says %s", s.Transport().RemoteAddr().(*net.TCPAddr).IP, data)
}

// Ask sends a word and prints the answer.
type Ask struct {
	reactor.BaseProtocol
	loop *reactor.Reactor
}

func (a *Ask) ConnectionMade() { _, _ = a.Transport().Write([]byte("hello")) }

func (a *Ask) DataReceived(data []byte) {
	fmt.Println(string(data))
	_ = a.loop.Stop()
}

// A server behind a load balancer, which tells it with a PROXY header who its clients are, and a client that plays the balancer.
// Both are configured by a string.
func Example() {
	loop := reactor.New()
	server, err := endpoints.ParseServer(loop, "tcp:0:interface=127.0.0.1:acceptproxy=127.0.0.0/8")
	if err != nil {
		fmt.Println(err)
		return
	}
	failed := func(err error) {
		fmt.Println("failed:", err)
		_ = loop.Stop()
	}
	connect := func(port *reactor.Port) {
		client, err := endpoints.ParseClient(loop, fmt.Sprintf("tcp:127.0.0.1:%d:timeout=10", port.Addr().(*net.TCPAddr).Port))
		if err != nil {
			failed(err)
			return
		}
		client = endpoints.SendPROXY(client, endpoints.ProxyHeader{
			Source:      &net.TCPAddr{IP: net.IPv4(198, 51, 100, 7), Port: 49152},
			Destination: &net.TCPAddr{IP: net.IPv4(198, 51, 100, 8), Port: 80},
		})
		client.Connect(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &Ask{loop: loop} })).
			Handle(func(reactor.Protocol) { fmt.Println("connected") }, failed)
	}
	loop.CallWhenRunning(func() {
		server.Listen(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &Shout{} })).Handle(connect, failed)
	})
	if err := loop.Run(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// connected
	// 198.51.100.7 says hello
}

// Mistakes in a string form are found before anything is connected, and passwords are not shown.
func ExampleParseClient() {
	loop := reactor.New()
	for _, form := range []string{
		"tls:imap.example.com:993 via socks5:proxy.example.com:1080:user=joe:password=secret",
		"tcp:imap.example.com:143:tiemout=10",
	} {
		ep, err := endpoints.ParseClient(loop, form)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(ep)
	}
	// Output:
	// tls:imap.example.com:993 via socks5:proxy.example.com:1080:user=joe:password=***
	// endpoints: tcp: unknown argument "tiemout"; allowed are host, port, timeout, bindAddress, sendproxy
}
