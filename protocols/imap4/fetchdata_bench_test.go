package imap4

import (
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

// scanFetch reads one line as the client does, up to what stands behind FETCH.
func scanFetch(b testing.TB, s *wire.Scanner, input []byte) (uint32, wire.Decoder) {
	u, _, err := s.Next(input)
	if err != nil || u.Kind != wire.Line {
		b.Fatalf("got %v, %v", u.Kind, err)
	}
	r, err := wire.DecodeResponse(u, nil)
	if err != nil || r.Name != "FETCH" {
		b.Fatalf("got %s, %v", r.Name, err)
	}
	return r.Number, r.Args
}

func benchmarkFetch(b *testing.B, read func(f *fetchDecoder, seq uint32, args wire.Decoder) (*Message, error)) {
	b.Helper()
	input := []byte(realisticLine)
	b.SetBytes(int64(len(input)))
	b.ReportAllocs()
	var f fetchDecoder
	s := wire.NewScanner(wire.Client, nil)
	for b.Loop() {
		seq, args := scanFetch(b, s, input)
		if m, err := read(&f, seq, args); err != nil || m.UID != 98765 {
			b.Fatal(m.UID, err)
		}
	}
}

func BenchmarkFetchOwned(b *testing.B)    { benchmarkFetch(b, (*fetchDecoder).own) }
func BenchmarkFetchBorrowed(b *testing.B) { benchmarkFetch(b, (*fetchDecoder).borrow) }

func BenchmarkFetchScanOnly(b *testing.B) {
	input := []byte(realisticLine)
	b.SetBytes(int64(len(input)))
	s := wire.NewScanner(wire.Client, nil)
	for b.Loop() {
		u, _, err := s.Next(input)
		if err != nil || u.Kind != wire.Line {
			b.Fatal(err)
		}
	}
}

func BenchmarkFetchHeadOnly(b *testing.B) {
	input := []byte(realisticLine)
	s := wire.NewScanner(wire.Client, nil)
	for b.Loop() {
		scanFetch(b, s, input)
	}
}

// The baselines: one byte loop, one copy.
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
