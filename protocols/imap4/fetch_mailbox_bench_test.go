package imap4_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/imap4"
)

// What a mailbox of messages that are all different costs on its way through the client, in pieces as a reactor reads them. Messages that
// are all the same, as in BenchmarkFetch, let a processor foresee more than it can with those of a server.

const (
	benchMails = 2000
	benchPiece = 64 << 10
)

func pick(list []string, i int) string { return list[i%len(list)] }

var (
	benchPeople  = []string{"Ada Lovelace", "Grace Hopper", "Alan Turing", "Barbara Liskov", "Edsger Dijkstra", "Margaret Hamilton", "Donald Knuth"}
	benchDomains = []string{"example.org", "mail.example.com", "lists.example.net", "example.edu"}
	benchTopics  = []string{"Minutes of the meeting", "=?UTF-8?Q?Entw=C3=BCrfe?=", "Re: the figures of this quarter", "Invoice", "Fwd: tickets"}
	benchFlags   = []string{`\Seen`, `\Seen \Answered`, "", `\Seen \Flagged $Forwarded`, `\Seen NonJunk`}
)

// benchAddresses is an address list with n members.
func benchAddresses(i, n int) string {
	if n == 0 {
		return "NIL"
	}
	var b strings.Builder
	for ; n > 0; n-- {
		name := pick(benchPeople, i+n)
		mailbox, _, _ := strings.Cut(strings.ToLower(name), " ")
		fmt.Fprintf(&b, "(%q NIL %q %q)", name, fmt.Sprint(mailbox, i%97), pick(benchDomains, i/3+n))
	}
	return "(" + b.String() + ")"
}

// benchMetadata is what a server tells of message i.
func benchMetadata(i int) string {
	from := benchAddresses(i, 1)
	return fmt.Sprintf(`* %d FETCH (UID %d FLAGS (%s) INTERNALDATE "%2d-Jul-2026 %02d:%02d:%02d +0000" RFC822.SIZE 3072 `+
		`ENVELOPE ("%d Jul 2026 %02d:%02d:%02d +0100" "%s (%d)" %s %s %s %s %s NIL "<20262.%07d@example.org>" "<20261.%07d@example.org>") `+
		`BODYSTRUCTURE ((("text" "plain" ("charset" "utf-8") NIL NIL "quoted-printable" %d 12 NIL NIL NIL NIL)`+
		`("text" "html" ("charset" "utf-8") NIL NIL "quoted-printable" %d 20 NIL NIL NIL NIL) "alternative" ("boundary" "=_alt%07x") NIL NIL NIL)`+
		`("application" "pdf" NIL NIL NIL "base64" %d NIL ("attachment" ("filename" "report-%d.pdf")) NIL NIL) "mixed" ("boundary" "=_mix%07x") NIL NIL NIL))`+"\r\n",
		i, 1000+2*i, pick(benchFlags, i), 1+i%28, i%24, i%60, i*7%60,
		1+i%28, i%24, i%60, i*7%60, pick(benchTopics, i), i, from, from, from, benchAddresses(i+1, 1+i%3/2), benchAddresses(i+3, (i+1)%2), i+1, i,
		400+i%300, 700+i%400, i, 1500+i%200, i, i)
}

// benchUnlike is benchMetadata of messages of which no two have the same structure.
func benchUnlike(i int) string {
	return strings.Replace(benchMetadata(i), `"pdf"`, fmt.Sprintf(`"x%d"`, i), 1)
}

// benchBody is the answer that has the body of message i.
func benchBody(i int) string {
	return fmt.Sprintf("* %d FETCH (BODY[] {3072}\r\n%s)\r\n", i, strings.Repeat("Nothing of note happened today.\n", 3072/32))
}

// countingSink counts the bodies that come.
type countingSink struct{ bytes, bodies int }

func (s *countingSink) Write(p []byte) (int, error) {
	s.bytes += len(p)
	return len(p), nil
}

func (s *countingSink) Done(error) { s.bodies++ }

func BenchmarkFetchMailbox(b *testing.B) {
	sink := new(countingSink)
	toSink := imap4.FetchOptions{Sections: []imap4.BodySection{{Peek: true}}, Sink: func(imap4.LiteralMeta) imap4.LiteralSink { return sink }, Borrow: true}
	for _, bench := range []struct {
		name   string
		answer func(i int) string
		o      imap4.FetchOptions
	}{
		{"owned", benchMetadata, imap4.FetchOptions{Items: metadata}},
		{"borrowed", benchMetadata, imap4.FetchOptions{Items: metadata, Borrow: true}},
		{"unlike", benchUnlike, imap4.FetchOptions{Items: metadata, Borrow: true}},
		{"bodies", benchBody, toSink},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var input bytes.Buffer
			for i := range benchMails {
				input.WriteString(bench.answer(i + 1))
			}
			s := opened(b, "")
			s.Listener = nil
			got := 0
			s.Fetch(imap4.SeqRange(1, benchMails), bench.o, func(*imap4.Message) { got++ })
			b.SetBytes(int64(input.Len() / benchMails))
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i += benchMails {
				for rest := input.Bytes(); len(rest) > 0; {
					n := min(len(rest), benchPiece)
					s.DataReceived(rest[:n])
					rest = rest[n:]
				}
			}
			if b.StopTimer(); got%benchMails != 0 || got < b.N {
				b.Fatalf("messages: got %d, want %d or more", got, b.N)
			}
			s.server("A1 OK done\r\n")
		})
	}
}
