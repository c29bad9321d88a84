package integration

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// step is a command and what the server says to it.
type step struct {
	to   string // the command, without CRLF
	say  string // the octets of the answer
	then ending
}

// ending is what a server does when it has answered.
type ending uint8

const (
	goesOn ending = iota
	closes
	startsTLS
)

// script is a server's side of a conversation: a greeting, and answers to commands that come in this order; some may be left out. What is not
// in it is answered with -ERR.
type script struct {
	greeting string
	gone     bool // closes behind the greeting
	tls      bool // from the first byte
	steps    []step
}

// cut says in what pieces a server sends.
type cut uint8

const (
	whole cut = iota
	bytewise
	randomly
)

func (c cut) String() string { return [...]string{"whole", "bytewise", "randomly"}[c] }

// maxScriptBytewise is how much is sent bytewise; the rest goes in one piece.
const maxScriptBytewise = 8 << 10

// scripted is a server on loopback that plays a script to one connection after another, and keeps what it is sent.
type scripted struct {
	script   script
	tls      *tls.Config
	listener net.Listener

	mu   sync.Mutex
	cut  cut
	sent []*heardBytes // by connection
}

// heardBytes is what a client has sent. done is closed when the connection has ended.
type heardBytes struct {
	bytes bytes.Buffer
	done  chan struct{}
}

// startScripted starts a server that ends with the test.
func startScripted(t *testing.T, s script, config *tls.Config) *scripted {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &scripted{script: s, tls: config, listener: l}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			server.mu.Lock()
			heard := &heardBytes{done: make(chan struct{})}
			server.sent = append(server.sent, heard)
			p := &performer{conn: conn, cut: server.cut, heard: heard}
			server.mu.Unlock()
			all.Go(func() { p.play(server) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		all.Wait()
	})
	return server
}

func (s *scripted) port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// setCut says how the next connections are sent what they are sent.
func (s *scripted) setCut(c cut) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = c
}

// sentOn is what was sent on connection n, when that has ended; "" if there was none.
func (s *scripted) sentOn(n int) string {
	s.mu.Lock()
	if n >= len(s.sent) {
		s.mu.Unlock()
		return ""
	}
	heard := s.sent[n]
	s.mu.Unlock()
	<-heard.done
	return heard.bytes.String()
}

// sentFirst is what was sent on the first of the connections from n to end-1 that was sent anything. Others on this machine may try the port,
// which may have been theirs before, and say nothing.
func (s *scripted) sentFirst(n, end int) string {
	for ; n < end; n++ {
		if sent := s.sentOn(n); sent != "" {
			return sent
		}
	}
	return ""
}

func (s *scripted) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sent)
}

// performer plays a script on one connection.
type performer struct {
	conn  net.Conn
	cut   cut
	heard *heardBytes
	kept  []byte // read, and not a whole line
}

func (p *performer) play(s *scripted) {
	defer close(p.heard.done)
	defer func() { _ = p.conn.Close() }()
	_ = p.conn.SetDeadline(time.Now().Add(patience))
	if s.script.tls && !p.startTLS(s.tls) {
		return
	}
	p.say(s.script.greeting)
	if s.script.gone {
		return
	}
	steps := s.script.steps
	for {
		command, ok := p.command()
		if !ok {
			return
		}
		next := 0
		for next < len(steps) && steps[next].to != command {
			next++
		}
		if next == len(steps) {
			p.say("-ERR not in the script\r\n")
			continue
		}
		at := steps[next]
		steps = steps[next+1:]
		p.say(at.say)
		if at.then == closes || at.then == startsTLS && !p.startTLS(s.tls) {
			return
		}
	}
}

// command reads a line; ok is false when there is none any more.
func (p *performer) command() (line string, ok bool) {
	buf := make([]byte, 1<<10)
	for {
		if before, behind, found := bytes.Cut(p.kept, []byte("\r\n")); found {
			p.kept = behind
			return string(before), true
		}
		n, err := p.conn.Read(buf)
		p.heard.bytes.Write(buf[:n])
		p.kept = append(p.kept, buf[:n]...)
		if err != nil {
			return "", false
		}
	}
}

// startTLS goes on under TLS; it answers false if the client does not.
func (p *performer) startTLS(config *tls.Config) bool {
	conn := tls.Server(p.conn, config)
	p.conn = conn
	return conn.Handshake() == nil
}

// say sends octets in pieces. A client that is gone is noticed when it is read from.
func (p *performer) say(text string) {
	seed := rand.New(rand.NewPCG(uint64(len(text)), 5))
	for text != "" {
		n := len(text)
		switch {
		case p.cut == bytewise && n <= maxScriptBytewise:
			n = 1
		case p.cut == bytewise:
			n -= maxScriptBytewise
		case p.cut == randomly:
			n = 1 + seed.IntN(min(n, 600))
		}
		if _, err := p.conn.Write([]byte(text[:n])); err != nil {
			return
		}
		text = text[n:]
	}
}

// certificate is one for 127.0.0.1, and the authority to trust for it, in PEM. It takes those that net/http has for its tests.
func certificate(t *testing.T) (server *tls.Config, ca string) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	s.Close()
	config := &tls.Config{Certificates: s.TLS.Certificates}
	return config, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
}

// stuffed is a message as an answer to RETR has it behind its first line: its line ends as they are, a dot before those that begin with one, and
// the single dot behind it.
func stuffed(message string) string {
	var b strings.Builder
	for line := range strings.Lines(message) {
		if line[0] == '.' {
			b.WriteByte('.')
		}
		b.WriteString(line)
	}
	if message != "" && !strings.HasSuffix(message, "\n") {
		b.WriteString("\r\n")
	}
	b.WriteString(".\r\n")
	return b.String()
}
