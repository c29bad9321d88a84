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
	"sync/atomic"
	"time"
)

const (
	startTimeout = time.Minute
	stopTimeout  = 30 * time.Second
	pollInterval = 20 * time.Millisecond
	startTries   = 3
)

// maxLogBytes is how much of the server's log a failed test shows.
const maxLogBytes = 16 << 10

// errPortTaken says that another try may help.
var errPortTaken = errors.New("a port was taken")

// instance is a running server.
type instance struct {
	product   *product
	found     finding
	server    Server
	dir       string
	pid       int           // of the first process, and its process group
	exited    chan struct{} // closed when the first process has ended
	janitor   *janitor
	handedOut atomic.Int32 // users that NewUser has answered
	accounts  sync.Mutex   // held while an account is made
}

func startInstance(p *product, found finding) (*instance, error) {
	dir, err := serverDir(p.name)
	if err != nil {
		return nil, err
	}
	i := &instance{product: p, found: found, dir: dir, exited: make(chan struct{})}
	command, err := i.prepare()
	if err == nil {
		err = i.launch(command)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	i.janitor, err = hireJanitor(i.pid, dir)
	if err == nil {
		err = i.awaitGreetings()
	}
	if err != nil {
		err = fmt.Errorf("%w; its log:\n%s", err, i.logSince(0))
		return nil, errors.Join(err, i.stop())
	}
	return i, nil
}

// serverDir makes a directory that the server's users can enter, short enough for the names of its unix sockets.
func serverDir(name string) (string, error) {
	parent := os.TempDir()
	if len(parent) > 40 || !passable(parent) {
		parent = "/tmp"
	}
	if memory := memoryDir(); memory != "" && os.Getenv("TMPDIR") == "" {
		parent = memory
	}
	dir, err := os.MkdirTemp(parent, "tconn-"+strings.ToLower(name)+"-")
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

// prepare writes everything the server reads and answers the command that is the server.
func (i *instance) prepare() (*exec.Cmd, error) {
	ports, err := freePorts(4)
	if err != nil {
		return nil, err
	}
	if !i.found.pop3 {
		ports[2], ports[3] = 0, 0
	}
	i.server = Server{
		Product: i.product.name, Name: i.product.name + " " + i.found.version, Host: "127.0.0.1",
		IMAPPort: ports[0], IMAPSPort: ports[1], POP3Port: ports[2], POP3SPort: ports[3],
		CAFile: i.path(caFile), Users: users(sharedUsers),
		Prefix: i.product.prefix, Separator: i.product.separator, instance: i,
	}
	if err := writeCerts(i.dir, time.Now()); err != nil {
		return nil, err
	}
	return i.product.configure(i)
}

// path is where a file or directory of the server is.
func (i *instance) path(name ...string) string {
	return filepath.Join(append([]string{i.dir}, name...)...)
}

// makeDirs makes directories below that of the server.
func (i *instance) makeDirs(names ...string) error {
	for _, name := range names {
		if err := os.MkdirAll(i.path(name), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// launch starts the server. Its parent, for the kernel, is the thread that starts it; so that thread is kept until it ends.
func (i *instance) launch(command *exec.Cmd) error {
	log, err := os.OpenFile(i.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	command.Dir = "/"
	command.Stdout, command.Stderr = log, log
	if command.SysProcAttr == nil {
		command.SysProcAttr = attributes()
	}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := command.Start()
		if err == nil {
			i.pid = command.Process.Pid
		}
		started <- err
		if err == nil {
			_ = command.Wait()
			close(i.exited)
		}
	}()
	return <-started
}

// awaitGreetings returns when all ports speak, or the server has ended.
func (i *instance) awaitGreetings() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		if i.speaks(ctx) {
			return nil
		}
		select {
		case <-i.exited:
			if strings.Contains(i.logSince(0), "ddress already in use") {
				return errPortTaken
			}
			return fmt.Errorf("%s ended while starting", i.product.name)
		case <-ctx.Done():
			return fmt.Errorf("%s does not greet", i.product.name)
		case <-tick.C:
		}
	}
}

func (i *instance) speaks(ctx context.Context) bool {
	s := &i.server
	if !greets(ctx, s.IMAPAddr(), "* OK", i.product.greeting) || !accepts(ctx, s.IMAPSAddr()) {
		return false
	}
	return s.POP3Port == 0 || greets(ctx, s.POP3Addr(), "+OK", "") && accepts(ctx, s.POP3SAddr())
}

func greets(ctx context.Context, addr, prefix, part string) bool {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	deadline, _ := ctx.Deadline()
	_ = c.SetDeadline(deadline)
	line, _ := bufio.NewReader(c).ReadString('\n')
	return strings.HasPrefix(line, prefix) && strings.Contains(line, part)
}

func accepts(ctx context.Context, addr string) bool {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

// stop ends the server and waits for it and for all processes it has started.
func (i *instance) stop() error {
	terminate(i.pid)
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	var late error
	for groupLives(i.pid) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			late = fmt.Errorf("%s did not stop within %v and was killed", i.product.name, stopTimeout)
			killGroup(i.pid)
			ctx = context.Background()
		}
	}
	<-i.exited
	return errors.Join(late, os.RemoveAll(i.dir), i.janitor.dismiss())
}

func (i *instance) logFile() string { return i.path("log") }

func (i *instance) logSize() int64 {
	info, err := os.Stat(i.logFile())
	if err != nil {
		return 0
	}
	return info.Size()
}

// logSince answers the end of what was logged behind an offset.
func (i *instance) logSince(offset int64) string {
	text, err := os.ReadFile(i.logFile())
	if err != nil {
		return err.Error()
	}
	text = bytes.TrimSpace(text[min(offset, int64(len(text))):])
	if len(text) > maxLogBytes {
		text = append([]byte("...\n"), text[len(text)-maxLogBytes:]...)
	}
	return string(text)
}
