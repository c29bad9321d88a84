package mailservers

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	startTimeout = 20 * time.Second
	stopTimeout  = 10 * time.Second
	pollInterval = 20 * time.Millisecond
	startTries   = 5 // somebody else may take a port between the choice and the bind
)

// maxLogBytes is how much of the server's log a failed test shows.
const maxLogBytes = 16 << 10

// shared is the one Dovecot of this test binary.
var shared struct {
	mu      sync.Mutex
	running *dovecot
	users   int  // tests that hold it
	keep    bool // Main holds it, too
}

// Dovecot answers a Dovecot 2.3 that runs until t and the other tests that asked for it are through.
//
// When t fails, what the server has logged meanwhile is shown. Where it cannot run (not installed, another version, not root) t is skipped,
// or fails if TCONN_REQUIRE_SERVERS is 1. Goroutine: that of t.
func Dovecot(t testing.TB) *Server {
	t.Helper()
	uncached()
	program, version, reason := findDovecot()
	if reason != "" {
		absent(t, reason)
	}
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.running == nil {
		d, err := startDovecot(program, version)
		if err != nil {
			t.Fatalf("mailservers: %v", err)
		}
		shared.running = d
	}
	d := shared.running
	shared.users++
	before := d.logSize()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the log of %s:\n%s", d.server.Name, d.logSince(before))
		}
		if err := release(); err != nil {
			t.Errorf("mailservers: %v", err)
		}
	})
	server := *d.server
	return &server
}

// Main is for TestMain: it runs the tests of m, lets them share one start of each server, stops those at the end, and answers the
// exit code.
//
//	func TestMain(m *testing.M) { os.Exit(mailservers.Main(m)) }
func Main(m *testing.M) (code int) {
	shared.mu.Lock()
	shared.keep = true
	shared.mu.Unlock()
	code = m.Run()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	shared.keep = false
	if err := stopUnused(); err != nil {
		fmt.Fprintf(os.Stderr, "mailservers: %v\n", err)
		return max(code, 1)
	}
	return code
}

func release() error {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	shared.users--
	return stopUnused()
}

func stopUnused() error {
	if shared.users > 0 || shared.keep || shared.running == nil {
		return nil
	}
	d := shared.running
	shared.running = nil
	return d.stop()
}

// findDovecot answers the program and its version, or the reason why it cannot be used.
func findDovecot() (program, version, reason string) {
	program, err := exec.LookPath("dovecot")
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin"} {
		if err != nil {
			program, err = exec.LookPath(filepath.Join(dir, "dovecot"))
		}
	}
	if err != nil {
		return "", "", "Dovecot is not installed"
	}
	if os.Getuid() != 0 {
		return "", "", "Dovecot is installed, but only root can start it"
	}
	out, err := exec.Command(program, "--version").Output()
	if err != nil {
		return "", "", "dovecot --version fails: " + err.Error()
	}
	version, _, _ = strings.Cut(strings.TrimSpace(string(out)), " ")
	if !strings.HasPrefix(version, "2.3.") {
		return "", "", "Dovecot " + version + " is installed, 2.3 is needed"
	}
	if !speaksIMAP(program) {
		return "", "", "Dovecot is installed without its IMAP part (Debian: dovecot-imapd)"
	}
	return program, version, ""
}

func speaksIMAP(program string) bool {
	out, err := exec.Command(filepath.Join(filepath.Dir(filepath.Dir(program)), "bin", "doveconf"), "-d", "-h", "libexec_dir").Output()
	if err != nil {
		return false
	}
	_, err = os.Stat(filepath.Join(strings.TrimSpace(string(out)), "imap-login"))
	return err == nil
}

// dovecot is a running Dovecot.
type dovecot struct {
	server *Server
	dir    string
	pid    int
	exited chan struct{} // closed when the master process has ended
	output bytes.Buffer  // of the master, before it has opened its log; read after exited
}

func startDovecot(program, version string) (d *dovecot, err error) {
	for range startTries {
		d, err = tryDovecot(program, version)
		if err == nil || !strings.Contains(err.Error(), "Address already in use") {
			return d, err
		}
	}
	return nil, err
}

