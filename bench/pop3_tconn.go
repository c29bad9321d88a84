package main

import (
	"crypto/tls"
	"net"
	"os"
	"time"

	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/reactor"
)

// popSession is our client. It logs in and is ready then.
type popSession struct {
	pop3.Client
	dialer *popDialer
}

func (s *popSession) ConnectionMade() {
	s.Login(s.dialer.job.User, imapPassword).Handle(func(pop3.Reply) {
		s.Capabilities().Handle(func(pop3.Capabilities) { s.dialer.loggedIn(s) }, failed)
	}, failed)
}

// popDialer makes the connections of a job, so many under way that the server's backlog holds.
type popDialer struct {
	reactor.BaseClientFactory
	job         popJob
	r           *reactor.Reactor
	tls         *tls.Config
	options     *pop3.Options
	ready       func(s *popSession)
	begun, came int
}

// dialPOP3 makes the connections, calls ready for each and never answers.
func dialPOP3(j popJob, ready func(s *popSession)) { newPopDialer(j, ready).run() }

func newPopDialer(j popJob, ready func(s *popSession)) *popDialer {
	d := &popDialer{job: j, r: reactor.New(), ready: ready, options: &pop3.Options{AllowInsecureAuth: true, Window: j.Window}}
	if j.TLS {
		d.tls = trusting()
	}
	return d
}

// run makes the connections and never ends.
func (d *popDialer) run() {
	d.r.CallWhenRunning(d.more)
	check(d.r.Run())
}

func (d *popDialer) BuildProtocol(net.Addr) reactor.Protocol {
	return &popSession{Client: pop3.Client{Options: d.options}, dialer: d}
}

func (d *popDialer) ClientConnectionFailed(_ *reactor.Connector, reason error) { fail(reason) }

func (d *popDialer) loggedIn(s *popSession) {
	d.came++
	d.ready(s)
}

func (d *popDialer) more() {
	for ; d.begun < d.job.Connections && d.begun-d.came < tconnDials; d.begun++ {
		host, port := spread(d.begun, d.job.Addr)
		if d.tls != nil {
			d.r.ConnectTLS(host, port, d, d.tls)
		} else {
			d.r.ConnectTCP(host, port, d)
		}
	}
	if d.begun < d.job.Connections {
		d.r.CallLater(time.Millisecond, d.more)
	}
}

// popTconn has a session make passes over the mailbox until the time is up.
func popTconn(j popJob, pass func(s *popSession, done func())) {
	dialPOP3(j, func(s *popSession) {
		m, messages := startMeter(), 0
		var again func()
		again = func() {
			if messages += j.Messages; m.over.Load() {
				m.report(float64(messages) * j.Units)
			}
			pass(s, again)
		}
		pass(s, again)
	})
}

// stream takes each message as it comes.
func (s *popSession) stream(done func()) {
	sum := &bodySum{}
	s.RetrieveAll(pop3.RetrieveOptions{Sink: func(pop3.Entry) pop3.MessageSink { return sum }}).Handle(func(pop3.RetrieveResult) {
		mustBe("messages", sum.bodies, s.dialer.job.Messages)
		mustBe("bytes of messages", sum.bytes, s.dialer.job.Bytes)
		done()
	}, failed)
}

// lines takes each message as lines, as poplib answers it.
func (s *popSession) lines(done func()) {
	job := &s.dialer.job
	left := job.Messages
	for i := range job.Messages {
		s.Retr(i+1).Handle(func(m *pop3.Multiline) {
			mustBe("octets of a message", int(m.Octets), job.size())
			if left--; left == 0 {
				done()
			}
		}, failed)
	}
}

// popTconnIdle holds the connections on one reactor.
func popTconnIdle(j popJob) {
	sessions := make([]*popSession, 0, warmUp+j.Connections)
	all := make(chan struct{})
	d := newPopDialer(j, nil)
	d.job.Connections = 0
	d.ready = func(s *popSession) {
		if sessions = append(sessions, s); len(sessions) == d.job.Connections {
			all <- struct{}{}
		}
	}
	go d.run()
	connect := func(n int) {
		check(d.r.CallFromThread(func() {
			d.job.Connections += n
			d.more()
		}))
		<-all
	}
	holdPOP3(j, connect, func() {
		done, left := make(chan struct{}), len(sessions)
		check(d.r.CallFromThread(func() {
			for _, s := range sessions {
				s.RetrTo(1, &bodySum{}).Handle(func(got pop3.Retrieved) {
					mustBe("bytes of a message", int(got.Octets), trafficBytes)
					if left--; left == 0 {
						close(done)
					}
				}, failed)
			}
		}))
		<-done
	})
	os.Exit(0)
}
