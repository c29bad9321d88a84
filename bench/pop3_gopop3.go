package main

import (
	"runtime"

	"github.com/knadh/go-pop3"
)

// popGoDial answers a session of go-pop3.
func popGoDial(j popJob, i int) *pop3.Conn {
	host, port := spread(i, j.Addr)
	c, err := pop3.New(pop3.Opt{Host: host, Port: port, TLSEnabled: j.TLS, TLSSkipVerify: true}).NewConn()
	check(err)
	check(c.Auth(j.User, imapPassword))
	return c
}

// popGo fetches one message after the other. RetrRaw is the quicker one: Retr parses the message, too.
func popGo(j popJob) {
	c := popGoDial(j, 0)
	m, done := startMeter(), 0
	for ; !m.over.Load(); done++ {
		popGoRetrieve(c, 1+done%j.Messages, j.size())
	}
	m.report(float64(done) * j.Units)
}

func popGoRetrieve(c *pop3.Conn, n, size int) {
	message, err := c.RetrRaw(n)
	check(err)
	mustBe("bytes of a message", message.Len(), size)
}

func popGoIdle(j popJob) {
	conns := make([]*pop3.Conn, 0, warmUp+j.Connections)
	from := func(start int, do func(i int)) {
		inParallel(dialers, func(first int) int {
			for i := start + first; i < len(conns); i += dialers {
				do(i)
			}
			return 0
		})
	}
	connect := func(n int) {
		made := len(conns)
		conns = conns[:made+n]
		from(made, func(i int) { conns[i] = popGoDial(j, i) })
	}
	holdPOP3(j, connect, func() { from(0, func(i int) { popGoRetrieve(conns[i], 1, trafficBytes) }) })
	runtime.KeepAlive(conns)
}
