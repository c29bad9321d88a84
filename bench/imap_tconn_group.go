package main

import (
	"sync"
	"sync/atomic"

	"github.com/tconn/tconn/reactor"
)

// imapGroupWorks are those of our client on a reactor.Group, with a reactor for each core, as the Go peers' goroutines have them.
var imapGroupWorks = map[string]func(imapJob){
	"noop":  groupNoop,
	"login": groupLogin,
}

// groupNoop is tconnNoop on a Group.
func groupNoop(j imapJob) {
	g, d := reactor.NewGroup(0), &tconnDialer{job: j}
	s := new(tconnNoops)
	var mu sync.Mutex
	var clients []*tconnClient
	d.ready = func(c *tconnClient) {
		mu.Lock()
		defer mu.Unlock()
		if clients = append(clients, c); len(clients) == j.Connections {
			s.begin(len(clients))
			for _, c := range clients {
				check(c.Transport().Reactor().CallFromThread(func() { s.keepGoing(c, 1) }))
			}
		}
	}
	for i := range j.Connections {
		host, port := spread(i, j.Addr)
		check(g.ConnectTCP(host, port, d))
	}
	check(g.Run())
}

// groupLogin is tconnLogin on a Group.
func groupLogin(j imapJob) {
	g := reactor.NewGroup(0)
	d := &groupVisits{tconnDialer: &tconnDialer{job: j}, group: g, m: startMeter()}
	d.ready = func(c *tconnClient) { c.Logout().Handle(nil, failed) }
	for i := range j.Connections {
		d.visit(i)
	}
	check(g.Run())
}

type groupVisits struct {
	*tconnDialer
	group *reactor.Group
	m     *meter
	done  atomic.Int64
}

func (d *groupVisits) visit(i int) {
	host, port := spread(i, d.job.Addr)
	check(d.group.ConnectTCP(host, port, d))
}

func (d *groupVisits) ClientConnectionLost(*reactor.Connector, error) {
	done := d.done.Add(1)
	if d.m.over.Load() {
		d.m.report(float64(done))
	}
	d.visit(int(done))
}
