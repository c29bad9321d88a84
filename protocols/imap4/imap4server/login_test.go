package imap4server_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/imap4/imap4server"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

const disabled = "* OK [CAPABILITY IMAP4rev1 LITERAL+ UNSELECT LOGINDISABLED] tconn IMAP4rev1 server ready\r\n"

// underTLS is the state of a connection under TLS.
var underTLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true}

const (
	privacyRequired = `
	C: a CAPABILITY
	S: * CAPABILITY IMAP4rev1 LITERAL+ UNSELECT LOGINDISABLED
	S: a OK CAPABILITY completed
	C: b LOGIN alice secret
	S: b NO [PRIVACYREQUIRED] LOGIN is disabled without TLS
	C: c LOGIN {5}
	S: c NO [PRIVACYREQUIRED] LOGIN is disabled without TLS
	C: d LOGIN {5+}
	C: alice {6+}
	C: secret
	S: d NO [PRIVACYREQUIRED] LOGIN is disabled without TLS
	C: e SELECT INBOX
	S: e BAD SELECT is not allowed in state not authenticated`
	allowed = `
	C: a CAPABILITY
	S: * CAPABILITY IMAP4rev1 LITERAL+ UNSELECT
	S: a OK CAPABILITY completed
	C: b LOGIN alice secret
	S: b OK [CAPABILITY IMAP4rev1 LITERAL+ UNSELECT] LOGIN completed`
	nobody = `
	C: a LOGIN alice secret
	S: a NO LOGIN is disabled
	C: b CAPABILITY
	S: * CAPABILITY IMAP4rev1 LITERAL+ UNSELECT LOGINDISABLED
	S: b OK CAPABILITY completed`
)

func TestLoginNeedsTLS(t *testing.T) {
	cases := []struct {
		name         string
		authenticate imap4server.Authenticate
		options      imap4server.Options
		tls          *tls.ConnectionState
		greeting     string
		script       string
	}{
		{"in the clear", alice(), imap4server.Options{}, nil, disabled, privacyRequired},
		{"in the clear, by option", alice(), insecure, nil, greeting, allowed},
		{"under TLS", alice(), imap4server.Options{}, underTLS, greeting, allowed},
		{"under TLS, by option", alice(), insecure, underTLS, greeting, allowed},
		{"in the clear, without Authenticate", nil, imap4server.Options{}, nil, disabled, nobody},
		{"in the clear by option, without Authenticate", nil, insecure, nil, disabled, nobody},
		{"under TLS, without Authenticate", nil, imap4server.Options{}, underTLS, disabled, nobody},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			replay(t, tc.script, func(t testing.TB) *session {
				s := connect(t, tc.authenticate, tc.options, tc.tls)
				s.want(tc.greeting)
				return s
			})
		})
	}
	t.Run("a transport that knows nothing of TLS is in the clear", func(t *testing.T) {
		tr := reactortest.NewTransport(nil)
		tr.SetTLS(underTLS)
		s := &imap4server.Server{Authenticate: alice()}
		s.MakeConnection(struct{ reactor.Transport }{tr})
		if got := string(tr.Take()); got != disabled {
			t.Errorf("greeting: got %q, want %q", got, disabled)
		}
		tr.AbortConnection()
		tr.Clock().Turn()
	})
	t.Run("refusals are no failed logins", func(t *testing.T) {
		s := connect(t, alice(), imap4server.Options{LoginTries: 1}, nil)
		s.tr.Clear()
		s.send(strings.Repeat(loginLine, 20))
		s.want(strings.Repeat("l NO [PRIVACYREQUIRED] LOGIN is disabled without TLS\r\n", 20))
		s.wantClosed(false)
	})
}

// TestAuthenticateGets: what the program is told of a login.
func TestAuthenticateGets(t *testing.T) {
	for _, state := range []*tls.ConnectionState{nil, underTLS} {
		t.Run(fmt.Sprintf("under TLS %t", state != nil), func(t *testing.T) {
			a := &slow{}
			s := connect(t, a.authenticate, insecure, state)
			peer := netip.MustParseAddrPort("192.0.2.7:4321")
			s.tr.SetAddrs(netip.MustParseAddrPort("192.0.2.1:143"), peer)
			s.send("a LOGIN \"al ice\" {6+}\r\nse\"ret\r\n")
			if len(a.got) != 1 {
				t.Fatalf("Authenticate called %d times, want 1", len(a.got))
			}
			got := a.got[0]
			if got.User != "al ice" || got.Password != `se"ret` || got.Encrypted != (state != nil) {
				t.Errorf("got user %q, password %q, encrypted %t; want %q, %q, %t", got.User, got.Password, got.Encrypted, "al ice", `se"ret`, state != nil)
			}
			if got.Peer == nil || got.Peer.String() != peer.String() {
				t.Errorf("peer: got %v, want %v", got.Peer, peer)
			}
			a.logins[0].Callback(a)
		})
	}
}

func TestLoginPrintsNoPassword(t *testing.T) {
	l := imap4server.Login{User: "alice", Password: "hunter2", Peer: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 4321}, Encrypted: true}
	const plain = `{User:"alice" Password:*** Peer:192.0.2.7:4321 Encrypted:true}`
	cases := []struct {
		format string
		value  any
		want   string
	}{
		{"%v", l, plain},
		{"%+v", l, plain},
		{"%s", l, plain},
		{"%v", &l, plain},
		{"%#v", l, "imap4server.Login" + plain},
		{"%#v", &l, "imap4server.Login" + plain},
		{"%v", []imap4server.Login{l}, "[" + plain + "]"},
		{"%v", imap4server.Login{}, `{User:"" Password:*** Peer:<nil> Encrypted:false}`},
	}
	for _, tc := range cases {
		if got := fmt.Sprintf(tc.format, tc.value); got != tc.want {
			t.Errorf("%s of %T: got %s, want %s", tc.format, tc.value, got, tc.want)
		}
	}
}
