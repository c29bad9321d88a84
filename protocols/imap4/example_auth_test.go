package imap4_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/protocols/imap4/imap4server"
	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// demoServer is an IMAP server on this machine, and the reactor on which it runs.
func demoServer() (r *reactor.Reactor, addr string, stop func()) {
	r = reactor.New()
	port, err := r.ListenTCP(0, &imap4server.Factory{
		Authenticate: imap4server.OneUser("alice", "wonderland", imap4server.NewDemoAccount(3)),
		Options:      imap4server.Options{AllowInsecureAuth: true},
	}, reactor.Interface("127.0.0.1"))
	if err != nil {
		panic(err)
	}
	stopped := make(chan error)
	go func() { stopped <- r.Run() }()
	return r, port.Addr().String(), func() { _ = r.Stop(); <-stopped }
}

// A goroutine of its own dials, and awaits what it asks for; the reactor runs in another one.
func ExampleDial() {
	r, addr, stop := demoServer()
	defer stop()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()

	c, err := imap4.Dial(ctx, addr, &imap4.DialOptions{
		Reactor:  r,
		Security: imap4.InTheClear, // as it is this very machine; anywhere else leave this out, and AllowInsecure
		Credentials: &sasl.Credentials{
			Username: "alice", Password: sasl.NewSecret("wonderland"), AllowInsecure: true,
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Disconnect()
	box, err := imap4.Await(ctx, c, func(c *imap4.Client) *deferred.Deferred[*imap4.MailboxInfo] { return c.Examine("INBOX") })
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(box.Name, box.Exists, box.ReadOnly)
	_, err = imap4.Await(ctx, c, (*imap4.Client).Logout)
	fmt.Println(err)
	// Output:
	// INBOX 3 true
	// <nil>
}

// What goes wrong says how far it came, and what to do.
func ExampleDial_refused() {
	r, addr, stop := demoServer()
	defer stop()
	_, err := imap4.Dial(context.Background(), addr, &imap4.DialOptions{
		Reactor: r, Security: imap4.InTheClear,
		Credentials: &sasl.Credentials{Username: "alice", Password: sasl.NewSecret("wonderland")},
	})
	var failed *imap4.DialError
	fmt.Println(errors.As(err, &failed), failed.Step)
	fmt.Println(errors.Is(err, imap4.ErrInsecureAuth))

	_, err = imap4.Dial(context.Background(), addr, &imap4.DialOptions{
		Reactor: r, Security: imap4.RequireStartTLS,
		Credentials: &sasl.Credentials{Username: "alice", Password: sasl.NewSecret("wonderland")},
	})
	var noTLS *imap4.NoTLSError
	fmt.Println(errors.As(err, &noTLS), noTLS)
	// Output:
	// true sign in
	// true
	// true imap4: no TLS, which is required: the server does not offer STARTTLS
}

// reader signs in as soon as it is connected: the command waits for the greeting by itself.
type reader struct{ imap4.Client }

func (c *reader) ConnectionMade() {
	c.SignIn(&sasl.Credentials{Username: "alice", Password: sasl.NewSecret("wonderland")}).Handle(c.signedIn, c.failed)
}

func (c *reader) signedIn(struct{}) {
	fmt.Println("I'm logged in!")
	c.Logout().Handle(nil, c.failed)
}

func (c *reader) failed(err error) { fmt.Println(err) }

// On the reactor signing in is a command like any other. The mechanism is the strongest that both sides have; here it is LOGIN.
func ExampleClient_SignIn() {
	c := &reader{}
	c.Options = &imap4.Options{AllowInsecureAuth: true} // nothing leaves this process
	server := &server{answers: map[string]string{
		"CAPABILITY":             "* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n",
		"LOGIN alice wonderland": "TAG OK welcome\r\n",
		"LOGOUT":                 answers["LOGOUT"],
	}}
	if err := reactortest.NewPump(nil, c, server).Flush(); err != nil {
		fmt.Println(err)
	}
	for _, line := range server.heard {
		fmt.Println(line)
	}
	// Output:
	// I'm logged in!
	// A2 CAPABILITY
	// A1 LOGIN alice wonderland
	// A3 LOGOUT
}

// A command may be issued before there is a greeting: it waits, and the server is asked what it offers. The credentials say what may be used.
func ExampleClient_Authenticate() {
	c := &imap4.Client{Options: &imap4.Options{AllowInsecureAuth: true}}
	server := &server{answers: map[string]string{
		"CAPABILITY":                      "* CAPABILITY IMAP4rev1 SASL-IR AUTH=CRAM-MD5 AUTH=ANONYMOUS\r\nTAG OK done\r\n",
		"AUTHENTICATE ANONYMOUS Z3Vlc3Q=": "TAG OK welcome, guest\r\n",
	}}
	pump := reactortest.NewPump(nil, c, server)
	c.Authenticate(&sasl.Credentials{Anonymous: true, Trace: "guest"}).Handle(
		func(struct{}) { fmt.Println("welcome") },
		func(err error) { fmt.Println(err) },
	)
	if err := pump.Flush(); err != nil {
		fmt.Println(err)
	}
	// Output: welcome
}
