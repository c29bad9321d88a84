package poplib_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/pop3/poplib"
)

// serve plays the server's part of one session for each script, in turn, on a port of the loopback interface, and answers that port. The test
// fails at its end if a session went otherwise.
//
// A script has a line for each step: "S: text" sends it with CRLF, `S= "raw"` as it is, "C: text" waits for that line, "starttls" and
// "close" say what they do. After its last line the server waits until the client has closed.
func serve(t testing.TB, scripts ...string) (port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.(*net.TCPListener).SetDeadline(time.Now().Add(guard))
	done := make(chan error, 1)
	go func() { done <- playAll(l, scripts) }()
	t.Cleanup(func() {
		if err := <-done; err != nil {
			t.Errorf("server: %v", err)
		}
		_ = l.Close()
	})
	return l.Addr().(*net.TCPAddr).Port
}

// guard is how long a test waits for what must happen. It only ends a test that has failed.
const guard = time.Minute

func playAll(l net.Listener, scripts []string) error {
	for _, script := range scripts {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		_ = conn.SetDeadline(time.Now().Add(guard))
		p := &play{conn: conn, in: bufio.NewReader(conn)}
		err = p.all(script)
		_ = p.conn.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// play is a session under way.
type play struct {
	conn net.Conn
	in   *bufio.Reader
}

func (p *play) all(script string) error {
	if err := p.steps(script); err != nil || strings.HasSuffix(script, "close") {
		return err
	}
	rest, _ := io.ReadAll(p.in)
	if len(rest) > 0 {
		return fmt.Errorf("after the last line: got %q from the client, want nothing", rest)
	}
	return nil
}

func (p *play) steps(script string) error {
	for step := range strings.Lines(strings.TrimSpace(script)) {
		step = strings.TrimSpace(step)
		if step == "close" {
			return nil
		}
		if err := p.step(step); err != nil {
			return fmt.Errorf("at %q: %w", step, err)
		}
	}
	return nil
}

func (p *play) step(step string) error {
	if text, ok := strings.CutPrefix(step, "S:"); ok {
		_, err := io.WriteString(p.conn, strings.TrimPrefix(text, " ")+"\r\n")
		return err
	}
	if quoted, ok := strings.CutPrefix(step, "S= "); ok {
		raw, err := strconv.Unquote(quoted)
		if err == nil {
			_, err = io.WriteString(p.conn, raw)
		}
		return err
	}
	if want, ok := strings.CutPrefix(step, "C:"); ok {
		want = strings.TrimPrefix(want, " ")
		got, err := p.in.ReadString('\n')
		if got != want+"\r\n" {
			return fmt.Errorf("got %q from the client (%v)", got, err)
		}
		return nil
	}
	if step == "starttls" {
		secure := tls.Server(p.conn, &tls.Config{Certificates: []tls.Certificate{certificate}})
		p.conn, p.in = secure, bufio.NewReader(secure)
		return secure.Handshake()
	}
	if step == "cut" {
		return p.conn.(*tls.Conn).NetConn().Close()
	}
	return fmt.Errorf("no such step")
}

// open connects to a server that plays the scripts, and closes the session at the end of the test.
func open(t testing.TB, o poplib.Options, scripts ...string) *poplib.POP3 {
	t.Helper()
	o.Port = serve(t, scripts...)
	o.AllowInsecureAuth = true
	p, err := poplib.NewPOP3("127.0.0.1", &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// serveBadly is serve for one session that goes wrong on the server's side, too. A step "tell" closes told, and "cut" ends a
// connection under TLS without the end of TLS.
func serveBadly(t testing.TB, script string) (port int, told chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.(*net.TCPListener).SetDeadline(time.Now().Add(guard))
	told = make(chan struct{})
	before, after, _ := strings.Cut(script, "tell\n")
	done := make(chan error, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			done <- err
			return
		}
		_ = conn.SetDeadline(time.Now().Add(guard))
		p := &play{conn: conn, in: bufio.NewReader(conn)}
		if err = p.steps(before); err == nil && after != "" {
			close(told)
			err = p.steps(after)
		}
		_, _ = io.Copy(io.Discard, p.in)
		_ = p.conn.Close()
		done <- err
	}()
	t.Cleanup(func() { _, _ = <-done, l.Close() })
	return l.Addr().(*net.TCPAddr).Port, told
}
