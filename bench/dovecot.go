package main

import (
	"bufio"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	dovecotPatience = 20 * time.Second
	dovecotPoll     = 20 * time.Millisecond
	mailAccount     = "mail" // of Debian: owns the mailboxes
)

// dovecotConfig is for Dovecot 2.3 with the directory, the ports of IMAP, POP3 and POP3 under TLS, and the two ids of mailAccount. What is asked
// for in metadata is always kept in the index, as it is after a few sessions of any client.
const dovecotConfig = `
base_dir = %[1]s/run
state_dir = %[1]s/state
instance_name = tconn-bench-%[2]d
log_path = %[1]s/dovecot.log
protocols = imap pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <%[1]s/cert.pem
ssl_key = <%[1]s/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:%[1]s/mail/%%u
mail_fsync = never
mail_max_userip_connections = 0
mail_always_cache_fields = imap.envelope imap.bodystructure date.received size.virtual
first_valid_uid = 1
first_valid_gid = 1
passdb {
  driver = passwd-file
  args = scheme=plain %[1]s/users
}
userdb {
  driver = static
  args = uid=%[5]s gid=%[6]s home=%[1]s/mail/%%u
}
namespace inbox {
  inbox = yes
}
protocol imap {
  ssl = no
}
service imap-login {
  inet_listener imap {
    port = %[2]d
  }
  inet_listener imaps {
    port = 0
  }
  service_count = 0
  process_min_avail = 1
}
service pop3-login {
  inet_listener pop3 {
    port = %[3]d
  }
  inet_listener pop3s {
    port = %[4]d
    ssl = yes
  }
  service_count = 0
  process_min_avail = 1
}
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
`

// mailbox is that of one user.
type mailbox struct {
	user  string
	mails int
	text  func(i int) string // of message i, counted from 1
}

// dovecot is a private Dovecot on loopback.
type dovecot struct {
	imap, pop3, pop3s string // addresses
	version           string
	dir               string
	cmd               *exec.Cmd
}

// startDovecot answers a running one with these mailboxes, or the reason why it cannot run here. It is ended by stop, or by a failure.
func startDovecot(boxes ...mailbox) (d *dovecot, reason string) {
	program, err := exec.LookPath("dovecot")
	if err != nil {
		program = "/usr/sbin/dovecot"
	}
	out, err := exec.Command(program, "--version").Output()
	if err != nil {
		return nil, "it is not installed"
	}
	version, _, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if !strings.HasPrefix(version, "2.3.") {
		return nil, "it is Dovecot " + version + ", not 2.3"
	}
	owner, err := user.Lookup(mailAccount)
	if os.Getuid() != 0 || err != nil {
		return nil, "only root can start it, for the user " + mailAccount
	}
	d = &dovecot{version: version}
	d.dir, err = os.MkdirTemp("", "tconn-bench-")
	check(err)
	beforeExit = d.stop
	d.configure(owner)
	for _, box := range boxes {
		d.fill(box)
	}
	d.give(owner)
	d.launch(program)
	return d, ""
}

// configure writes the configuration.
func (d *dovecot) configure(owner *user.User) {
	check(os.Chmod(d.dir, 0o755))
	for _, name := range []string{"run", "state", "mail"} {
		check(os.Mkdir(filepath.Join(d.dir, name), 0o755))
	}
	ports := make([]any, 3)
	for i, addr := range []*string{&d.imap, &d.pop3, &d.pop3s} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		check(err)
		defer l.Close()
		*addr = l.Addr().String()
		_, ports[i] = spread(0, *addr)
	}
	certificate := selfSigned()
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	check(err)
	d.write("cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})))
	d.write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	d.write("dovecot.conf", fmt.Sprintf(dovecotConfig, append(append([]any{d.dir}, ports...), owner.Uid, owner.Gid)...))
}

// fill writes a user and his mailbox.
func (d *dovecot) fill(box mailbox) {
	users, err := os.OpenFile(filepath.Join(d.dir, "users"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	check(err)
	_, err = users.WriteString(box.user + ":{PLAIN}" + imapPassword + "\n")
	check(err)
	check(users.Close())
	for _, name := range []string{"new", "tmp", "cur"} {
		check(os.MkdirAll(filepath.Join(d.dir, "mail", box.user, name), 0o755))
	}
	for i := range box.mails {
		text := box.text(i + 1)
		d.write(fmt.Sprintf("mail/%s/cur/%010d.M%dP1.bench,S=%d,W=%d:2,S", box.user, 1_700_000_000+i, i, len(text), len(text)), text)
	}
}

// give makes mailAccount the owner of the mailboxes.
func (d *dovecot) give(owner *user.User) {
	uid, err := strconv.Atoi(owner.Uid)
	check(err)
	gid, err := strconv.Atoi(owner.Gid)
	check(err)
	check(filepath.WalkDir(filepath.Join(d.dir, "mail"), func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, uid, gid)
	}))
}

func (d *dovecot) write(name, text string) {
	check(os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o644))
}

// launch starts the master, which ends with this process.
func (d *dovecot) launch(program string) {
	d.cmd = exec.Command(program, "-F", "-c", filepath.Join(d.dir, "dovecot.conf"))
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	check(d.cmd.Start())
	d.awaitGreeting(d.imap, "* OK")
	d.awaitGreeting(d.pop3, "+OK")
}

// fillIndex has IMAP read the whole mailbox twice, so that its index is complete.
func (d *dovecot) fillIndex() {
	for range 2 {
		c := dialRaw(d.imap)
		c.do("SELECT " + manyBox)
		c.do("FETCH 1:* " + metadataItems)
		c.do("LOGOUT")
		check(c.conn.Close())
	}
}

func (d *dovecot) awaitGreeting(addr, greeting string) {
	for end := time.Now().Add(dovecotPatience); time.Now().Before(end); time.Sleep(dovecotPoll) {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			continue
		}
		check(c.SetDeadline(end))
		line, _ := bufio.NewReader(c).ReadString('\n')
		_ = c.Close()
		if strings.HasPrefix(line, greeting) {
			return
		}
	}
	log, _ := os.ReadFile(filepath.Join(d.dir, "dovecot.log"))
	fail("Dovecot does not greet; its log:\n" + string(log))
}

// stop ends Dovecot and removes its files.
func (d *dovecot) stop() {
	beforeExit = func() {}
	if d.cmd != nil && d.cmd.Process != nil {
		_ = d.cmd.Process.Signal(syscall.SIGTERM)
		_ = d.cmd.Wait()
	}
	_ = os.RemoveAll(d.dir)
}
