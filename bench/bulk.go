package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/tconn/tconn/reactor"
)

const (
	bulkBytes  = 2 << 30
	bulkRounds = 7
)

func bulk() {
	fmt.Printf("bulk receive, 1 connection, %d rounds of %d MiB, median; bytes a second\n", bulkRounds, bulkBytes>>20)
	compare("as client", bulkRounds, func(variant string) float64 {
		s := startServer("serve-bulk")
		defer s.stop()
		return measure("bulk-"+variant, s.addr)
	})
}

// serveBulk writes without end to whoever comes.
func serveBulk([]string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	announce(l.Addr())
	block := bytes.Repeat([]byte("x"), 256<<10)
	for {
		c, err := l.Accept()
		check(err)
		go func() {
			for {
				if _, err := c.Write(block); err != nil {
					return
				}
			}
		}()
	}
}

type sink struct {
	reactor.BaseProtocol
	left  int
	start time.Time
}

func (s *sink) DataReceived(p []byte) {
	if s.left -= len(p); s.left <= 0 {
		printRate(bulkBytes, s.start)
	}
}

type sinkFactory struct{ reactor.BaseClientFactory }

func (sinkFactory) BuildProtocol(net.Addr) reactor.Protocol {
	return &sink{left: bulkBytes, start: time.Now()}
}

func bulkTconn(args []string) {
	host, port := spread(0, args[0])
	r := reactor.New()
	r.ConnectTCP(host, port, sinkFactory{})
	check(r.Run())
}

// bulkNet reads through a buffer of the same 64 KiB.
func bulkNet(args []string) {
	c, err := net.Dial("tcp", args[0])
	check(err)
	start := time.Now()
	buf := make([]byte, 64<<10)
	for left := bulkBytes; left > 0; {
		n, err := c.Read(buf)
		if err == io.EOF {
			fail("the server has stopped")
		}
		check(err)
		left -= n
	}
	printRate(bulkBytes, start)
}
