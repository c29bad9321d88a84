package integration

import (
	"slices"
	"strings"
	"testing"

	"github.com/tconn/tconn/internal/mailservers"
)

// TestDovecotRaw holds the server to what the other tests here take for granted.
func TestDovecotRaw(t *testing.T) {
	server := mailservers.Dovecot(t)
	for _, c := range []struct {
		name     string
		dial     func(*testing.T, *mailservers.Server) *rawSession
		starttls bool
	}{
		{"plain", dialPlain, true},
		{"TLS", dialTLS, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := c.dial(t, server)
			if greeting := s.line(); !strings.HasPrefix(greeting, "* OK [CAPABILITY IMAP4rev1 ") {
				t.Errorf("greeting: got %q, want * OK [CAPABILITY IMAP4rev1 ...", greeting)
			}
			words := strings.Fields(s.capabilityLine())
			for _, want := range []string{"IMAP4rev1", "IDLE", "AUTH=PLAIN", "AUTH=LOGIN", "AUTH=CRAM-MD5"} {
				if !slices.Contains(words, want) {
					t.Errorf("capabilities: got %q, want %s among them", words, want)
				}
			}
			if got := slices.Contains(words, "STARTTLS"); got != c.starttls {
				t.Errorf("STARTTLS offered: got %v, want %v", got, c.starttls)
			}
			if lines := s.command("z1", "LOGOUT"); !strings.HasPrefix(lines[0], "* BYE ") {
				t.Errorf("LOGOUT: got %q, want * BYE first", lines)
			}
		})
	}
}

func TestDovecotKnowsItsUsers(t *testing.T) {
	server := mailservers.Dovecot(t)
	for _, user := range server.Users[:2] {
		s := dialTLS(t, server)
		s.line()
		s.command("a1", `LOGIN "`+user.Name+`" "`+user.Password+`"`)
		lines := s.command("a2", "SELECT INBOX")
		if !slices.Contains(lines, "* 0 EXISTS") {
			t.Errorf("SELECT INBOX of %s: got %q, want * 0 EXISTS", user.Name, lines)
		}
		s.command("a3", "LOGOUT")
	}
}
