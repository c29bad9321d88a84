package imap4server_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/imap4server"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
	"github.com/tconn/tconn/reactor/reactortest"
)

// FuzzServer: whatever a client sends and however it is cut, the server does not panic, sends well-formed responses only, answers
// each tag at most as often as it came in, and says the same.
func FuzzServer(f *testing.F) {
	for _, tc := range transcripts {
		var all strings.Builder
		for _, st := range parse(f, tc.script) {
			all.WriteString(st.client)
		}
		f.Add([]byte(all.String()), uint64(1))
	}
	f.Add([]byte(loginLine+selectLine+"a CLOSE\r\nb LOGOUT\r\n"), uint64(2))
	f.Add([]byte("a LOGIN {3}\r\nb LOGIN {300+}\r\n"+strings.Repeat("x", 300)+"\r\n\r\n{1}\r\n~{2+}\r\n"), uint64(3))
	f.Add([]byte("a NOOP\x00\r\n* \r\n+\r\n\"\\\r\n(((((\xff {0}\r\n{0}\r\n"), uint64(4))
	f.Fuzz(func(t *testing.T, input []byte, seed uint64) {
		if len(input) > 32<<10 {
			return
		}
		whole := serve(input, reactortest.Whole, seed%2 == 1)
		checkOutput(t, input, whole)
		if cut := serve(input, reactortest.Random(nil, seed), seed%2 == 1); cut != whole {
			t.Errorf("cut at random the server sent\n%q\nwhole\n%q", cut, whole)
		}
	})
}

// serve runs one session on input and answers all that the server sent. With late, each LOGIN and SELECT takes a second.
func serve(input []byte, cut reactortest.Chunking, late bool) string {
	clock := reactortest.NewClock()
	tr := reactortest.NewTransport(clock)
	account := imap4server.Account(imap4server.NewDemoAccount(2))
	if late {
		account = lateAccount{clock, account}
	}
	login := imap4server.OneUser("alice", "secret", account)
	server := &imap4server.Server{Authenticate: login, Options: imap4server.Options{AllowInsecureAuth: true, LineBytes: 1000, LiteralBytes: 100, IdleTimeout: -1}}
	if late {
		server.Authenticate = func(l imap4server.Login) *deferred.Deferred[imap4server.Account] {
			return later(clock, login(l))
		}
	}
	tr.Connect(server)
	for len(input) > 0 {
		n := cut.Next(len(input))
		tr.Receive(input[:n])
		input = input[n:]
	}
	for range 10_000 {
		if clock.Turn(); !tr.Paused() || tr.Disconnecting() {
			break
		}
		clock.Advance(time.Millisecond)
	}
	tr.AbortConnection()
	clock.Turn()
	return string(tr.Take())
}

type lateAccount struct {
	clock   *reactortest.Clock
	account imap4server.Account
}

func (a lateAccount) Select(name string, readOnly bool) *deferred.Deferred[imap4server.Mailbox] {
	return later(a.clock, a.account.Select(name, readOnly))
}

// later hands on the result of d, which is there, a little later.
func later[T any](clock *reactortest.Clock, d *deferred.Deferred[T]) *deferred.Deferred[T] {
	v, err, _ := d.Result()
	out := deferred.New[T]()
	clock.Reactor().CallLater(time.Microsecond, func() {
		if err != nil {
			out.Errback(err)
			return
		}
		out.Callback(v)
	})
	return out
}

func checkOutput(t *testing.T, input []byte, output string) {
	t.Helper()
	if !strings.HasSuffix(output, "\r\n") {
		t.Fatalf("output ends in %q, want CRLF", tail(output))
	}
	answers := make(map[string]int)
	for line := range strings.SplitSeq(strings.TrimSuffix(output, "\r\n"), "\r\n") {
		if strings.ContainsAny(line, "\r\n\x00") {
			t.Fatalf("line %q: want no CR, LF or NUL in it", line)
		}
		r, err := wire.DecodeResponse(wire.Unit{Kind: wire.Line, Bytes: []byte(line)}, nil)
		if err != nil {
			t.Fatalf("line %q: %v, want a response", line, err)
		}
		if r.Kind == wire.Tagged {
			answers[r.Tag]++
		}
	}
	literals := bytes.Contains(input, []byte("}"))
	asked := make(map[string]int)
	for line := range strings.SplitSeq(string(input), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if end := strings.IndexAny(line, " \t"); end >= 0 {
			line = line[:end]
		}
		asked[line]++
	}
	for tag, n := range answers {
		most := asked[tag]
		if literals { // a line may go on behind one
			most = bytes.Count(input, []byte(tag))
		}
		if n > most {
			t.Errorf("tag %q: answered %d times, it came %d times", tag, n, most)
		}
	}
}
