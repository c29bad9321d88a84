package mailservers

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"
)

func TestCertificateIsGoodForLoopbackOnly(t *testing.T) {
	dir := t.TempDir()
	if err := writeCerts(dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(dir+"/"+certFile, dir+"/"+keyFile)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	roots := (&Server{CAFile: dir + "/" + caFile}).RootCAs(t)
	for _, c := range []struct {
		name string
		good bool
	}{
		{"localhost", true}, {"127.0.0.1", true}, {"::1", true}, {"example.org", false}, {"127.0.0.2", false},
	} {
		_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: c.name})
		if (err == nil) != c.good {
			t.Errorf("certificate for %s: got %v, want good = %v", c.name, err, c.good)
		}
	}
}
