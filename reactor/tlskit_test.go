package reactor_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
)

// identity is a certificate for 127.0.0.1 and server.example, and the pool that trusts it.
type identity struct {
	pool *x509.CertPool
	cert tls.Certificate
}

var self = sync.OnceValue(func() identity {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "server.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		DNSNames: []string{"server.example"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return identity{pool: pool, cert: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}}
})

func serverConfig() *tls.Config { return &tls.Config{Certificates: []tls.Certificate{self().cert}} }
func trusting() *tls.Config     { return &tls.Config{RootCAs: self().pool} }

// tlsPeer is a TLS server on the loopback that has handle talk to each of its clients, in a goroutine of its own. The test ends
// only after all of them.
func tlsPeer(t testing.TB, config *tls.Config, handle func(c *tls.Conn, raw net.Conn)) *net.TCPAddr {
	t.Helper()
	return rawPeer(t, func(raw net.Conn) { handle(tls.Server(raw, config), raw) })
}

// rawPeer is tlsPeer without the TLS.
func rawPeer(t testing.TB, handle func(raw net.Conn)) *net.TCPAddr {
	t.Helper()
	l := peer(t)
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		conns []net.Conn
	)
	wg.Go(func() {
		for {
			raw, err := l.Accept()
			if err != nil {
				return
			}
			_ = raw.SetDeadline(time.Now().Add(guard))
			mu.Lock()
			conns = append(conns, raw)
			mu.Unlock()
			wg.Go(func() {
				defer raw.Close()
				handle(raw)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, raw := range conns {
			_ = raw.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return l.Addr().(*net.TCPAddr)
}

// echoTLS sends back what comes, and ends when the client does.
func echoTLS(c *tls.Conn, _ net.Conn) {
	_, _ = io.Copy(c, c)
	_ = c.CloseWrite()
}

// secure has p connect to addr over TLS.
func (l *loop) secure(addr *net.TCPAddr, f reactor.ClientFactory, config *tls.Config, options ...reactor.ConnectOption) (k *reactor.Connector) {
	l.t.Helper()
	l.do(func() { k = l.ConnectTLS("127.0.0.1", addr.Port, f, config, options...) })
	return k
}

// chopped is a connection whose writes go out in random pieces, so that records arrive cut anywhere.
type chopped struct {
	net.Conn
	rnd *mathrand.Rand
}

func (c chopped) Write(p []byte) (n int, err error) {
	for _, piece := range pieces(p, c.rnd, 900) {
		m, err := c.Conn.Write(piece)
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
