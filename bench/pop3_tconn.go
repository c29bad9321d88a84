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
	job   popJob
	ready func(s *popSession)
}

func (s *popSession) ConnectionMade() {
	s.Login(s.job.User, imapPassword).Handle(func(pop3.Reply) {
		s.Capabilities().Handle(func(pop3.Capabilities) { s.ready(s) }, failed)
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
func dialPOP3(j popJob, ready func(s *popSession)) {
	d := &popDialer{job: j, r: reactor.New(), ready: ready, options: &pop3.Options{AllowInsecureAuth: true, Window: j.Window}}
	if j.TLS {
		d.tls = trusting()
	}
	d.r.CallWhenRunning(d.more)
	check(d.r.Run())
}

func (d *popDialer) BuildProtocol(net.Addr) reactor.Protocol {
	return &popSession{Client: pop3.Client{Options: d.options}, job: d.job, ready: d.loggedIn}
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
		mustBe("messages", sum.bodies, s.job.Messages)
		mustBe("bytes of messages", sum.bytes, s.job.Bytes)
		done()
	}, failed)
}

// lines takes each message as lines, as poplib answers it.
func (s *popSession) lines(done func()) {
	left := s.job.Messages
	for i := range s.job.Messages {
		s.Retr(i+1).Handle(func(m *pop3.Multiline) {
			mustBe("octets of a message", int(m.Octets), s.job.size())
			if left--; left == 0 {
				done()
			}
		}, failed)
	}
}

// popTconnIdle holds the connections on one reactor.
func popTconnIdle(j popJob) {
	var sessions []*popSession
	all := make(chan struct{})
	before := settledRSS()
	go dialPOP3(j, func(s *popSession) {
		if sessions = append(sessions, s); len(sessions) == j.Connections {
			close(all)
		}
	})
	<-all
	holdPOP3(j, before, func() {
		done, left := make(chan struct{}), len(sessions)
		sessions[0].Transport().Reactor().CallFromThread(func() {
			for _, s := range sessions {
				s.RetrTo(1, &bodySum{}).Handle(func(got pop3.Retrieved) {
					mustBe("bytes of a message", int(got.Octets), trafficBytes)
					if left--; left == 0 {
						close(done)
					}
				}, failed)
			}
		})
		<-done
	})
	os.Exit(0)
}
