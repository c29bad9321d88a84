package main

import (
	"github.com/tconn/tconn/protocols/pop3/poplib"
)

// popFacade is package poplib: a method that waits for each message, as the program in Python does.
func popFacade(j popJob) {
	host, port := spread(0, j.Addr)
	connect, o := poplib.NewPOP3, &poplib.Options{Port: port, AllowInsecureAuth: true}
	if j.TLS {
		connect, o.TLS = poplib.NewPOP3SSL, trusting()
	}
	c, err := connect(host, o)
	check(err)
	_, err = c.User(j.User)
	check(err)
	_, err = c.Pass(imapPassword)
	check(err)
	m, done := startMeter(), 0
	for ; !m.over.Load(); done++ {
		message, err := c.Retr(1 + done%j.Messages)
		check(err)
		mustBe("octets of a message", message.Octets, j.size())
	}
	m.report(float64(done) * j.Units)
}
