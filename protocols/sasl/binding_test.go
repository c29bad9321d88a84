package sasl_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/sasl"
)

// session makes a TLS session in memory and answers what both sides know of it.
func session(t *testing.T, version uint16, verify bool) (client, server tls.ConnectionState) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	epoch := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"mail.example"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: epoch, NotAfter: epoch.AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	clock := func() time.Time { return epoch.AddDate(0, 1, 0) }
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	listener := tls.Server(far, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MaxVersion: version,
		Time: clock, SessionTicketsDisabled: true})
	done := make(chan error, 1)
	go func() { done <- listener.Handshake() }()
	dialer := tls.Client(near, &tls.Config{RootCAs: roots, ServerName: "mail.example", MaxVersion: version, Time: clock, InsecureSkipVerify: !verify})
	if err := errors.Join(dialer.Handshake(), <-done); err != nil {
		t.Fatal(err)
	}
	return dialer.ConnectionState(), listener.ConnectionState()
}

// Both sides of a session must come to the same bytes, for each type and version, and two sessions to others.
func TestBindingData(t *testing.T) {
	for _, c := range []struct {
		name    string
		version uint16
		want    map[string]bool
	}{
		{"TLS 1.2", tls.VersionTLS12, map[string]bool{"tls-exporter": true, "tls-unique": true, "tls-server-end-point": true}},
		{"TLS 1.3", tls.VersionTLS13, map[string]bool{"tls-exporter": true, "tls-unique": false, "tls-server-end-point": true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, server := session(t, c.version, true)
			other, _ := session(t, c.version, true)
			server.PeerCertificates = client.PeerCertificates // its own one it does not list
			for kind, want := range c.want {
				data := sasl.BindingData(&client, kind)
				check(t, kind+" is there", len(data) > 0, want)
				if !bytes.Equal(data, sasl.BindingData(&server, kind)) {
					t.Errorf("%s: got different bytes on both sides", kind)
				}
				if want && bytes.Equal(data, sasl.BindingData(&other, kind)) {
					t.Errorf("%s: got the same bytes for two sessions", kind)
				}
			}
			exporter, err := server.ExportKeyingMaterial("EXPORTER-Channel-Binding", []byte{}, 32) // RFC 9266 section 2
			if err != nil || !bytes.Equal(exporter, sasl.BindingData(&client, "tls-exporter")) {
				t.Errorf("tls-exporter: got other bytes than the server exports (%v)", err)
			}
		})
	}
	check(t, "a type that is not known", len(sasl.BindingData(&tls.ConnectionState{}, "tls")), 0)
}

// The hash is that of the certificate's signature, SHA-256 at least (RFC 5929 section 4.1).
func TestServerEndPoint(t *testing.T) {
	raw := []byte("certificate")
	short, middle, long := sha256.Sum256(raw), sha512.Sum384(raw), sha512.Sum512(raw)
	for _, c := range []struct {
		algorithm x509.SignatureAlgorithm
		want      []byte
	}{
		{x509.MD5WithRSA, short[:]}, {x509.SHA1WithRSA, short[:]}, {x509.ECDSAWithSHA1, short[:]}, {x509.SHA256WithRSA, short[:]},
		{x509.SHA256WithRSAPSS, short[:]}, {x509.ECDSAWithSHA256, short[:]}, {x509.SHA384WithRSA, middle[:]},
		{x509.SHA384WithRSAPSS, middle[:]}, {x509.ECDSAWithSHA384, middle[:]}, {x509.SHA512WithRSA, long[:]},
		{x509.SHA512WithRSAPSS, long[:]}, {x509.ECDSAWithSHA512, long[:]}, {x509.PureEd25519, nil}, {x509.UnknownSignatureAlgorithm, nil},
	} {
		state := &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{Raw: raw, SignatureAlgorithm: c.algorithm}}}
		if got := sasl.BindingData(state, "tls-server-end-point"); !bytes.Equal(got, c.want) {
			t.Errorf("%v: got %x, want %x", c.algorithm, got, c.want)
		}
	}
	if got := sasl.BindingData(&tls.ConnectionState{}, "tls-server-end-point"); got != nil {
		t.Errorf("without a certificate: got %x, want none", got)
	}
}

