package main

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/panjf2000/gnet/v2"
	"go.uber.org/zap"

	"github.com/tconn/tconn/reactor"
)

const (
	bulkBytes  = 2 << 30
	bulkRounds = 5
)

// bulks are one connection that only receives, in the clear and under TLS 1.3.
func bulks() []experiment {
	run := func(server, role, client string) func() float64 {
		return func() float64 {
			s := startServer(server)
			defer s.stop()
			if client == "twisted" {
				return twisted(role, s.addr, strconv.Itoa(bulkBytes))[0] / 1e6
			}
			return measure(role+"-"+client, s.addr) / 1e6
		}
	}
	plain := experiment{
		title: "bulk receive, 1 connection, 2 GiB", unit: "MB/s", rounds: bulkRounds,
		run: map[string]func() float64{
			ours: run("serve-bulk", "bulk", "tconn"), gnetPeer: run("serve-bulk", "bulk", "gnet"), netPeer: run("serve-bulk", "bulk", "net"),
		},
	}
	secure := experiment{
		title: "bulk receive under TLS, 1 connection, 2 GiB", unit: "MB/s", rounds: bulkRounds,
		run: map[string]func() float64{ours: run("serve-bulk-tls", "bulktls", "tconn"), netPeer: run("serve-bulk-tls", "bulktls", "net")},
	}
	if python != "" {
		plain.run[twistedPy] = run("serve-bulk", "bulk", "twisted")
		secure.run[twistedPy] = run("serve-bulk-tls", "bulktls", "twisted")
	}
	return []experiment{plain, secure}
}

// serveBulk writes without end to whoever comes.
func serveBulk([]string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	pour(l)
}

// serveBulkTLS is serveBulk under TLS.
func serveBulkTLS([]string) {
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{selfSigned()}})
	check(err)
	pour(l)
}

func pour(l net.Listener) {
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

func bulkTLSTconn(args []string) {
	host, port := spread(0, args[0])
	r := reactor.New()
	r.ConnectTLS(host, port, sinkFactory{}, trusting())
	check(r.Run())
}

// bulkGnet throws away what gnet has read.
func bulkGnet(args []string) {
	h := &gnetSink{left: bulkBytes}
	cli, err := gnet.NewClient(h, gnet.WithLogger(zap.NewNop().Sugar()))
	check(err)
	check(cli.Start())
	_, err = cli.Dial("tcp", args[0])
	check(err)
	select {}
}

type gnetSink struct {
	gnet.BuiltinEventEngine
	left  int
	start time.Time
}

func (h *gnetSink) OnOpen(gnet.Conn) ([]byte, gnet.Action) {
	h.start = time.Now()
	return nil, gnet.None
}

func (h *gnetSink) OnTraffic(c gnet.Conn) gnet.Action {
	n, err := c.Discard(-1)
	check(err)
	if h.left -= n; h.left <= 0 {
		printRate(bulkBytes, h.start)
	}
	return gnet.None
}

// bulkNet and bulkTLSNet read through a buffer of the same 64 KiB.
func bulkNet(args []string) {
	c, err := net.Dial("tcp", args[0])
	check(err)
	drink(c)
}

func bulkTLSNet(args []string) {
	c, err := tls.Dial("tcp", args[0], trusting())
	check(err)
	drink(c)
}

func drink(c net.Conn) {
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
