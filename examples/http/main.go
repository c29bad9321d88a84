// Command http runs net/http on a reactor, server and client: HTTP/1.1 in the clear and HTTP/2 over TLS, with connections that one
// goroutine drives. When the reactor stops, all of it ends.
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/tconn/tconn/reactor"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves twice on the loopback, asks both servers, and stops.
func run(ctx context.Context, out io.Writer) error {
	loop := reactor.New()
	plain, err := reactor.ListenNet(loop, 0, reactor.Interface("127.0.0.1"))
	if err != nil {
		return err
	}
	secure, err := reactor.ListenNet(loop, 0, reactor.Interface("127.0.0.1"))
	if err != nil {
		return err
	}
	certificate, trust, err := selfMade()
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: http.HandlerFunc(hello),
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{certificate},
			NextProtos:   []string{"h2", "http/1.1"}, // a server that Serves in the clear, too, has to be told
		},
		ReadHeaderTimeout: 10 * time.Second,
	}
	go func() { _ = server.Serve(plain) }()
	go func() { _ = server.ServeTLS(secure, "", "") }()

	var asked error
	go func() {
		asked = errors.Join(
			ask(ctx, out, loop, "http://"+plain.Addr().String()+"/plain", nil),
			ask(ctx, out, loop, "https://"+secure.Addr().String()+"/secure", trust),
			server.Shutdown(ctx),
		)
		loop.Stop()
	}()
	if err := loop.RunContext(ctx); err != nil {
		return err
	}
	return asked
}

// hello is what both servers answer.
func hello(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "hello, you asked for %s over %s", r.URL.Path, r.Proto)
}

// ask gets a page over a connection of the reactor and prints it.
func ask(ctx context.Context, out io.Writer, loop *reactor.Reactor, url string, trust *x509.CertPool) error {
	transport := &http.Transport{
		DialContext:       reactor.NetDialer{Reactor: loop}.DialContext,
		TLSClientConfig:   &tls.Config{RootCAs: trust},
		ForceAttemptHTTP2: true,
	}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	fmt.Fprintf(out, "%s %s: %s\n", answer.Proto, answer.Status, body)
	return err
}

// selfMade is a certificate for 127.0.0.1 that nobody but its maker trusts.
func selfMade() (certificate tls.Certificate, trust *x509.CertPool, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return certificate, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return certificate, nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return certificate, nil, err
	}
	trust = x509.NewCertPool()
	trust.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, trust, nil
}