// The client takes the best binding of the session, and what it says is what the server, which sees the other side of it, wants.
func TestSCRAMPlus(t *testing.T) {
	for _, c := range []struct {
		name    string
		version uint16
		kinds   []string
		want    string
	}{
		{"TLS 1.2", tls.VersionTLS12, nil, "tls-unique"},
		{"TLS 1.3", tls.VersionTLS13, nil, "tls-exporter"},
		{"TLS 1.3, the certificate", tls.VersionTLS13, []string{"tls-unique", "tls-server-end-point", "tls-exporter"}, "tls-server-end-point"},
		{"TLS 1.2, the exporter", tls.VersionTLS12, []string{"tls-exporter"}, "tls-exporter"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, server := session(t, c.version, true)
			server.PeerCertificates = client.PeerCertificates
			cred := pencil()
			cred.ChannelBindings = c.kinds
			m, err := sasl.Choose([]string{"SCRAM-SHA-256-PLUS"}, cred, sasl.Channel{TLS: &client})
			check(t, "header", sasl.GS2(made(t, m, err)), "p="+c.want+",,")
			s := &scramServer{hash: sha256.New, password: "pencil", salt: []byte("salt"), count: 4096, binding: sasl.BindingData(&server, c.want)}
			next(t, m, s.end(next(t, m, s.begin(start(t, m)))))
			if err := finish(m, nil); err != nil {
				t.Errorf("got %v, want success", err)
			}
		})
	}
}

// A man in the middle has two sessions: what is bound to the one is not good for the other.
func TestSCRAMPlusManInTheMiddle(t *testing.T) {
	client, _ := session(t, tls.VersionTLS13, true)
	_, server := session(t, tls.VersionTLS13, true)
	m, err := sasl.NewSCRAMPlus(sasl.SHA256, pencil(), sasl.Channel{TLS: &client})
	made(t, m, err)
	s := &scramServer{hash: sha256.New, password: "pencil", salt: []byte("salt"), count: 4096, binding: sasl.BindingData(&server, "tls-exporter")}
	check(t, "the server's last", s.end(next(t, m, s.begin(start(t, m)))), "e=channel-bindings-dont-match")
}

func TestSCRAMPlusArguments(t *testing.T) {
	for _, c := range []struct {
		name  string
		kinds []string
		ch    sasl.Channel
		user  string
		field string
	}{
		{"in the clear", nil, clear, "user", "TLS"},
		{"a session of nobody's", nil, loose, "user", "TLS"},
		{"no type allowed", []string{}, tight, "user", "TLS"},
		{"a type that is not known", []string{"tls"}, tight, "user", "ChannelBindings"},
		{"no user", nil, tight, "", "Username"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cred := pencil()
			cred.Username, cred.ChannelBindings = c.user, c.kinds
			if m, err := sasl.NewSCRAMPlus(sasl.SHA1, cred, c.ch); !asArgument(err, c.field) || m != nil {
				t.Errorf("got %v, %v; want an *ArgumentError about %s", m, err, c.field)
			}
		})
	}
}

