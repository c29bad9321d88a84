package main

import (
	"crypto/tls"
	"net"
	"sync/atomic"
	"time"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
)

// imapTconnWorks is our client, all of it on one reactor. What fetches belongs here, with the same figures as the others' by meter.
var imapTconnWorks = map[string]func(imapJob){
	"idle":           func(j imapJob) { holdIdlers(j, tconnIdlers(j)) },
	"push":           func(j imapJob) { pushIdlers(j, tconnIdlers(j)) },
	"noop":           tconnNoop,
	"noop-pipelined": tconnPipelined,
	"login":          tconnLogin,
}

// imapViewWorks are those that look at borrowed views of the answers and keep nothing.
var imapViewWorks = map[string]func(imapJob){}

var tconnOptions = &imap4.Options{AllowInsecureAuth: true}

// tconnClient logs in and is ready then.
type tconnClient struct {
	imap4.Client
	dialer *tconnDialer
}

func (c *tconnClient) ConnectionMade() {
	c.Login(imapUser, imapPassword).Handle(func(struct{}) { c.dialer.loggedIn(c) }, failed)
}

func failed(err error) { fail(err) }

// tconnDialer makes the connections of a job, so many under way that the server's backlog holds.
type tconnDialer struct {
	reactor.BaseClientFactory
	job      imapJob
	r        *reactor.Reactor
	tls      *tls.Config
	listener imap4.Listener
	ready    func(c *tconnClient)
	begun    int
	came     int
}

func newTconnDialer(j imapJob) *tconnDialer {
	d := &tconnDialer{job: j, r: reactor.New()}
	if j.TLS {
		d.tls = trusting()
	}
	return d
}

// run makes the connections and never ends.
func (d *tconnDialer) run() {
	d.r.CallWhenRunning(d.more)
	check(d.r.Run())
}

func (d *tconnDialer) BuildProtocol(net.Addr) reactor.Protocol {
	options := tconnOptions
	if d.job.Window > 0 {
		options = &imap4.Options{AllowInsecureAuth: true, Window: d.job.Window}
	}
	return &tconnClient{Client: imap4.Client{Options: options, Listener: d.listener}, dialer: d}
}

func (d *tconnDialer) ClientConnectionFailed(_ *reactor.Connector, reason error) { fail(reason) }

func (d *tconnDialer) loggedIn(c *tconnClient) {
	d.came++
	d.ready(c)
}

func (d *tconnDialer) more() {
	for ; d.begun < d.job.Connections && d.begun-d.came < tconnDials; d.begun++ {
		d.dial(d.begun)
	}
	if d.begun < d.job.Connections {
		d.r.CallLater(time.Millisecond, d.more)
	}
}

func (d *tconnDialer) dial(i int) {
	host, port := spread(i, d.job.Addr)
	if d.tls != nil {
		d.r.ConnectTLS(host, port, d, d.tls)
	} else {
		d.r.ConnectTCP(host, port, d)
	}
}

// tconnNoops are clients that ask again when they were answered, until the time is up. Each counts for itself, as the raw readers do.
type tconnNoops struct {
	m     *meter
	going atomic.Int64 // commands that are asked again and again
	sum   atomic.Int64 // answers to those that are not any more
}

// begin begins the stretch with so many commands.
func (s *tconnNoops) begin(commands int) {
	s.going.Store(int64(commands))
	s.m = startMeter()
}

// keepGoing has a client issue n commands, each again when it was answered.
func (s *tconnNoops) keepGoing(c *tconnClient, n int) {
	for range n {
		noop, done := &imap4.Command{Name: "NOOP", Class: imap4.ClassUID}, 0
		noop.Done = func(err error) {
			check(err)
			if done++; s.m.over.Load() {
				s.end(done)
				return
			}
			check(c.Do(noop))
		}
		check(c.Do(noop))
	}
}

// end is a command that was answered so many times. The last one ends the stretch.
func (s *tconnNoops) end(done int) {
	sum := s.sum.Add(int64(done))
	if s.going.Add(-1) == 0 {
		s.m.report(float64(sum))
	}
}

// tconnNoop has one command under way on each of the connections.
func tconnNoop(j imapJob) {
	d := newTconnDialer(j)
	var clients []*tconnClient
	d.ready = func(c *tconnClient) {
		if clients = append(clients, c); len(clients) < j.Connections {
			return
		}
		s := new(tconnNoops)
		s.begin(len(clients))
		for _, c := range clients {
			s.keepGoing(c, 1)
		}
	}
	d.run()
}

// tconnPipelined issues a window of commands on one connection.
func tconnPipelined(j imapJob) {
	d := newTconnDialer(j)
	d.ready = func(c *tconnClient) {
		s := new(tconnNoops)
		s.begin(j.Window)
		s.keepGoing(c, j.Window)
	}
	d.run()
}

// tconnLogin logs in and out on so many connections at once, each followed by another.
func tconnLogin(j imapJob) {
	d := &tconnVisits{tconnDialer: newTconnDialer(j), m: startMeter()}
	d.ready = func(c *tconnClient) { c.Logout().Handle(nil, failed) }
	d.r.CallWhenRunning(func() {
		for i := range j.Connections {
			d.visit(i)
		}
	})
	check(d.r.Run())
}

type tconnVisits struct {
	*tconnDialer
	m    *meter
	done int
}

func (d *tconnVisits) visit(i int) {
	host, port := spread(i, d.job.Addr)
	d.r.ConnectTCP(host, port, d)
}

func (d *tconnVisits) ClientConnectionLost(*reactor.Connector, error) {
	d.done++
	if d.m.over.Load() {
		d.m.report(float64(d.done))
	}
	d.visit(d.done)
}
