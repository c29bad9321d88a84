package transcript

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/policies"
)

// piece is what one side sent at once.
type piece struct {
	kind Kind
	data string
}

func write(w *policies.Transcript, pieces []piece) {
	for _, p := range pieces {
		if p.kind == Server {
			w.Server([]byte(p.data))
		} else {
			w.Client([]byte(p.data))
		}
	}
}

func TestTrace(t *testing.T) {
	tests := []struct {
		name   string
		pieces []piece
		want   string
	}{
		{"nothing", []piece{{Client, ""}}, ""},
		{"lines", []piece{{Server, "* OK hi\r\n"}, {Client, "A1 NOOP\r\nA2 NOOP\r\n"}}, "S: * OK hi\nC: A1 NOOP\nC: A2 NOOP\n"},
		{"an empty line", []piece{{Client, "\r\n"}}, "C:\n"},
		{"a space at the beginning stays, at the end it is quoted", []piece{{Client, " a\r\nb \r\n"}}, "C:  a\nC= \"b \\r\\n\"\n"},
		{"pieces of a line are joined", []piece{{Server, "* O"}, {Server, "K\r"}, {Server, "\n* "}, {Server, "2\r\n"}}, "S: * OK\nS: * 2\n"},
		{"no CRLF at the end", []piece{{Server, "a\r\nb"}}, "S: a\nS= \"b\"\n"},
		{"the other side breaks in", []piece{{Server, "a"}, {Client, "x\r\n"}, {Server, "b\r\n"}}, "S= \"a\"\nC: x\nS: b\n"},
		{"bytes that do not print", []piece{{Client, "\x00\r\n\xff\r\nü\r\n\u00a0\r\na\tb\r\n\n\r\r\n"}}, `C= "\x00\r\n"
C= "\xff\r\n"
C: ü
C= "\u00a0\r\n"
C= "a\tb\r\n"
C= "\n\r\r\n"
`},
		{"a long line comes in pieces", []piece{{Client, strings.Repeat("x", 9000)}, {Client, "y\r\n"}}, "C= \"" + strings.Repeat("x", 9000) + "\"\nC: y\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			w := policies.NewTranscript(&out)
			write(w, test.pieces)
			if err := w.Flush(); err != nil {
				t.Fatalf("Flush() = %v", err)
			}
			if got := out.String(); got != test.want {
				t.Errorf("wrote\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestTraceError(t *testing.T) {
	boom := errors.New("boom")
	w := policies.NewTranscript(failing{boom})
	w.Client([]byte("a\r\nb\r\n"))
	w.Server([]byte("c\r\n"))
	if err := w.Flush(); err != boom {
		t.Errorf("Flush() = %v, want boom", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// join makes one stretch of each run of pieces in one direction.
func join(pieces []piece) (joined []piece) {
	for _, p := range pieces {
		if n := len(joined); n > 0 && joined[n-1].kind == p.kind {
			joined[n-1].data += p.data
		} else if p.data != "" {
			joined = append(joined, p)
		}
	}
	return joined
}

// readBack writes pieces, reads the script and answers its stretches.
func readBack(t *testing.T, pieces []piece) []piece {
	t.Helper()
	var out bytes.Buffer
	w := policies.NewTranscript(&out)
	write(w, pieces)
	if err := w.Flush(); err != nil {
		t.Fatalf("Flush() = %v", err)
	}
	s, err := Parse("trace", &out)
	if err != nil {
		t.Fatalf("Parse = %v", err)
	}
	var read []piece
	for _, step := range s.Steps {
		read = append(read, piece{step.Kind, string(step.Data)})
	}
	return join(read)
}

func TestTraceReadBack(t *testing.T) {
	alphabet := []string{"\r\n", "\r\n", "\r", "\n", "a", "A1 NOOP", " ", "\t", "#", "--", "C:", `"`, "\\", "`", "\x00", "\xff", "é", "\u2028", "\ufeff", "{3}"}
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 0))
		var pieces []piece
		for range r.IntN(40) {
			var data strings.Builder
			for range r.IntN(8) {
				data.WriteString(alphabet[r.IntN(len(alphabet))])
			}
			pieces = append(pieces, piece{Kind(r.IntN(2)), data.String()})
		}
		compareStretches(t, readBack(t, pieces), join(pieces), seed)
	}
}

func compareStretches(t *testing.T, got, want []piece, seed uint64) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("seed %d, stretch %d differs:\n got %q\nwant %q", seed, i, got[min(i, len(got)):], want[min(i, len(want)):])
		}
	}
}

func FuzzTraceReadBack(f *testing.F) {
	f.Add([]byte("a\r\n"), []byte("b"), []byte("\r\n"))
	f.Add([]byte("\r"), []byte("\n"), []byte("\xff \r\n"))
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		pieces := []piece{{Client, string(a)}, {Client, string(b)}, {Server, string(c)}, {Client, string(b)}, {Server, string(a)}, {Server, string(c)}}
		compareStretches(t, readBack(t, pieces), join(pieces), 0)
	})
}
