package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/reactor"
)

func TestPopTextIsStuffedOnce(t *testing.T) {
	for i := range testMails {
		text := popText(i+1, popSmall)
		if len(text) != popSmall {
			t.Errorf("message %d: got %d bytes, want %d", i+1, len(text), popSmall)
		}
		if got := strings.Count(text, "\r\n."); got != 1 {
			t.Errorf("message %d: got %d lines that begin with a dot, want 1", i+1, got)
		}
		if rest := strings.ReplaceAll(text, "\r\n", ""); strings.ContainsAny(rest, "\r\n") || !strings.HasSuffix(text, "\r\n") {
			t.Errorf("message %d: got lines that do not end with CRLF", i+1)
		}
	}
}

// The raw reader sees each end once, however the answers are cut.
func TestPopReaderSeesEnds(t *testing.T) {
	answers := "+OK\r\n.\r\n+OK 9\r\nab\r\n..\r\nc.\r\n.\r\n+OK\r\n\r\n.\r\n"
	for size := 1; size <= len(answers); size++ {
		t.Run(fmt.Sprint("reads of ", size), func(t *testing.T) {
			c := &popReader{conn: pieces{strings.NewReader(answers), size}, buf: make([]byte, 64)}
			ends := 0
			for c.total < len(answers) {
				ends += c.read()
			}
			if ends != 3 {
				t.Errorf("got %d ends, want 3", ends)
			}
		})
	}
}

// pieces gives at most so many bytes in one read.
type pieces struct {
	io.Reader
	size int
}

func (p pieces) Read(b []byte) (int, error) { return p.Reader.Read(b[:min(len(b), p.size)]) }

func (p pieces) Write(b []byte) (int, error) { return len(b), nil }

// All commands go out, no more than window of them ahead of the answers.
func TestPopReaderKeepsTheWindow(t *testing.T) {
	for _, window := range []int{1, 3, 100} {
		t.Run(fmt.Sprint(window), func(t *testing.T) {
			server := &windowServer{window: window}
			c := &popReader{conn: server, buf: make([]byte, 64)}
			var commands [][]byte
			for i := range 20 {
				commands = append(commands, fmt.Appendf(nil, "RETR %d\r\n", i+1))
			}
			c.all(commands, window)
			if server.came != 20 || server.most != min(window, 20) {
				t.Errorf("got %d commands, at most %d out, want 20 and %d", server.came, server.most, min(window, 20))
			}
		})
	}
}

// windowServer answers one command at each read.
type windowServer struct{ window, came, answered, most int }

func (s *windowServer) Write(b []byte) (int, error) {
	s.came += bytes.Count(b, []byte("\r\n"))
	s.most = max(s.most, s.came-s.answered)
	return len(b), nil
}

func (s *windowServer) Read(b []byte) (int, error) {
	s.answered++
	return copy(b, "+OK\r\nx\r\n.\r\n"), nil
}

func TestDelayLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, in := net.Pipe()
		out, far := net.Pipe()
		go delayLine(out, in, 10*time.Millisecond)
		start := time.Now()
		go func() {
			for _, part := range []string{"one", "two"} {
				_, _ = near.Write([]byte(part))
			}
			_ = near.Close()
		}()
		got, err := io.ReadAll(far)
		if string(got) != "onetwo" || err != nil {
			t.Errorf("got %q, error %v, want onetwo and the end", got, err)
		}
		if took := time.Since(start); took != 10*time.Millisecond { // both parts are on their way at once
			t.Errorf("took %v, want 10ms", took)
		}
	})
}

// The server of the idle connections is one for our client, and for go-pop3.
func TestPopServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go popAnswer(c, popMessage())
		}
	}()
	job := popJob{Addr: l.Addr().String(), User: imapUser}
	t.Run("go-pop3", func(t *testing.T) {
		c := popGoDial(job, 0)
		m, err := c.RetrRaw(1)
		if err != nil || m.Len() != trafficBytes {
			t.Errorf("got %v bytes, error %v, want %d", m, err, trafficBytes)
		}
		if err := c.Quit(); err != nil {
			t.Errorf("Quit: got %v, want nil", err)
		}
	})
	t.Run("tconn", func(t *testing.T) {
		r := reactor.New()
		go func() { _ = r.Run() }()
		defer r.Stop()
		c, err := pop3.Dial(t.Context(), job.Addr, &pop3.DialOptions{Reactor: r, Security: pop3.InTheClear, Options: &pop3.Options{AllowInsecureAuth: true}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pop3.Await(t.Context(), c, func(c *pop3.Client) *deferred.Deferred[pop3.Reply] { return c.Login(imapUser, imapPassword) }); err != nil {
			t.Fatal(err)
		}
		m, err := pop3.Await(t.Context(), c, func(c *pop3.Client) *deferred.Deferred[*pop3.Multiline] { return c.Retr(1) })
		if err != nil || m.Octets != trafficBytes {
			t.Errorf("got %v, error %v, want %d octets", m, err, trafficBytes)
		}
		if _, err := pop3.Await(t.Context(), c, (*pop3.Client).Quit); err != nil {
			t.Errorf("Quit: got %v, want nil", err)
		}
	})
}

// Each peer has a column, and each part's work is somebody's.
func TestPopPeersHaveColumns(t *testing.T) {
	for peer, works := range popWorks {
		if !slices.Contains(popPeers, peer) {
			t.Errorf("%s: got no column", peer)
		}
		for work := range works {
			if work != retrieveWork && work != idleWork {
				t.Errorf("%s: got the work %q, want one of the parts'", peer, work)
			}
		}
	}
	contests := append(popContests(&dovecot{}, ""), popIdle())
	for i, part := range contests {
		if part.name != popParts[i] {
			t.Errorf("part %d: got the name %q, want %q", i, part.name, popParts[i])
		}
		for _, m := range part.metrics {
			for _, a := range m.aims {
				if part.run[a.of] == nil || a.than != "" && !slices.Contains(popPeers, a.than) {
					t.Errorf("%s: got an aim of %q and %q, want two who take part", part.name, a.of, a.than)
				}
			}
		}
	}
}
