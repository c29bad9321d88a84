package main

import (
	"bytes"
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

// dovecotConfig is for Dovecot 2.3 with the directory, the port and the two ids of mailAccount. What is asked for in metadata is always kept in
// the index, as it is after a few sessions of any client.
const dovecotConfig = `
base_dir = %[1]s/run
state_dir = %[1]s/state
instance_name = tconn-bench-%[2]d
log_path = %[1]s/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
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
  args = uid=%[3]s gid=%[4]s home=%[1]s/mail/%%u
}
namespace inbox {
  inbox = yes
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
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
`

// dovecot is a private Dovecot on loopback with one user's full mailbox.
type dovecot struct {
	addr, version string
	dir           string
	cmd           *exec.Cmd
}

// startDovecot answers a running one, or the reason why it cannot run here.
func startDovecot(mails int) (d *dovecot, reason string) {
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
	d.prepare(owner, mails)
	d.launch(program)
	return d, ""
}

// prepare writes the configuration, the user and his mailbox.
func (d *dovecot) prepare(owner *user.User, mails int) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	d.addr = l.Addr().String()
	check(l.Close())
	_, port := spread(0, d.addr)
	check(os.Chmod(d.dir, 0o755))
	for _, name := range []string{"run", "state", "mail"} {
		check(os.Mkdir(filepath.Join(d.dir, name), 0o755))
	}
	d.write("users", imapUser+":{PLAIN}"+imapPassword+"\n")
	d.write("dovecot.conf", fmt.Sprintf(dovecotConfig, d.dir, port, owner.Uid, owner.Gid))
	for _, name := range []string{"new", "tmp", "cur"} {
		check(os.MkdirAll(filepath.Join(d.dir, "mail", imapUser, name), 0o755))
	}
	for i := range mails {
		d.write(fmt.Sprintf("mail/%s/cur/%010d.M%dP1.bench,S=%d,W=%d:2,S", imapUser, 1_700_000_000+i, i, smallBody, smallBody), mail(i+1).text())
	}
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

// launch starts the master, which ends with this process, and has it read the whole mailbox twice, so that its index is complete.
func (d *dovecot) launch(program string) {
	d.cmd = exec.Command(program, "-F", "-c", filepath.Join(d.dir, "dovecot.conf"))
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	check(d.cmd.Start())
	d.awaitGreeting()
	for range 2 {
		c := dialRaw(d.addr)
		c.do("SELECT " + manyBox)
		c.do("FETCH 1:* " + metadataItems)
		c.do("LOGOUT")
		check(c.conn.Close())
	}
}

func (d *dovecot) awaitGreeting() {
	for end := time.Now().Add(dovecotPatience); time.Now().Before(end); time.Sleep(dovecotPoll) {
		c, err := net.Dial("tcp", d.addr)
		if err != nil {
			continue
		}
		check(c.SetDeadline(end))
		greeting := make([]byte, 64)
		n, _ := c.Read(greeting)
		_ = c.Close()
		if bytes.HasPrefix(greeting[:n], []byte("* OK")) {
			return
		}
	}
	log, _ := os.ReadFile(filepath.Join(d.dir, "dovecot.log"))
	fail("Dovecot does not greet; its log:\n" + string(log))
}

// stop ends Dovecot and removes its files.
func (d *dovecot) stop() {
	if d.cmd != nil && d.cmd.Process != nil {
		_ = d.cmd.Process.Signal(syscall.SIGTERM)
		_ = d.cmd.Wait()
	}
	_ = os.RemoveAll(d.dir)
}
