package main

import (
	"fmt"
	"math"
	"net"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
)

const testMails = 200

// replay is a replay server on loopback until the test ends.
func replay(t *testing.T) imapJob {
	t.Helper()
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go newReplayServer(testMails).serve(l)
	_, port := spread(0, l.Addr().String())
	return imapJob{Addr: fmt.Sprintf("127.0.0.1:%d", port), Mailbox: manyBox, Messages: testMails, Connections: 3}
}

func TestMetadataIsWellFormed(t *testing.T) {
	c := go2Selected(replay(t))
	messages, err := c.Fetch(go2Set(imapJob{Messages: testMails}), &imap.FetchOptions{UID: true, Flags: true, InternalDate: true, RFC822Size: true,
		Envelope: true, BodyStructure: &imap.FetchItemBodyStructure{Extended: true}}).Collect()
	if err != nil || len(messages) != testMails {
		t.Fatalf("FETCH: got %d messages, error %v, want %d", len(messages), err, testMails)
	}
	for i, got := range messages {
		m := mail(i + 1)
		if int(got.UID) != m.uid() || got.RFC822Size != smallBody || got.InternalDate.IsZero() || "<"+got.Envelope.MessageID+">" != m.id(0) {
			t.Errorf("message %d: got UID %d, size %d, date %v, Message-ID %q", i+1, got.UID, got.RFC822Size, got.InternalDate, got.Envelope.MessageID)
		}
		if n := len(got.Envelope.From) + len(got.Envelope.To) + len(got.Envelope.Cc); n < 2 {
			t.Errorf("message %d: got %d addresses in From, To, Cc, want 2 to 4", i+1, n)
		}
		leaves := 0
		got.BodyStructure.Walk(func(_ []int, part imap.BodyStructure) bool {
			if _, ok := part.(*imap.BodyStructureSinglePart); ok {
				leaves++
			}
			return true
		})
		if leaves != 3 {
			t.Errorf("message %d: got %d parts, want 3", i+1, leaves)
		}
		if n := len(m.metadata()); n < 700 || n > 1000 {
			t.Errorf("message %d: got %d bytes of metadata, want 700 to 1,000", i+1, n)
		}
		if got, own := m.unlike(), fmt.Sprintf(`"application" "x-%d"`, i+1); !strings.Contains(got, own) {
			t.Errorf("message %d: got %s, want %s", i+1, got, own)
		}
	}
}

