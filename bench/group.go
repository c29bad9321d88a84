package main

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/tconn/tconn/reactor"
)

const (
	groupConnections = 8
	groupBytes       = 512 << 20 // on each connection
	groupRounds      = 3
)

// group receives on 8 connections and hashes every byte, on one reactor and on a Group of two.
func group() {
	var one, two []float64
	for range groupRounds {
		for n, into := range map[string]*[]float64{"1": &one, "2": &two} {
			s := startServer("serve-file")
			*into = append(*into, measure("group-tconn", s.addr, n)/1e6)
			s.stop()
		}
	}
	fmt.Printf("receive with SHA-256 of every byte, %d connections of %d MiB, %d rounds, medians; MB/s\n", groupConnections, groupBytes>>20, groupRounds)
	fmt.Printf("1 reactor %6.0f   Group of 2 %6.0f   ratio %.2f\n", median(one), median(two), ratio(two, one))
}

// serveFile sends a file with sendfile(2): the cheapest sender there is.
func serveFile([]string) {
	f, err := os.CreateTemp("", "bench")
	check(err)
	check(os.Remove(f.Name()))
	check(f.Truncate(groupBytes))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	announce(l.Addr())
	for {
		c, err := l.Accept()
		check(err)
		go func() {
			defer c.Close()
			own, err := os.Open(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
			check(err)
			defer own.Close()
			_, _ = io.Copy(c, own)
		}()
	}
}

type digest struct {
	reactor.BaseProtocol
	f   *digestFactory
	sum hash.Hash
}

func (d *digest) DataReceived(p []byte) { d.sum.Write(p) }

func (d *digest) ConnectionLost(error) {
	if d.f.left.Add(-1) == 0 {
		printRate(groupConnections*groupBytes, d.f.start)
	}
}

type digestFactory struct {
	reactor.BaseClientFactory
	left  atomic.Int64
	start time.Time
}

func (f *digestFactory) BuildProtocol(net.Addr) reactor.Protocol {
	return &digest{f: f, sum: sha256.New()}
}

func (f *digestFactory) ClientConnectionFailed(_ *reactor.Connector, reason error) { fail(reason) }

func groupTconn(args []string) {
	g := reactor.NewGroup(number(args[1]))
	f := &digestFactory{start: time.Now()}
	f.left.Store(groupConnections)
	host, port := spread(0, args[0])
	for range groupConnections {
		check(g.ConnectTCP(host, port, f))
	}
	check(g.Run())
}
