package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"runtime"
	"strconv"
	"time"

	"github.com/panjf2000/gnet/v2"
	"go.uber.org/zap"

	"github.com/tconn/tconn/reactor"
)

const (
	idleConnections = 10_000
	idleRounds      = 1
	// trafficBytes is what each connection receives before it falls idle again.
	trafficBytes = 62 << 10
)

// idles are idle client connections with nothing on top of them.
func idles() []experiment {
	run := func(server, role string, traffic int, peer string) func() float64 {
		return func() float64 {
			s := startServer(server)
			defer s.stop()
			args := []string{s.addr, strconv.Itoa(idleConnections), strconv.Itoa(traffic)}
			if peer == "twisted" {
				return twisted(role, args...)[0]
			}
			return measure(role+"-"+peer, args...)
		}
	}
	row := func(title, server, role string, traffic int, withGnet bool) experiment {
		e := experiment{title: title, unit: "B", less: true, rounds: idleRounds, run: map[string]func() float64{
			ours: run(server, role, traffic, "tconn"), netPeer: run(server, role, traffic, "net"),
		}}
		if withGnet {
			e.run[gnetPeer] = run(server, role, traffic, "gnet")
		}
		if python != "" {
			e.run[twistedPy] = run(server, role, traffic, "twisted")
		}
		return e
	}
	return []experiment{
		row("idle connection, 10,000", "serve-generous", "idle", 0, true),
		row("idle connection, 10,000, after 62 KB", "serve-generous", "idle", trafficBytes, true),
		row("idle TLS connection, 10,000", "serve-tls", "idletls", 0, false),
		row("idle TLS connection, 10,000, after 62 KB", "serve-tls", "idletls", trafficBytes, false),
	}
}

// selfSigned is a certificate for 127.0.0.1 that nobody trusts.
func selfSigned() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	check(err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// serveGenerous answers with as many bytes as the line asks for that the client sends.
func serveGenerous([]string) {
	r := reactor.New()
	p, err := r.ListenTCP(0, reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &generous{} }))
	check(err)
	announce(p.Addr())
	check(r.Run())
}

// serveTLS is serveGenerous under TLS.
func serveTLS([]string) {
	r := reactor.New()
	p, err := r.ListenTLS(0, reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &generous{} }),
		&tls.Config{Certificates: []tls.Certificate{selfSigned()}})
	check(err)
	announce(p.Addr())
	check(r.Run())
}

type generous struct{ reactor.BaseProtocol }

func (g *generous) DataReceived(data []byte) {
	_, _ = g.Transport().Write(make([]byte, number(string(data[:len(data)-1]))))
}

func trusting() *tls.Config { return &tls.Config{InsecureSkipVerify: true} }

// idleTconn and idleTLSTconn hold the connections on one reactor.
func idleTconn(args []string) {
	hold(args, func(r *reactor.Reactor, host string, port int, f reactor.ClientFactory) { r.ConnectTCP(host, port, f) })
}

func idleTLSTconn(args []string) {
	config := trusting()
	hold(args, func(r *reactor.Reactor, host string, port int, f reactor.ClientFactory) {
		r.ConnectTLS(host, port, f, config)
	})
}

func hold(args []string, connect func(r *reactor.Reactor, host string, port int, f reactor.ClientFactory)) {
	n, traffic := number(args[1]), number(args[2])
	r := reactor.New()
	f := &holdFactory{left: n, traffic: traffic}
	before := settledRSS()
	f.done = func() {
		time.Sleep(time.Second) // the last handshakes' goroutines end, session tickets arrive
		if g := runtime.NumGoroutine(); g > 8 {
			fail(fmt.Sprintf("%d goroutines", g))
		}
		report(before, n)
	}
	dialed := 0
	var dial func()
	dial = func() { // a few hundred at a time, so that the server's backlog holds
		for ; dialed < n && dialed-(n-f.left) < 256; dialed++ {
			host, port := spread(dialed, args[0])
			connect(r, host, port, f)
		}
		if dialed < n {
			r.CallLater(time.Millisecond, dial)
		}
	}
	r.CallWhenRunning(dial)
	check(r.Run())
}

type holdFactory struct {
	reactor.BaseClientFactory
	left, traffic int
	done          func()
}

func (f *holdFactory) BuildProtocol(net.Addr) reactor.Protocol {
	return &held{f: f, missing: f.traffic}
}

func (f *holdFactory) ClientConnectionFailed(_ *reactor.Connector, reason error) { fail(reason) }

func (f *holdFactory) served() {
	if f.left--; f.left == 0 {
		go f.done()
	}
}

type held struct {
	reactor.BaseProtocol
	f       *holdFactory
	missing int
}

func (p *held) ConnectionMade() {
	if p.missing == 0 {
		p.f.served()
		return
	}
	_, _ = fmt.Fprintf(p.Transport(), "%d\n", p.missing)
}

func (p *held) DataReceived(data []byte) {
	if p.missing -= len(data); p.missing == 0 {
		p.f.served()
	}
}

// idleNet and idleTLSNet are a goroutine with a bufio.Reader for each connection.
func idleNet(args []string) {
	holdGoroutines(args, func(addr string) (net.Conn, error) { return net.Dial("tcp", addr) })
}

func idleTLSNet(args []string) {
	config := trusting()
	holdGoroutines(args, func(addr string) (net.Conn, error) { return tls.Dial("tcp", addr, config) })
}

func holdGoroutines(args []string, dial func(addr string) (net.Conn, error)) {
	traffic := number(args[2])
	before := settledRSS()
	dialAll(args, func(host string, port int) {
		c, err := dial(net.JoinHostPort(host, strconv.Itoa(port)))
		check(err)
		served := make(chan struct{})
		go func() {
			in := bufio.NewReader(c)
			if traffic > 0 {
				_, err := fmt.Fprintf(c, "%d\n", traffic)
				check(err)
				_, err = io.CopyN(io.Discard, in, int64(traffic))
				check(err)
			}
			close(served)
			_, _ = in.ReadString('\n')
		}()
		<-served
	})
	report(before, number(args[1]))
}

// idleGnet is gnet's client.
func idleGnet(args []string) {
	n, traffic := number(args[1]), number(args[2])
	h := &gnetHold{traffic: traffic, served: make(chan struct{}, n)}
	cli, err := gnet.NewClient(h, gnet.WithLogger(zap.NewNop().Sugar()))
	check(err)
	check(cli.Start())
	before := settledRSS()
	dialAll(args, func(host string, port int) {
		_, err := cli.Dial("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		check(err)
	})
	for range n {
		<-h.served
	}
	report(before, n)
}

type gnetHold struct {
	gnet.BuiltinEventEngine
	traffic int
	served  chan struct{}
}

func (h *gnetHold) OnOpen(c gnet.Conn) ([]byte, gnet.Action) {
	if h.traffic == 0 {
		h.served <- struct{}{}
		return nil, gnet.None
	}
	c.SetContext(&missing{h.traffic})
	return fmt.Appendf(nil, "%d\n", h.traffic), gnet.None
}

// missing is what a connection has yet to receive.
type missing struct{ bytes int }

func (h *gnetHold) OnTraffic(c gnet.Conn) gnet.Action {
	n, err := c.Discard(-1)
	check(err)
	m := c.Context().(*missing)
	if m.bytes -= n; m.bytes == 0 {
		h.served <- struct{}{}
	}
	return gnet.None
}
