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
	fmt.Printf("bulk receive, 1 connection, %d rounds of %d MiB each, medians; MB a second\n", bulkRounds, bulkBytes>>20)
	rates := map[string][]float64{}
	for range bulkRounds {
		for _, client := range []string{"net", "tconn"} {
			s := startServer("serve-bulk")
			rates[client] = append(rates[client], measure("bulk-"+client, s.addr)/1e6)
			s.stop()
		}
	}
	fmt.Printf("tconn %6.0f   blocking reads %6.0f   ratio %.2f\n", median(rates["tconn"]), median(rates["net"]), ratio(rates["tconn"], rates["net"]))
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