func TestBodiesAreWhole(t *testing.T) {
	job := replay(t)
	for _, test := range []struct {
		box         string
		count, size int
	}{{manyBox, testMails, smallBody}, {largeBox, 2, largeBody}} {
		t.Run(test.box, func(t *testing.T) {
			job := job
			job.Mailbox, job.Messages = test.box, test.count
			fetch := go2Selected(job).Fetch(go2Set(job), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
			messages, err := fetch.Collect()
			if err != nil || len(messages) != test.count {
				t.Fatalf("FETCH: got %d messages, error %v, want %d", len(messages), err, test.count)
			}
			for i, m := range messages {
				if got := len(m.BodySection[0].Bytes); got != test.size {
					t.Errorf("body %d: got %d bytes, want %d", i+1, got, test.size)
				}
			}
		})
	}
}

func TestMailTextIsCanonical(t *testing.T) {
	for i := range testMails {
		text := mail(i + 1).text()
		if len(text) != smallBody {
			t.Errorf("message %d: got %d bytes, want %d", i+1, len(text), smallBody)
		}
		if rest := strings.ReplaceAll(text, "\r\n", ""); strings.ContainsAny(rest, "\r\n") {
			t.Errorf("message %d: got a lone CR or LF, want none", i+1)
		}
	}
}

// A push reaches each of the connections once, and the control connection not at all.
func TestPushReachesAll(t *testing.T) {
	job := replay(t)
	for _, test := range []struct {
		name, command string
		idlers        func(imapJob) connectIdlers
	}{
		{"go-imap v2, push", "PUSH", func(j imapJob) connectIdlers { return inGoroutines(j, go2Idle) }},
		{"go-imap v2, traffic", "TRAFFIC", func(j imapJob) connectIdlers { return inGoroutines(j, go2Idle) }},
		{"tconn, traffic", "TRAFFIC", tconnIdlers},
	} {
		t.Run(test.name, func(t *testing.T) {
			job := imapJob{Addr: replay(t).Addr, Mailbox: job.Mailbox, Connections: job.Connections}
			a := newArrivals(job, 2)
			connect := test.idlers(job)
			connect(1, a.exists)
			connect(job.Connections-1, a.exists)
			control := dialControl(job)
			for range 2 {
				control.do(test.command)
				<-a.all
			}
			if got := a.count.Load(); got != 2*int64(job.Connections) {
				t.Errorf("got %d calls, want %d", got, 2*job.Connections)
			}
		})
	}
}

// The raw reader finds the end of a command however its answer is cut.
func TestRawReaderFindsTheEnd(t *testing.T) {
	answer := "* 1 FETCH (BODY[] {12}\r\nA1 OK bogus\r\n)\r\nA1 OK done\r\n"
	for cut := range len(answer) {
		t.Run(fmt.Sprint("cut at ", cut), func(t *testing.T) {
			server, conn := net.Pipe()
			defer server.Close()
			defer conn.Close()
			go func() {
				for _, part := range []string{answer[:cut], answer[cut:]} {
					if part != "" {
						_, _ = server.Write([]byte(part))
					}
				}
			}()
			c := &rawClient{conn: conn, buf: make([]byte, rawTail+64)}
			ended := strings.HasSuffix(answer[:cut], "\r\nA1 OK bogus\r\n") // what it cannot tell apart, and no server here sends
			c.until("A1")
			want := len(answer)
			if ended {
				want = cut
			}
			if c.total != want {
				t.Errorf("got the end after %d bytes, want %d", c.total, want)
			}
		})
	}
}

func TestVerdicts(t *testing.T) {
	metrics := []metric{
		{unit: "messages/s", aims: []aim{{of: ours, than: goIMAP2, bound: 10}, {of: oursViews, than: goIMAP2, bound: 20}}},
		{unit: "allocations", less: true, aims: []aim{{of: ours, bound: 0, atMost: true}}},
		{unit: "KB", less: true, aims: []aim{{of: ours, bound: 2048, atMost: true}}},
	}
	r := outcome{contest: contest{name: "n", what: "w", peers: imapPeers, metrics: metrics}, values: map[string][][]float64{}}
	r.add(goIMAP2, []float64{100, 30, math.NaN()})
	got := r.String()
	want := "| n: w | messages/s | – | – | – | 100 | – | – | – | – | 10 x go-imap v2.0.0-beta.8; tconn, borrowed views: 20 x go-imap v2.0.0-beta.8 |\n" +
		"| n | allocations | – | – | – | 30 | – | – | – | – | at most 0 |\n" +
		"| n | KB | – | – | – | – | – | – | – | – | at most 2 048 |\n"
	if got != want {
		t.Errorf("without ours: got\n%s\nwant\n%s", got, want)
	}
	r.add(ours, []float64{990, 0.001, 2049})
	r.add(oursViews, []float64{2000, 0, 1})
	got = r.String()
	want = "| n: w | messages/s | **990** | **2 000** | – | 100 (9.90) | – | – | – | – | 10 x go-imap v2.0.0-beta.8, is 9.90: MISS; " +
		"tconn, borrowed views: 20 x go-imap v2.0.0-beta.8, is 20.00: PASS |\n" +
		"| n | allocations | **0.001** | **0** | – | 30 (30000.00) | – | – | – | – | at most 0: PASS |\n" +
		"| n | KB | **2 049** | **1** | – | – | – | – | – | – | at most 2 048: MISS |\n"
	if got != want {
		t.Errorf("with ours: got\n%s\nwant\n%s", got, want)
	}
}

// Who has no IMAP work would be a column without a figure; who has one of an unknown name would never be run.
func TestWorksAreParts(t *testing.T) {
	known := map[string]bool{}
	for _, part := range append(imapParts(), dovecotParts(&dovecot{imap: "127.0.0.1:143"})...) {
		known[part.work] = true
	}
	for peer, works := range imapWorks {
		for work := range works {
			if !known[work] {
				t.Errorf("%s: got the work %q, want one of the parts'", peer, work)
			}
		}
	}
}
