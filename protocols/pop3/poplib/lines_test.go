package poplib_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/tconn/tconn/protocols/pop3/poplib"
)

// Random messages of the octets that matter come out as poplib's way to read lines has them.
func TestLinesAreThoseOfPoplib(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	script, wants := "S: +OK", []string(nil)
	for len(wants) < 300 {
		raw := randomMessage(random)
		want, whole := readAsPoplib(raw)
		if !whole {
			continue
		}
		wants = append(wants, want)
		script += "\nC: RETR 1\nS= " + strconv.Quote("+OK\r\n"+raw)
	}
	p := open(t, poplib.Options{}, script)
	for i, want := range wants {
		if got := result(p.Retr(1)); got != want {
			t.Fatalf("message %d of seed %d:\n got %s\nwant %s", i, seed, got, want)
		}
	}
}

// randomMessage is a message with its end.
func randomMessage(random *rand.Rand) string {
	pieces := []string{"\r", "\n", "\r\n", ".", "x", "\n.", "\r\n..", "\n\r"}
	var text []byte
	for range random.IntN(20) {
		text = append(text, pieces[random.IntN(len(pieces))]...)
	}
	return string(text) + "\r\n.\r\n"
}

// readAsPoplib reads a message line by line. whole is false if it ends early.
func readAsPoplib(raw string) (shown string, whole bool) {
	rest, lines, octets := []byte(raw), [][]byte{}, 0
	for {
		end := bytes.IndexByte(rest, '\n') + 1
		line, size := rest[:end], end
		rest = rest[end:]
		switch {
		case bytes.HasSuffix(line, []byte("\r\n")):
			line = line[:end-2]
		case line[0] == '\r':
			line = line[1 : end-1]
		default:
			line = line[:end-1]
		}
		if string(line) == "." {
			return fmt.Sprintf("%q %q %d", "+OK", lines, octets), len(rest) == 0
		}
		if bytes.HasPrefix(line, []byte("..")) {
			line, size = line[1:], size-1
		}
		lines, octets = append(lines, line), octets+size
	}
}