func tryDovecot(program, version string) (*dovecot, error) {
	dir, err := serverDir()
	if err != nil {
		return nil, err
	}
	d := &dovecot{dir: dir, exited: make(chan struct{})}
	config, err := d.prepare(version)
	if err == nil {
		err = d.launch(exec.Command(program, "-F", "-c", config))
	}
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	if err := d.awaitGreetings(); err != nil {
		err = fmt.Errorf("%w; its log:\n%s", err, d.logSince(0))
		return nil, errors.Join(err, d.stop())
	}
	return d, nil
}

// serverDir makes a directory that the server's users can enter, short enough for the names of its unix sockets.
func serverDir() (string, error) {
	parent := os.TempDir()
	if len(parent) > 40 || !passable(parent) {
		parent = "/tmp"
	}
	dir, err := os.MkdirTemp(parent, "tconn-dovecot-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
}

// passable tells whether everybody may enter dir.
func passable(dir string) bool {
	for {
		info, err := os.Stat(dir)
		if err != nil || info.Mode()&0o001 == 0 {
			return false
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return true
		}
		dir = parent
	}
}

// prepare writes everything Dovecot reads and answers the name of its configuration file.
func (d *dovecot) prepare(version string) (config string, err error) {
	ports, err := freePorts(2)
	if err != nil {
		return "", err
	}
	d.server = &Server{
		Name: "Dovecot " + version, Host: "127.0.0.1", IMAPPort: ports[0], IMAPSPort: ports[1],
		CAFile: filepath.Join(d.dir, caFile), Users: users(),
	}
	if err := writeCerts(d.dir, time.Now()); err != nil {
		return "", err
	}
	for _, name := range []string{"run", "state", "mail"} {
		if err := os.Mkdir(filepath.Join(d.dir, name), 0o755); err != nil {
			return "", err
		}
	}
	if out, err := exec.Command("chown", "mail:mail", filepath.Join(d.dir, "mail")).CombinedOutput(); err != nil {
		return "", fmt.Errorf("chown: %s", bytes.TrimSpace(out))
	}
	return writeDovecotConfig(d.dir, d.server)
}

// launch starts the master. Its parent, for the kernel, is the thread that starts it; so that thread is kept until it ends.
func (d *dovecot) launch(cmd *exec.Cmd) error {
	cmd.SysProcAttr = attributes()
	cmd.Stdout, cmd.Stderr = &d.output, &d.output
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			d.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			_ = cmd.Wait()
			close(d.exited)
		}
	}()
	return <-started
}

// awaitGreetings returns when both ports speak, or the master has ended.
func (d *dovecot) awaitGreetings() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		if greets(ctx, d.server.IMAPAddr(), "* OK") && accepts(ctx, d.server.IMAPSAddr()) {
			return nil
		}
		select {
		case <-d.exited:
			return fmt.Errorf("dovecot ended while starting: %s", bytes.TrimSpace(d.output.Bytes()))
		case <-ctx.Done():
			return errors.New("dovecot does not greet")
		case <-tick.C:
		}
	}
}

func greets(ctx context.Context, addr, prefix string) bool {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	deadline, _ := ctx.Deadline()
	_ = c.SetDeadline(deadline)
	line, _ := bufio.NewReader(c).ReadString('\n')
	return strings.HasPrefix(line, prefix)
}

func accepts(ctx context.Context, addr string) bool {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

// stop ends the master and waits for it and for all processes it has started.
func (d *dovecot) stop() error {
	_ = syscall.Kill(d.pid, syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	var late error
	for groupLives(d.pid) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			late = fmt.Errorf("dovecot did not stop within %v and was killed", stopTimeout)
			_ = syscall.Kill(-d.pid, syscall.SIGKILL)
			ctx = context.Background()
		}
	}
	<-d.exited
	return errors.Join(late, os.RemoveAll(d.dir))
}

func (d *dovecot) logFile() string { return filepath.Join(d.dir, "dovecot.log") }

func (d *dovecot) logSize() int64 {
	info, err := os.Stat(d.logFile())
	if err != nil {
		return 0
	}
	return info.Size()
}

// logSince answers the end of what was logged behind an offset.
func (d *dovecot) logSince(offset int64) string {
	text, err := os.ReadFile(d.logFile())
	if err != nil {
		return err.Error()
	}
	text = text[min(offset, int64(len(text))):]
	if len(text) > maxLogBytes {
		text = append([]byte("...\n"), text[len(text)-maxLogBytes:]...)
	}
	return string(text)
}
