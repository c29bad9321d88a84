package mailservers

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

// users are the accounts of every server.
func users() []User {
	list := []User{{"test", "test"}}
	for i := 1; i <= 20; i++ {
		list = append(list, User{fmt.Sprintf("user%d", i), "pass"})
	}
	return list
}

// dovecotMechanisms are the SASL mechanisms offered, in Dovecot's words.
const dovecotMechanisms = "plain login cram-md5 scram-sha-1 scram-sha-256"

// dovecotConfig is for Dovecot 2.3. What it changes from Dovecot's defaults serves tests: no delay after a wrong
// password, no file synchronisation, no limits that a busy test would meet.
var dovecotConfig = template.Must(template.New("dovecot.conf").Parse(`
base_dir = {{.Dir}}/run
state_dir = {{.Dir}}/state
instance_name = tconn-test-{{.IMAPPort}}
log_path = {{.Dir}}/dovecot.log
protocols = imap
listen = 127.0.0.1
login_greeting = Dovecot test server ready.

ssl = yes
ssl_cert = <{{.Dir}}/cert.pem
ssl_key = <{{.Dir}}/key.pem
ssl_min_protocol = TLSv1.2

disable_plaintext_auth = no
auth_mechanisms = {{.Mechanisms}}
auth_failure_delay = 0

mail_location = maildir:{{.Dir}}/mail/%u
mail_fsync = never
mail_max_userip_connections = 0
first_valid_uid = 1
first_valid_gid = 1

passdb {
  driver = passwd-file
  args = scheme=plain username_format=%u {{.Dir}}/users
}
userdb {
  driver = static
  args = uid=mail gid=mail home={{.Dir}}/mail/%u
}
namespace inbox {
  inbox = yes
}
service imap-login {
  inet_listener imap {
    port = {{.IMAPPort}}
  }
  inet_listener imaps {
    port = {{.IMAPSPort}}
    ssl = yes
  }
  service_count = 0
  process_min_avail = 1
}
service anvil {
  # no growing delay after failed logins from one address
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
`))

// writeDovecotConfig fills dir with all that Dovecot reads, and answers the name of its configuration file.
func writeDovecotConfig(dir string, s *Server) (string, error) {
	var accounts strings.Builder
	for _, u := range s.Users {
		fmt.Fprintf(&accounts, "%s:{PLAIN}%s\n", u.Name, u.Password)
	}
	if err := os.WriteFile(filepath.Join(dir, "users"), []byte(accounts.String()), 0o644); err != nil {
		return "", err
	}
	var text strings.Builder
	err := dovecotConfig.Execute(&text, map[string]any{
		"Dir": dir, "IMAPPort": s.IMAPPort, "IMAPSPort": s.IMAPSPort, "Mechanisms": dovecotMechanisms,
	})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "dovecot.conf")
	return file, os.WriteFile(file, []byte(text.String()), 0o644)
}
