package main

import (
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/panjf2000/gnet/v2"
	"go.uber.org/zap"

	"github.com/tconn/tconn/reactor"
)

const (
	connectTotal  = 20_000
	connectAtOnce = 256
	connectRounds = 3
)

// connects makes connections and resets them at once, 256 under way at any time.
func connects() experiment {
	run := func(client string) func() float64 {
		return func() float64 {
			s := startServer("serve-accept")
			defer s.stop()
			if client == "twisted" {
				return twisted("connect", s.addr, strconv.Itoa(connectTotal))[0]
			}
			return measure("connect-"+client, s.addr)
		}
	}
	e := experiment{
		title: "connect and reset, 20,000, 256 at once", unit: "connections/s", rounds: connectRounds,
		run: map[string]func() float64{ours: run("tconn"), gnetPeer: run("gnet"), netPeer: run("net")},
	}
	if python != "" {
		e.run[twistedPy] = run("twisted")
	}
	return e
}

// serveAccept accepts and waits for the reset.
func serveAccept([]string) {
	r := reactor.New()
	p, err := r.ListenTCP(0, reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &reactor.BaseProtocol{} }))
	check(err)
	announce(p.Addr())
	check(r.Run())
}

type once struct{ reactor.BaseProtocol }

func (o *once) ConnectionMade() { o.Transport().AbortConnection() }

type onceFactory struct {
	reactor.BaseClientFactory
	addr        string
	begun, over int
	r           *reactor.Reactor
	start       time.Time
}

func (f *onceFactory) BuildProtocol(net.Addr) reactor.Protocol { return &once{} }

func (f *onceFactory) ClientConnectionFailed(_ *reactor.Connector, reason error) { fail(reason) }
func (f *onceFactory) ClientConnectionLost(*reactor.Connector, error)            { f.next() }

func (f *onceFactory) next() {
	if f.over++; f.over == connectTotal {
		printRate(connectTotal, f.start)
	}
	f.more()
}

func (f *onceFactory) more() {
	for ; f.begun < connectTotal && f.begun-f.over < connectAtOnce; f.begun++ {
		host, port := spread(f.begun, f.addr)
		f.r.ConnectTCP(host, port, f)
	}
}

func connectTconn(args []string) {
	f := &onceFactory{addr: args[0], r: reactor.New(), start: time.Now()}
	f.r.CallWhenRunning(f.more)
	check(f.r.Run())
}

func connectNet(args []string) {
	start := time.Now()
	connectFrom(args[0], func(addr string) {
		c, err := net.Dial("tcp", addr)
		check(err)
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	})
	printRate(connectTotal, start)
}

// connectGnet dials in goroutines, as gnet's client asks.
func connectGnet(args []string) {
	cli, err := gnet.NewClient(&gnet.BuiltinEventEngine{}, gnet.WithLogger(zap.NewNop().Sugar()))
	check(err)
	check(cli.Start())
	start := time.Now()
	connectFrom(args[0], func(addr string) {
		c, err := cli.Dial("tcp", addr)
		check(err)
		_ = c.SetLinger(0)
		closed := make(chan struct{})
		if c.CloseWithCallback(func(gnet.Conn, error) error { close(closed); return nil }) == nil {
			<-closed
		}
	})
	printRate(connectTotal, start)
}

func connectFrom(addr string, one func(addr string)) {
	var next atomic.Int64
	done := make(chan struct{})
	for range connectAtOnce {
		go func() {
			for i := next.Add(1); i <= connectTotal; i = next.Add(1) {
				host, port := spread(int(i), addr)
				one(net.JoinHostPort(host, strconv.Itoa(port)))
			}
			done <- struct{}{}
		}()
	}
	for range connectAtOnce {
		<-done
	}
}
