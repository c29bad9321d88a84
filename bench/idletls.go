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

	"github.com/tconn/tconn/reactor"
)

const (
	idleTLSConnections = 10_000
	// trafficBytes is what each connection receives before it falls idle again.
	trafficBytes = 62 << 10
)

// idleTLS measures an idle TLS client connection with nothing on top of it, fresh and after traffic.
func idleTLS() {
	fmt.Printf("idle TLS 1.3 client connections: %d; bytes of resident memory each, fresh and after %d KB were received\n", idleTLSConnections, trafficBytes>>10)
	var ours [2]float64
	for _, v := range []string{"idletls-tconn", "idletls-goroutine"} {
		for i, traffic := range []int{0, trafficBytes} {
			s := startServer("serve-tls")
			bytes := measure(v, s.addr, strconv.Itoa(idleTLSConnections), strconv.Itoa(traffic))
			s.stop()
			if v == "idletls-tconn" {
				ours[i] = bytes
			}
			fmt.Printf("%-16s %-14s %8.0f B   %5.1f x tconn\n", v[len("idletls-"):], []string{"fresh", "after traffic"}[i], bytes, bytes/ours[i])
		}
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

// serveTLS greets with as many bytes as the line asks for that the client sends.
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

// idleTLSTconn holds the connections on one reactor.
func idleTLSTconn(args []string) {
	n, traffic := number(args[1]), number(args[2])
	r := reactor.New()
	f := &tlsIdleFactory{left: n, traffic: traffic}
	before := settledRSS()
	f.done = func() {
		time.Sleep(time.Second) // the last handshakes' goroutines end, session tickets arrive
		if g := runtime.NumGoroutine(); g > 8 {
			fail(fmt.Sprintf("%d goroutines", g))
		}
		report(before, n)
	}
	config, dialed := trusting(), 0
	var dial func()
	dial = func() {
		for ; dialed < n && dialed-(n-f.left) < 256; dialed++ {
			host, port := spread(dialed, args[0])
			r.ConnectTLS(host, port, f, config)
		}
		if dialed < n {
			r.CallLater(time.Millisecond, dial)
		}
	}
	r.CallWhenRunning(dial)
	check(r.Run())
}

type tlsIdleFactory struct {
	reactor.BaseClientFactory
	left, traffic int
	done          func()
}

func (f *tlsIdleFactory) BuildProtocol(net.Addr) reactor.Protocol {
	return &tlsIdler{f: f, missing: f.traffic}
}

func (f *tlsIdleFactory) ClientConnectionFailed(_ *reactor.Connector, reason error) { fail(reason) }

func (f *tlsIdleFactory) served() {
	if f.left--; f.left == 0 {
		go f.done()
	}
}

type tlsIdler struct {
	reactor.BaseProtocol
	f       *tlsIdleFactory
	missing int
}

func (p *tlsIdler) ConnectionMade() {
	if p.missing == 0 {
		p.f.served()
		return
	}
	_, _ = fmt.Fprintf(p.Transport(), "%d\n", p.missing)
}

func (p *tlsIdler) DataReceived(data []byte) {
	if p.missing -= len(data); p.missing == 0 {
		p.f.served()
	}
}

// idleTLSGoroutine is a goroutine with crypto/tls and a bufio.Reader for each connection.
func idleTLSGoroutine(args []string) {
	traffic := number(args[2])
	before := settledRSS()
	config := trusting()
	dialAll(args, func(host string, port int) {
		c, err := tls.Dial("tcp", net.JoinHostPort(host, strconv.Itoa(port)), config)
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
