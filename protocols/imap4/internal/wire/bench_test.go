package wire

import (
	"bytes"
	"testing"
)

func benchmarkScan(b *testing.B, input []byte, p policy) {
	b.Helper()
	b.SetBytes(int64(len(input)))
	b.ReportAllocs()
	s := NewScanner(Client, nil)
	for b.Loop() {
		for rest := input; ; {
			u, n, err := s.Next(rest)
			if err != nil {
				b.Fatal(err)
			}
			if u.Kind == None {
				break
			}
			if u.Kind == LiteralStart {
				p(s, u.Literal)
			}
			rest = rest[n:]
		}
	}
}

func BenchmarkScanShortLine(b *testing.B) {
	benchmarkScan(b, []byte("* 23 EXISTS\r\n"), keepAll)
}

func BenchmarkScanFetchLine(b *testing.B) {
	benchmarkScan(b, []byte("* 12 FETCH (UID 44 FLAGS (\\Seen \\Answered) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE 4286)\r\n"), keepAll)
}

func benchmarkLiteral(b *testing.B, size int, p policy) {
	b.Helper()
	input := append([]byte("* 12 FETCH (BODY[] {"), AppendNumber(nil, uint64(size))...)
	input = append(append(append(input, "}\r\n"...), bytes.Repeat([]byte("a"), size)...), ")\r\n"...)
	benchmarkScan(b, input, p)
}

func BenchmarkScanLiteralKept(b *testing.B)     { benchmarkLiteral(b, 4<<10, keepAll) }
func BenchmarkScanLiteralStreamed(b *testing.B) { benchmarkLiteral(b, 1<<20, streamAll) }

func BenchmarkDecodeExists(b *testing.B) {
	u := Unit{Kind: Line, Bytes: []byte("* 23 EXISTS")}
	b.ReportAllocs()
	for b.Loop() {
		if r, err := DecodeResponse(u, nil); err != nil || r.Number != 23 {
			b.Fatal(r.Number, err)
		}
	}
}

func BenchmarkDecodeStatus(b *testing.B) {
	u := Unit{Kind: Line, Bytes: []byte("A1 OK [READ-WRITE] Select completed (0.001 + 0.000 secs).")}
	b.ReportAllocs()
	for b.Loop() {
		if r, err := DecodeResponse(u, nil); err != nil || r.Code != "READ-WRITE" {
			b.Fatal(r.Code, err)
		}
	}
}

func BenchmarkDecodeSearch(b *testing.B) {
	u := Unit{Kind: Line, Bytes: append([]byte("* SEARCH"), bytes.Repeat([]byte(" 1234567"), 1000)...)}
	b.ReportAllocs()
	b.SetBytes(int64(len(u.Bytes)))
	for b.Loop() {
		r, _ := DecodeResponse(u, nil)
		n := 0
		for d := &r.Args; len(d.Rest()) > 0; n++ {
			d.Number()
			d.TrySP()
		}
		if n != 1000 || r.Args.Err() != nil {
			b.Fatal(n, r.Args.Err())
		}
	}
}

func BenchmarkBuildLogin(b *testing.B) {
	var c CommandBuilder
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Begin("A1", "LOGIN").SP().AString("bob").SP().SecretAString("pa ss").Done(); err != nil {
			b.Fatal(err)
		}
	}
}

func TestDecodeAllocatesNothing(t *testing.T) {
	units := []Unit{{Bytes: []byte("* 23 EXISTS")}, {Bytes: []byte("* SEARCH 1 2 3 (MODSEQ 5)")}, {Bytes: []byte("* LIST (\\Noselect) NIL \"a\"")}}
	total := 0
	allocs := testing.AllocsPerRun(100, func() {
		for _, u := range units {
			r, err := DecodeResponse(u, nil)
			for err == nil && len(r.Args.Rest()) > 0 {
				total += len(r.Args.SkipValue())
				r.Args.TrySP()
				err = r.Args.Err()
			}
		}
	})
	if want := 101 * len(`123(MODSEQ 5)(\Noselect)NIL"a"`); allocs != 0 || total != want {
		t.Errorf("got %v allocations for %d bytes of values, want 0 for %d", allocs, total, want)
	}
}
