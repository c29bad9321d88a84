package endpoints_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/reactor"
)

// childForms holds, in the environment of a child, the string forms it is to listen on, separated by blanks.
const childForms = "TCONN_ENDPOINTS_CHILD"

// activatedChild is a program that answers each connection with the string form of its server, and ends after the last one's first.
func activatedChild(forms string) int {
	r := reactor.New()
	left := len(strings.Fields(forms))
	for _, form := range strings.Fields(forms) {
		ep, err := endpoints.ParseServer(r, form)
		if err != nil {
			fmt.Println(err)
			return 1
		}
		ep.Listen(reactor.FactoryFunc(func(net.Addr) reactor.Protocol {
			return &announcer{text: fmt.Sprint(ep), gone: func() {
				if left--; left == 0 {
					_ = r.Stop()
				}
			}}
		})).Handle(nil, func(err error) { fmt.Println(err); _ = r.Stop() })
	}
	r.CallLater(time.Minute, func() { _ = r.Stop() })
	if err := r.Run(); err != nil || left > 0 {
		return 1
	}
	return 0
}

type announcer struct {
	reactor.BaseProtocol
	text string
	gone func()
}

func (a *announcer) ConnectionMade() {
	_, _ = a.Transport().Write([]byte(a.text))
	a.Transport().LoseConnection()
}

func (a *announcer) ConnectionLost(error) { a.gone() }

func TestActivatedSockets(t *testing.T) {
	pem := certFile(t)
	var files []*os.File
	var addrs []string
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		f, err := l.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files, addrs = append(files, f), append(addrs, l.Addr().String())
		_ = l.Close() // its duplicate goes on listening
	}
	child := exec.Command("sh", "-c", `LISTEN_PID=$$ exec "$0"`, os.Args[0])
	child.Env = append(os.Environ(), "LISTEN_FDS=2", "LISTEN_FDNAMES=mail:mails", childForms+"=systemd:mail systemd:1:cert="+pem)
	child.ExtraFiles = files
	out := &strings.Builder{}
	child.Stdout, child.Stderr = out, out
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	plain, err := net.Dial("tcp", addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	wantAnnounced(t, plain, "systemd:mail")
	secure, err := tls.Dial("tcp", addrs[1], &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	wantAnnounced(t, secure, "systemd:1:cert="+pem)
	if err := child.Wait(); err != nil {
		t.Errorf("the child ended with %v and said %q", err, out)
	}
}

func wantAnnounced(t *testing.T, c net.Conn, want string) {
	t.Helper()
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	got := make([]byte, 1000)
	n := 0
	for {
		m, err := c.Read(got[n:])
		if n += m; err != nil {
			break
		}
	}
	if string(got[:n]) != want {
		t.Errorf("got %q, want %q", got[:n], want)
	}
}

func TestAdoptedServer(t *testing.T) {
	_, err := endpoints.ParseServer(reactor.New(), "systemd:mail")
	var argument *endpoints.ArgumentError
	if want := "endpoints: systemd: name: the parent process passed on no descriptor of that name; it passed on 0: []"; !errors.As(err, &argument) || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	for _, form := range []string{"systemd:mail:alpn=imap", "systemd:mail:key=x"} {
		if _, err := endpoints.ParseServer(reactor.New(), form); err == nil || !strings.Contains(err.Error(), "needs cert") {
			t.Errorf("%s: got %v, want that it needs cert", form, err)
		}
	}
	plain, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	d := endpoints.AdoptedServer(reactor.New(), plain, nil).Listen(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return nil }))
	if _, err, _ := d.Result(); !errors.Is(err, reactor.ErrWrongDescriptor) && err == nil {
		t.Errorf("got %v, want an error that names the descriptor", err)
	}
}
