package imap4server_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/imap4/imap4server"
	"github.com/tconn/tconn/reactor"
)

// listen runs a server on a reactor of its own, on loopback, and answers its address.
func listen(t testing.TB, f *imap4server.Factory) string {
	t.Helper()
	r := reactor.New()
	port, err := r.ListenTCP(0, f, reactor.Interface("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	running := make(chan struct{})
	r.CallWhenRunning(func() { close(running) })
	go func() { done <- r.Run() }()
	<-running
	t.Cleanup(func() {
		if err := r.Stop(); err != nil {
			t.Errorf("Stop: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return port.Addr().String()
}

func dial(t testing.TB, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestOverASocket(t *testing.T) {
	c := dial(t, listen(t, &imap4server.Factory{Authenticate: alice(), Options: insecure}))
	if _, err := io.WriteString(c, loginLine+"s SELECT {5+}\r\nINBOX\r\nc CLOSE\r\nx LOGOUT\r\n"); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	want := greeting + "l" + loggedIn + strings.Join([]string{
		`* FLAGS (\Seen \Answered \Flagged \Deleted \Draft)`,
		"* 3 EXISTS",
		"* 3 RECENT",
		"* OK [UNSEEN 3] First unseen message",
		`* OK [PERMANENTFLAGS (\Seen \Answered \Flagged \Deleted \Draft)] Flags that can be changed`,
		"* OK [UIDVALIDITY 1] UIDs valid",
		"* OK [UIDNEXT 4] Predicted next UID",
		"s OK [READ-WRITE] SELECT completed",
		"c OK CLOSE completed",
		"* BYE tconn IMAP4rev1 server logging out",
		"x OK LOGOUT completed",
		"",
	}, "\r\n")
	if string(got) != want {
		t.Errorf("server sent\n%q\nwant\n%q", got, want)
	}
}

// TestManyCommandsOverASocket: a client that sends 40,000 commands in one piece gets all answers, in order.
func TestManyCommandsOverASocket(t *testing.T) {
	const commands = 40_000
	c := dial(t, listen(t, &imap4server.Factory{Authenticate: alice(), Options: insecure}))
	sent := make(chan error, 1)
	reader := bufio.NewReader(c)
	if line, err := reader.ReadString('\n'); err != nil || line != greeting {
		t.Fatalf("greeting %q, %v; want %q", line, err, greeting)
	}
	go func() {
		_, err := io.WriteString(c, strings.Repeat("t NOOP\r\n", commands)+"x LOGOUT\r\n")
		sent <- err
	}()
	n := 0
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			t.Fatalf("after %d answers: %v", n, err)
		}
		if line != "t OK NOOP completed\r\n" {
			break
		}
		n++
	}
	if err := <-sent; err != nil || n != commands {
		t.Errorf("answers: got %d, write error %v; want %d, nil", n, err, commands)
	}
}
