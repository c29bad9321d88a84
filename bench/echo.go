package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/tconn/tconn/reactor"
)

const (
	echoConnections = 64
	echoRounds      = 7
	echoTime        = 2 * time.Second
)

var echoLine = []byte("A1 NOOP, a line of about the length of an IMAP command\r\n")

// echo runs each client against each server. The first ratio is the whole program, tconn on both sides beside net on both
// sides; the others change one side only. With two cores a goroutine per connection uses what the partner leaves, so the
// partner matters.
func echo() {
	fmt.Printf("line echo, %d connections, %d rounds of %v each, medians; round trips a second\n", echoConnections, echoRounds, echoTime)
	rates := map[string][]float64{}
	for range echoRounds {
		for _, server := range []string{"net", "tconn"} {
			for _, client := range []string{"net", "tconn"} {
				s := startServer("serve-echo-" + server)
				rates[server+client] = append(rates[server+client], measure("echo-"+client, s.addr))
				s.stop()
			}
		}
	}
	row := func(title, ours, theirs string) {
		fmt.Printf("%-34s tconn %8.0f   goroutine per connection %8.0f   ratio %.2f\n", title, median(rates[ours]), median(rates[theirs]), ratio(rates[ours], rates[theirs]))
	}
	row("server and client", "tconntconn", "netnet")
	row("client, the server being tconn", "tconntconn", "tconnnet")
	row("client, the server being net", "nettconn", "netnet")
	row("server, the client being tconn", "tconntconn", "nettconn")
	row("server, the client being net", "tconnnet", "netnet")
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
	for range echoConnections {
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

// echoNet is the same with a goroutine for each connection.
func echoNet(args []string) {
	trips := make(chan int)
	start := time.Now()
	for range echoConnections {
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
	for range echoConnections {
		total += <-trips
	}
	printRate(total, start)
}
