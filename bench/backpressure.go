package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/tconn/tconn/reactor"
)

const (
	stoppedReaders = 1000
	stoppedFor     = 10 * time.Second
	// highWater is where a streaming producer is told to pause, endlessChunk what it writes at a time.
	highWater    = 64 << 10
	endlessChunk = 16 << 10
)

// backpressure writes without end to a thousand peers that do not read for ten seconds, as the client and as the server. It fails when
// the memory is not bounded by what may wait in each connection.
func backpressure() {
	bound := float64(highWater + 2*endlessChunk)
	fmt.Printf("%d readers stopped for %v while the program writes without end; resident bytes for each connection, bound %.0f\n", stoppedReaders, stoppedFor, bound)
	for _, side := range []string{"client", "server"} {
		var bytes float64
		if side == "client" {
			s := startServer("serve-deaf")
			bytes = measure("stopped-client", s.addr)
			s.stop()
		} else {
			s := startServer("stopped-server")
			measure("deaf-clients", s.addr)
			bytes = s.number()
			s.stop()
		}
		fmt.Printf("as the %s %8.0f\n", side, bytes)
		if bytes > bound {
			fail("memory is not bounded")
		}
	}
}

// endless is a producer that always has more.
type endless struct {
	reactor.BaseProtocol
	f      *endlessFactory
	paused bool
}

var chunk = make([]byte, endlessChunk)

func (e *endless) ConnectionMade() {
	check(e.Transport().RegisterProducer(e, true))
	e.f.begun()
	e.ResumeProducing()
}

func (e *endless) PauseProducing() { e.paused = true }
func (e *endless) StopProducing()  { e.paused = true }

func (e *endless) ResumeProducing() {
	for e.paused = false; !e.paused; {
		_, _ = e.Transport().Write(chunk)
	}
}

// endlessFactory measures ten seconds after the last connection was made.
type endlessFactory struct {
	reactor.BaseClientFactory
	r      *reactor.Reactor
	left   int
	before float64
}

func (f *endlessFactory) BuildProtocol(net.Addr) reactor.Protocol { return &endless{f: f} }

func (f *endlessFactory) ClientConnectionFailed(_ *reactor.Connector, reason error) { fail(reason) }

func (f *endlessFactory) begun() {
	if f.left--; f.left == 0 {
		f.r.CallLater(stoppedFor, func() { fmt.Println((settledRSS() - f.before) / stoppedReaders) })
	}
}

func stoppedClient(args []string) {
	host, port := spread(0, args[0])
	f := &endlessFactory{r: reactor.New(), left: stoppedReaders, before: settledRSS()}
	for range stoppedReaders {
		f.r.ConnectTCP(host, port, f)
	}
	f.r.CallWhenRunning(func() { f.r.CallLater(stoppedFor+5*time.Second, func() { os.Exit(0) }) })
	check(f.r.Run())
}

func stoppedServer([]string) {
	f := &endlessFactory{r: reactor.New(), left: stoppedReaders, before: settledRSS()}
	p, err := f.r.ListenTCP(0, f)
	check(err)
	announce(p.Addr())
	check(f.r.Run())
}

// serveDeaf accepts and does not read.
func serveDeaf([]string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	announce(l.Addr())
	var held []net.Conn
	for {
		c, err := l.Accept()
		check(err)
		held = append(held, c)
	}
}

// deafClients connect and do not read.
func deafClients(args []string) {
	var held []net.Conn
	_, port := spread(0, args[0])
	for range stoppedReaders {
		c, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(port))
		check(err)
		held = append(held, c)
	}
	time.Sleep(stoppedFor + 3*time.Second)
	fmt.Println(len(held))
}
