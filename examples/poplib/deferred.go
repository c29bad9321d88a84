package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/protocols/pop3/poplib"
	"github.com/tconn/tconn/reactor"
)

// client is the program in the form of Twisted: the protocol carries the conversation, and each method is called when what it waits for
// has come.
type client struct {
	pop3.Client
	mailbox
	out   io.Writer
	count int
	over  func(err error)
}

func (c *client) ConnectionMade() {
	if c.stls {
		c.Capa().Handle(c.gotCapabilities, c.over)
		return
	}
	c.signIn(pop3.Reply{})
}

func (c *client) gotCapabilities(pop3.Capabilities) {
	c.StartTLS(c.config).Handle(c.signIn, c.over)
}

func (c *client) signIn(pop3.Reply) {
	c.Login(c.user, c.password).Handle(c.signedIn, c.over)
}

func (c *client) signedIn(pop3.Reply) {
	c.Stat().Handle(c.gotStat, c.over)
}

func (c *client) gotStat(s pop3.Stat) {
	fmt.Fprintln(c.out, s.Count, "messages,", s.Size, "octets")
	c.count = s.Count
	c.next(1)
}

func (c *client) next(i int) {
	if i > c.count {
		c.SendMultiline("LIST").Handle(c.gotList, c.over)
		return
	}
	c.Top(i, 0).Handle(func(header *pop3.Multiline) { c.gotHeader(i, header) }, c.over)
}

func (c *client) gotHeader(i int, header *pop3.Multiline) {
	fmt.Fprintln(c.out, "message", i, "has", len(header.Lines), "lines of header")
	c.next(i + 1)
}

func (c *client) gotList(list *pop3.Multiline) {
	fmt.Fprintln(c.out, poplib.Repr([]byte(list.Response)))
	for _, line := range list.Lines {
		fmt.Fprintln(c.out, poplib.Repr(line))
	}
	fmt.Fprintln(c.out, list.Octets, "octets")
	if c.count == 0 {
		c.leave()
		return
	}
	c.Retr(1).Handle(c.gotMail, c.over)
}

func (c *client) gotMail(mail *pop3.Multiline) {
	fmt.Fprintln(c.out, 3, "parts") // Response, Lines, Octets
	for _, line := range mail.Lines {
		fmt.Fprintln(c.out, poplib.Repr(line))
	}
	c.leave()
}

func (c *client) leave() {
	c.Quit().Handle(func(pop3.Reply) { c.over(nil) }, c.over)
}

// factory carries the connection.
type factory struct {
	reactor.BaseClientFactory
	client *client
}

func (f *factory) BuildProtocol(net.Addr) reactor.Protocol { return f.client }

func (f *factory) ClientConnectionFailed(_ *reactor.Connector, reason error) { f.client.over(reason) }

// lookDeferred runs the reactor until the conversation is over.
func lookDeferred(out io.Writer, m mailbox) error {
	r := reactor.New()
	var failure error
	c := &client{mailbox: m, out: out, over: func(err error) {
		failure = err
		_ = r.Stop()
	}}
	c.Options = &pop3.Options{AllowInsecureAuth: m.insecure, Trace: &debug{out: out}}
	if m.tls {
		r.ConnectTLS(m.host, cmp.Or(m.port, 995), &factory{client: c}, m.config)
	} else {
		r.ConnectTCP(m.host, cmp.Or(m.port, 110), &factory{client: c})
	}
	return cmp.Or(r.Run(), failure)
}

// debug is poplib's debug level 1: it shows the commands, and what STAT brings.
type debug struct {
	out  io.Writer
	last string
}

// Client is shown what goes out, with secrets as ***.
func (d *debug) Client(p []byte) {
	d.last = strings.TrimSpace(string(p))
	fmt.Fprintln(d.out, "*cmd*", strings.TrimPrefix(poplib.Repr([]byte(d.last)), "b"))
}

// Server is shown what comes.
func (d *debug) Server(p []byte) {
	if d.last != "STAT" {
		return
	}
	d.last = ""
	words := bytes.Fields(p)
	shown := make([]string, len(words))
	for i, word := range words {
		shown[i] = poplib.Repr(word)
	}
	fmt.Fprintf(d.out, "*stat* [%s]\n", strings.Join(shown, ", "))
}
