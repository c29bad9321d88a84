package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/panjf2000/gnet/v2"
	"go.uber.org/zap"

	"github.com/tconn/tconn/reactor"
)

const (
	echoRounds = 5
	echoTime   = 2 * time.Second
)

var echoLine = []byte("A1 NOOP, a line of about the length of an IMAP command\r\n")

// echoes are the clients, each on the same number of connections, against a server of one kind. With two cores the partner
// matters: one with a goroutine for each connection spreads its answers over both.
func echoes() (all []experiment) {
	for _, server := range []string{"gnet", "net"} {
		for _, n := range []int{1, 64, 1000} {
			run := func(client string) func() float64 {
				return func() float64 {
					s := startServer("serve-echo-" + server)
					defer s.stop()
					if client == "twisted" {
						return twisted("echo", s.addr, strconv.Itoa(n), fmt.Sprint(echoTime.Seconds()))[0]
					}
					return measure("echo-"+client, s.addr, strconv.Itoa(n))
				}
			}
			partner := map[string]string{"gnet": "a gnet server", "net": "a goroutine + net server"}[server]
			e := experiment{
				title: fmt.Sprintf("line echo, %d connections, %s", n, partner), unit: "round trips/s", rounds: echoRounds,
				run: map[string]func() float64{ours: run("tconn"), gnetPeer: run("gnet"), netPeer: run("net")},
			}
			if python != "" {
				e.run[twistedPy] = run("twisted")
			}
			all = append(all, e)
		}
	}
	return all
}

// echoPrograms have the same engine on both sides: the whole program.
func echoPrograms() experiment {
	run := func(kind string) func() float64 {
		return func() float64 {
			s := startServer("serve-echo-" + kind)
			defer s.stop()
			return measure("echo-"+kind, s.addr, "64")
		}
	}
	return experiment{
		title: "line echo, 64 connections, the same engine on both sides", unit: "round trips/s", rounds: echoRounds,
		run: map[string]func() float64{ours: run("tconn"), gnetPeer: run("gnet"), netPeer: run("net")},
	}
}

// ratio is the median of the ratios of the rounds.
func ratio(ours, theirs []float64) float64 {
	var ratios []float64
	for i := range ours {
		ratios = append(ratios, ours[i]/theirs[i])
	}
	return median(ratios)
}

func serveEchoNet([]string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	announce(l.Addr())
	for {
		c, err := l.Accept()
		check(err)
		go func() {
			in := bufio.NewReader(c)
			for {
				line, err := in.ReadSlice('\n')
				if err != nil {
					return
				}
				if _, err := c.Write(line); err != nil {
					return
				}
			}
		}()
	}
}

func serveEchoTconn([]string) {
	r := reactor.New()
	p, err := r.ListenTCP(0, reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &echoer{} }), reactor.Interface("127.0.0.1"))
	check(err)
	announce(p.Addr())
	check(r.Run())
}

// serveEchoGnet is gnet's own server with one loop.
func serveEchoGnet([]string) {
	port := freePort()
	h := &gnetEcho{addr: fmt.Sprintf("127.0.0.1:%d", port)}
	check(gnet.Run(h, "tcp://"+h.addr, gnet.WithLogger(zap.NewNop().Sugar()), gnet.WithTCPNoDelay(gnet.TCPNoDelay)))
}

// freePort is one that nobody listens on.
func freePort() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

type gnetEcho struct {
	gnet.BuiltinEventEngine
	addr string
}

func (h *gnetEcho) OnBoot(gnet.Engine) gnet.Action {
	a, err := net.ResolveTCPAddr("tcp", h.addr)
	check(err)
	announce(a)
	return gnet.None
}

// OnTraffic writes back the complete lines.
func (h *gnetEcho) OnTraffic(c gnet.Conn) gnet.Action {
	p, err := c.Peek(-1)
	check(err)
	n := bytes.LastIndexByte(p, '\n') + 1
	_, err = c.Write(p[:n])
	check(err)
	_, err = c.Discard(n)
	check(err)
	return gnet.None
}

// lines cuts what it is given into lines and keeps the last, incomplete one.
type lines struct{ partial []byte }

func (l *lines) each(p []byte, f func(line []byte)) {
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			l.partial = append(l.partial, p...)
			return
		}
		line := p[:i+1]
		if len(l.partial) > 0 {
			line = append(l.partial, line...)
			l.partial = nil
		}
		f(line)
		p = p[i+1:]
	}
}

type echoer struct {
	reactor.BaseProtocol
	lines
}

func (e *echoer) DataReceived(p []byte) {
	e.each(p, func(line []byte) { _, _ = e.Transport().Write(line) })
}

func printRate(n int, since time.Time) {
	fmt.Println(float64(n) / time.Since(since).Seconds())
	os.Exit(0)
}

// echoTconn sends a line on each connection, and the next when it has come back.
func echoTconn(args []string) {
	host, port := spread(0, args[0])
	r := reactor.New()
	f := &pingFactory{}
	for range number(args[1]) {
		r.ConnectTCP(host, port, f)
	}
	start := time.Now()
	r.CallLater(echoTime, func() { printRate(f.trips, start) })
	check(r.Run())
}

type pingFactory struct {
	reactor.BaseClientFactory
	trips int
}

func (f *pingFactory) BuildProtocol(net.Addr) reactor.Protocol { return &pinger{factory: f} }

func (f *pingFactory) ClientConnectionFailed(_ *reactor.Connector, reason error) { fail(reason) }

type pinger struct {
	reactor.BaseProtocol
	lines
	factory *pingFactory
}

func (p *pinger) ConnectionMade() { _, _ = p.Transport().Write(echoLine) }

func (p *pinger) DataReceived(data []byte) {
	p.each(data, func([]byte) {
		p.factory.trips++
		_, _ = p.Transport().Write(echoLine)
	})
}

// echoGnet is gnet's client.
func echoGnet(args []string) {
	h := &gnetPing{}
	cli, err := gnet.NewClient(h, gnet.WithLogger(zap.NewNop().Sugar()), gnet.WithTCPNoDelay(gnet.TCPNoDelay))
	check(err)
	check(cli.Start())
	start := time.Now()
	for range number(args[1]) {
		_, err := cli.Dial("tcp", args[0])
		check(err)
	}
	time.Sleep(echoTime - time.Since(start))
	printRate(int(h.trips.Load()), start)
}

type gnetPing struct {
	gnet.BuiltinEventEngine
	trips atomic.Int64
}

func (h *gnetPing) OnOpen(gnet.Conn) ([]byte, gnet.Action) { return echoLine, gnet.None }

func (h *gnetPing) OnTraffic(c gnet.Conn) gnet.Action {
	for {
		p, err := c.Peek(-1)
		check(err)
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			return gnet.None
		}
		_, err = c.Discard(i + 1)
		check(err)
		h.trips.Add(1)
		_, err = c.Write(echoLine)
		check(err)
	}
}

// echoNet is the same with a goroutine for each connection.
func echoNet(args []string) {
	n := number(args[1])
	trips := make(chan int)
	start := time.Now()
	for range n {
		c, err := net.Dial("tcp", args[0])
		check(err)
		go func() {
			in := bufio.NewReader(c)
			n := 0
			for time.Since(start) < echoTime {
				_, err := c.Write(echoLine)
				check(err)
				_, err = in.ReadSlice('\n')
				check(err)
				n++
			}
			trips <- n
		}()
	}
	total := 0
	for range n {
		total += <-trips
	}
	printRate(total, start)
}
