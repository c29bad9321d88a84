package integration

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/protocols/pop3/poplib"
	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor"
)

// The program of docs/from-poplib.md, as it shows it.

func headers(w io.Writer, host string, o *poplib.Options, user, password string) error {
	p, err := poplib.NewPOP3SSL(host, o)
	if err != nil {
		return err
	}
	defer p.Close()
	if _, err := p.User(user); err != nil {
		return err
	}
	if _, err := p.Pass(password); err != nil {
		return err
	}
	count, octets, err := p.Stat()
	if err != nil {
		return err
	}
	fmt.Fprintln(w, count, octets)
	for i := 1; i <= count; i++ {
		top, err := p.Top(i, 0)
		if err != nil {
			return err
		}
		fmt.Fprintln(w, i, len(top.Lines), top.Octets)
	}
	_, err = p.Quit()
	return err
}

func headersAhead(ctx context.Context, w io.Writer, addr string, o *pop3.DialOptions) error {
	c, err := pop3.Dial(ctx, addr, o)
	if err != nil {
		return err
	}
	defer c.Disconnect()
	stat, err := pop3.Await(ctx, c, (*pop3.Client).Stat)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, stat.Count, stat.Size)
	tops, err := pop3.Await(ctx, c, func(c *pop3.Client) *deferred.Deferred[[]*pop3.Multiline] {
		all := make([]*deferred.Deferred[*pop3.Multiline], stat.Count)
		for i := range all {
			all[i] = c.Top(i+1, 0) // goes out ahead of the answers, where the server takes that
		}
		return deferred.Gather(all...)
	})
	if err != nil {
		return err
	}
	for i, top := range tops {
		fmt.Fprintln(w, i+1, len(top.Lines), top.Octets)
	}
	_, err = pop3.Await(ctx, c, (*pop3.Client).Quit)
	return err
}

var pythonBlock = regexp.MustCompile("(?s)```python\n(.*?)```\n")

// TestPortedProgram runs the three programs of docs/from-poplib.md, Python's from the document itself: they print the same.
func TestPortedProgram(t *testing.T) {
	server := mailservers.Dovecot(t)
	server.NeedsPOP3(t)
	user := server.NewUser(t)
	server.Fill(t, user, "INBOX", mailservers.Mails(12)...)
	config := &tls.Config{RootCAs: server.RootCAs(t)}

	var facade strings.Builder
	o := &poplib.Options{Port: server.POP3SPort, TLS: config}
	if err := headers(&facade, server.Host, o, user.Name, user.Password); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Count(facade.String(), "\n"), 13; got != want || !strings.HasPrefix(facade.String(), "12 ") {
		t.Errorf("the facade prints %d lines, want %d with the number of messages first:\n%s", got, want, facade.String())
	}
	var ahead strings.Builder
	r := runReactor(t)
	credentials := &sasl.Credentials{Username: user.Name, Password: sasl.NewSecret(user.Password)}
	dial := &pop3.DialOptions{Reactor: r, TLS: config, Credentials: credentials}
	if err := headersAhead(t.Context(), &ahead, server.POP3SAddr(), dial); err != nil {
		t.Fatal(err)
	}
	if ahead.String() != facade.String() {
		t.Errorf("pop3.Client prints\n%swant\n%s", ahead.String(), facade.String())
	}
	if python := runDocument(t, server, user); python != facade.String() {
		t.Errorf("Python prints\n%swant\n%s", python, facade.String())
	}
}

// runReactor answers a reactor that runs until the test ends.
func runReactor(t *testing.T) *reactor.Reactor {
	t.Helper()
	r, over := reactor.New(), make(chan error, 1)
	go func() { over <- r.Run() }()
	t.Cleanup(func() {
		if err := r.CallFromThread(func() { _ = r.Stop() }); err != nil {
			t.Error(err)
		}
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
	return r
}

// runDocument runs the Python program of the document.
func runDocument(t *testing.T, server *mailservers.Server, user mailservers.User) string {
	t.Helper()
	runPython(t, pythonOrder{Cases: []pythonCase{}}) // skips where there is no Python
	block := pythonBlock.FindStringSubmatch(readPoplibDoc(t))
	if block == nil {
		t.Fatalf("%s: got no block of Python, want a program", poplibDoc)
	}
	program := block[1] + "\nimport sys\nheaders(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4])\n"
	cmd := exec.CommandContext(t.Context(), "python3", "-B", "-c", program, server.Host, strconv.Itoa(server.POP3SPort), user.Name, user.Password)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
