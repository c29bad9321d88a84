package main

import (
	"net"

	"github.com/tconn/tconn/protocols/imap4/imap4server"
	"github.com/tconn/tconn/reactor"
)

// startServer starts an IMAP server on a free port of the loopback interface, on the reactor that drives the client too, and
// makes it the target.
func (a *app) startServer() error {
	factory := &imap4server.Factory{
		Authenticate: imap4server.OneUser("demo", "demo", imap4server.NewDemoAccount(3)),
		Options:      imap4server.Options{AllowInsecureAuth: true}, // both ends are in this process
	}
	port, err := a.reactor.ListenTCP(0, factory, reactor.Interface("127.0.0.1"))
	if err != nil {
		return err
	}
	addr := port.Addr().(*net.TCPAddr)
	a.host, a.port = addr.IP.String(), addr.Port
	return nil
}
