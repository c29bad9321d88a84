package mailservers

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

var dovecot = &product{
	name:      "Dovecot",
	greeting:  "Dovecot test server ready.",
	separator: ".",
	find:      sync.OnceValue(findDovecot),
	configure: configureDovecot,
	maildir:   func(i *instance, user string) string { return i.path("mail", user) },
}

// findDovecot answers the program and its version, or the reason why it cannot be used.
func findDovecot() finding {
	program, err := exec.LookPath("dovecot")
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin"} {
		if err != nil {
			program, err = exec.LookPath(filepath.Join(dir, "dovecot"))
		}
	}
	if err != nil {
		return finding{reason: "Dovecot is not installed"}
	}
	if os.Getuid() != 0 {
		return finding{reason: "Dovecot is installed, but only root can start it"}
	}
	out, err := exec.Command(program, "--version").Output()
	if err != nil {
		return finding{reason: "dovecot --version fails: " + err.Error()}
	}
	version, _, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if !strings.HasPrefix(version, "2.3.") {
		return finding{reason: "Dovecot " + version + " is installed, 2.3 is needed"}
	}
	if !dovecotHas(program, "imap-login") {
		return finding{reason: "Dovecot is installed without its IMAP part (Debian: dovecot-imapd)"}
	}
	return finding{program: program, version: version, pop3: dovecotHas(program, "pop3-login")}
}

// dovecotHas tells whether one of the programs that Dovecot starts is installed.
func dovecotHas(program, service string) bool {
	out, err := exec.Command(filepath.Join(filepath.Dir(filepath.Dir(program)), "bin", "doveconf"), "-d", "-h", "libexec_dir").Output()
	if err != nil {
		return false
	}
	_, err = os.Stat(filepath.Join(strings.TrimSpace(string(out)), service))
	return err == nil
}

// configureDovecot fills the directory with all that Dovecot reads.
func configureDovecot(i *instance) (*exec.Cmd, error) {
	if err := i.makeDirs("run", "state", "mail", "home", "public/.Board", "oauth2/default/HS256"); err != nil {
		return nil, err
	}
	values := i.settings()
	values.Mechanisms = "plain login cram-md5 scram-sha-1 scram-sha-256"
	if i.found.pop3 {
		values.Mechanisms += " apop"
	}
	for _, name := range []string{"dovecot.conf", "oauth2.conf"} {
		if err := i.writeConf(name, values); err != nil {
			return nil, err
		}
	}
	var accounts strings.Builder
	for _, u := range users(lastUser) {
		fmt.Fprintf(&accounts, "%s:{PLAIN}%s\n", u.Name, u.Password)
	}
	for name, text := range map[string]string{
		"users":                        accounts.String(),
		"public/.Board/dovecot-acl":    "authenticated lrwstipekxa\n",
		"oauth2/default/HS256/default": base64.StdEncoding.EncodeToString([]byte(tokenSecret)),
	} {
		if err := os.WriteFile(i.path(name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	if err := giveToMail(i.path("mail"), i.path("home"), i.path("public")); err != nil {
		return nil, err
	}
	return exec.Command(i.found.program, "-F", "-c", i.path("dovecot.conf")), nil
}
