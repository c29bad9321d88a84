package imap4

import (
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

const realisticLine = `* 12345 FETCH (UID 98765 FLAGS (\Seen \Answered $Forwarded) RFC822.SIZE 48213 INTERNALDATE "17-Jul-2024 02:44:25 +0200" ` +
	`ENVELOPE ("Wed, 17 Jul 2024 02:44:21 +0200" "Re: The plan for the third quarter, with figures" ` +
	`(("Alice Example" NIL "alice.example" "mail.example.org")) (("Alice Example" NIL "alice.example" "mail.example.org")) ` +
	`(("Alice Example" NIL "alice.example" "mail.example.org")) (("Bob Builder" NIL "bob" "example.com")("Carol" NIL "carol" "example.net")) ` +
	`NIL NIL "<20240716.1234@mail.example.com>" "<20240717.5678.abcdef@mail.example.org>") ` +
	`BODYSTRUCTURE ((("text" "plain" ("charset" "utf-8") NIL NIL "quoted-printable" 1824 45 NIL NIL NIL NIL)` +
	`("text" "html" ("charset" "utf-8") NIL NIL "base64" 8213 106 NIL NIL NIL NIL) "alternative" ("boundary" "--=_b2") NIL NIL NIL)` +
	`("application" "pdf" ("name" "figures.pdf") NIL NIL "base64" 35210 NIL ("attachment" ("filename" "figures.pdf")) NIL NIL) ` +
	`"mixed" ("boundary" "--=_b1") NIL NIL NIL))` + "\r\n"

// stream is a read's worth of lines, over and over.
type stream struct {
	scanner *wire.Scanner
	input   []byte
	rest    []byte
}

func newStream() *stream {
	return &stream{scanner: wire.NewScanner(wire.Client, nil), input: []byte(strings.Repeat(realisticLine, 64))}
}

// next is the next line.
func (s *stream) next(b testing.TB) wire.Unit {
	if len(s.rest) == 0 {
		s.rest = s.input
	}
	u, n, err := s.scanner.Next(s.rest)
	if err != nil || u.Kind != wire.Line {
		b.Fatalf("got %v, %v", u.Kind, err)
	}
	s.rest = s.rest[n:]
	return u
}

// fetch is what stands behind FETCH in the next line.
func (s *stream) fetch(b testing.TB) (uint32, wire.Decoder) {
	r, err := wire.DecodeResponse(s.next(b), nil)
	if err != nil || r.Name != "FETCH" {
		b.Fatalf("got %s, %v", r.Name, err)
	}
	return r.Number, r.Args
}

func benchmarkFetch(b *testing.B, read func(f *fetchDecoder, seq uint32, args *wire.Decoder) (*Message, error)) {
	b.Helper()
	b.SetBytes(int64(len(realisticLine)))
	b.ReportAllocs()
	var f fetchDecoder
	s := newStream()
	for b.Loop() {
		seq, args := s.fetch(b)
		if m, err := read(&f, seq, &args); err != nil || m.UID != 98765 {
			b.Fatal(m.UID, err)
		}
	}
}

func BenchmarkFetchOwned(b *testing.B)    { benchmarkFetch(b, (*fetchDecoder).own) }
func BenchmarkFetchBorrowed(b *testing.B) { benchmarkFetch(b, (*fetchDecoder).borrow) }

func BenchmarkFetchScanOnly(b *testing.B) {
	b.SetBytes(int64(len(realisticLine)))
	for s := newStream(); b.Loop(); {
		s.next(b)
	}
}

func BenchmarkFetchHeadOnly(b *testing.B) {
	b.SetBytes(int64(len(realisticLine)))
	for s := newStream(); b.Loop(); {
		s.fetch(b)
	}
}

// The baseline: each byte looked at once.
func BenchmarkBaselineByteLoop(b *testing.B) {
	input := []byte(realisticLine)
	b.SetBytes(int64(len(input)))
	n := 0
	for b.Loop() {
		for _, c := range input {
			if c == '(' {
				n++
			}
		}
	}
	if n == 0 {
		b.Fatal(n)
	}
}