// When the server refuses a binding there is the same mechanism without, unless that would be less than was asked for.
func TestFallback(t *testing.T) {
	const (
		first = "r=%sSERVER,s=c2FsdA==,i=4096"
		plus1 = "SCRAM-SHA-1-PLUS"
	)
	trusted, _ := session(t, tls.VersionTLS13, true)
	doubtful, _ := session(t, tls.VersionTLS13, false)
	for _, c := range []struct {
		name     string
		offered  string
		state    *tls.ConnectionState
		only     []string
		answers  int    // how many challenges come
		last     string // the one after the proof
		verdict  error
		fallback bool
	}{
		{"refused at once", plus1, &trusted, nil, 0, "", errRefused, true},
		{"refused after the proof", plus1, &trusted, nil, 1, "", errRefused, true},
		{"it does not match", plus1, &trusted, nil, 2, "e=channel-bindings-dont-match", errRefused, true},
		{"the type is not known", plus1, &trusted, nil, 2, "e=unsupported-channel-binding-type", errRefused, true},
		{"no reason told", plus1, &trusted, nil, 2, "e=other-error", errRefused, true},
		{"both are allowed", plus1, &trusted, []string{plus1, "scram-sha-1"}, 1, "", errRefused, true},
		{"wrong password", plus1, &trusted, nil, 2, "e=invalid-proof", errRefused, false},
		{"unknown user", plus1, &trusted, nil, 2, "e=unknown-user", errRefused, false},
		{"a signature that is wrong", plus1, &trusted, nil, 2, "v=AAAA", errRefused, false},
		{"accepted without proof", plus1, &trusted, nil, 1, "", nil, false},
		{"a certificate that was not verified", plus1, &doubtful, nil, 1, "", errRefused, false},
		{"binding is asked for", plus1, &trusted, []string{plus1}, 1, "", errRefused, false},
		{"nothing to fall back to", "SCRAM-SHA-1", &trusted, nil, 1, "", errRefused, false},
		{"another mechanism", "PLAIN", &trusted, nil, 0, "", errRefused, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			cred := pencil()
			cred.Mechanisms = c.only
			m, err := sasl.Choose([]string{c.offered}, cred, sasl.Channel{TLS: c.state})
			v := sasl.NewConversation(made(t, m, err), nil)
			_, nonce, _ := strings.Cut(says(t, v.Start(true)), ",r=")
			for _, challenge := range []string{strings.ReplaceAll(first, "%s", nonce), c.last}[:c.answers] {
				_, _ = now(t, v.Next(b64(challenge)))
			}
			if before := v.Fallback(); before != nil {
				t.Error("before the end: got a mechanism, want none")
			}
			if err := v.Finish(c.verdict); err == nil {
				t.Error("Finish: got success")
			}
			weaker := v.Fallback()
			check(t, "a mechanism to fall back to", weaker != nil, c.fallback)
			if weaker != nil {
				check(t, "its name", weaker.Name(), "SCRAM-SHA-1")
				check(t, "its header", sasl.GS2(weaker), "n,,")
				if again := start(t, weaker); strings.HasSuffix(again, nonce) {
					t.Errorf("its nonce: got the old one, %s", nonce)
				}
			}
		})
	}
}

// A server that has proved itself over this very session has other reasons to refuse.
func TestNoFallbackAfterProof(t *testing.T) {
	state, _ := session(t, tls.VersionTLS13, true)
	m, err := sasl.NewSCRAMPlus(sasl.SHA256, pencil(), sasl.Channel{TLS: &state})
	v := sasl.NewConversation(made(t, m, err), nil)
	s := &scramServer{hash: sha256.New, password: "pencil", salt: []byte("salt"), count: 4096, binding: sasl.BindingData(&state, "tls-exporter")}
	first := s.begin(says(t, v.Start(true)))
	last := s.end(says(t, v.Next(b64(first))))
	says(t, v.Next(b64(last)))
	check(t, "Finish", v.Finish(errRefused), errRefused)
	check(t, "Fallback", v.Fallback(), nil)
}

// What goes out with binding is the header and the session's bytes in base64.
func TestSCRAMPlusSendsTheBinding(t *testing.T) {
	m, err := sasl.NewSCRAMPlus(sasl.SHA1, pencil(), tight)
	made(t, m, err)
	sasl.SetNonce(m, "n")
	start(t, m)
	c, _, _ := strings.Cut(next(t, m, "r=nS,s=c2FsdA==,i=4096"), ",")
	check(t, "c=", c, "c="+base64.StdEncoding.EncodeToString([]byte("p=tls-unique,,unique")))
}
