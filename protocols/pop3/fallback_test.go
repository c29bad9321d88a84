package pop3_test

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/protocols/sasl"
)

// A server that cannot do the channel binding it offers is asked once more without, whatever code it puts before that; one that says that the
// password is wrong is not.
func TestFallBackFromBinding(t *testing.T) {
	tests := []struct {
		answer string
		again  bool
	}{
		{"-ERR [AUTH] authenticating: bad protocol / cancel", true}, // Cyrus 3.6.1
		{"-ERR bad protocol / cancel", true},
		{"-ERR", true},
		{"-ERR [AUTH] authenticating: authentication failure", false},
		{"-ERR [AUTH] Authentication failed.", false},
	}
	for _, tt := range tests {
		t.Run(tt.answer, func(t *testing.T) {
			s := greeted(t, &pop3.Options{})
			s.tr.SetTLS(&tls.ConnectionState{
				Version: tls.VersionTLS12, HandshakeComplete: true, TLSUnique: make([]byte, 12),
				VerifiedChains: [][]*x509.Certificate{{{}}},
			})
			track(s.user, "AUTH", s.SignIn(&sasl.Credentials{Username: "alice", Password: sasl.NewSecret("secret")}))
			s.wrote("CAPA\r\n")
			s.server("+OK\r\nSASL SCRAM-SHA-256-PLUS SCRAM-SHA-256\r\n.\r\n")
			if got, want := string(s.tr.Take()), "AUTH SCRAM-SHA-256-PLUS "; !strings.HasPrefix(got, want) {
				t.Fatalf("sent: got %q, want %s...", got, want)
			}
			s.server(tt.answer + "\r\n")
			if got := string(s.tr.Take()); strings.HasPrefix(got, "AUTH SCRAM-SHA-256 ") != tt.again {
				t.Errorf("sent then: got %q, want another try without binding = %v", got, tt.again)
			}
			if failed := len(s.take()) > 0; failed == tt.again {
				t.Errorf("over: got %v, want %v", failed, !tt.again)
			}
		})
	}
}
