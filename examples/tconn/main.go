// Command tconn is the classic first Twisted program, in Go: it asks an IMAP server what it can do.
package main

import (
	"fmt"
	"net"
	"os"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
)

type client struct{ imap4.Client }

func (c *client) ConnectionMade() {
	fmt.Println("I have successfully connected to the server!")
	c.GetCapabilities().Handle(c.gotCapabilities, failed)
}

func (c *client) gotCapabilities(caps imap4.Capabilities) {
	if caps.Len() == 0 {
		fmt.Println("Server did not return a capability list.")
	}
	for capability := range caps.All() {
		fmt.Println(capability)
	}
	c.Logout().Handle(func(struct{}) { reactor.Stop() }, failed)
}

func failed(err error) {
	fmt.Fprintln(os.Stderr, err)
	reactor.Stop()
}

type factory struct{ reactor.BaseClientFactory }

func (*factory) BuildProtocol(net.Addr) reactor.Protocol { return &client{} }

func (*factory) ClientConnectionFailed(_ *reactor.Connector, reason error) {
	fmt.Println("Client connection failed:", reason)
	reactor.Stop()
}

func main() {
	reactor.ConnectTCP(os.Args[1], 143, &factory{})
	reactor.Run()
}
