package imap4

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// What is read by a short way when it is written as most servers write it must be what the usual way reads. spread makes a response go
// the usual way: it puts two to six spaces for each that is in no string, by turns, so that no two values are written the same.
func spread(line string) string {
	var b strings.Builder
	quoted, spaces := false, 0
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && quoted:
			b.WriteByte(c)
			i++
		case c == '"':
			quoted = !quoted
		case c == ' ' && !quoted:
			spaces++
			b.WriteString(strings.Repeat(" ", 1+spaces%5))
		}
		b.WriteByte(line[i])
	}
	return b.String()
}

var manySpaces = regexp.MustCompile(` +`)

// readPlainly is what one response says, the number of its spaces apart.
func readPlainly(t *testing.T, line string, borrow bool, limits *wire.Limits) (shown string, err error) {
	t.Helper()
	var f fetchDecoder
	r, err := wire.DecodeResponse(wire.Unit{Kind: wire.Line, Bytes: []byte(strings.TrimSuffix(line, "\r\n"))}, limits)
	if err != nil || r.Name != "FETCH" {
		t.Fatalf("%q: got %s, %v", line, r.Name, err)
	}
	read := f.own
	if borrow {
		read = f.borrow
	}
	m, err := read(r.Number, &r.Args)
	return manySpaces.ReplaceAllString(fetched{m, nil}.show(), " "), err
}

var plainLines = []string{
	realisticLine,
	strings.ToUpper(realisticLine),
	`* 1 FETCH (ENVELOPE ("d" "s" (("A" NIL "a" "x")) (("A" NIL "a" "x")) (("A" NIL "a" "x")("B" NIL "b" "x")) NIL NIL NIL NIL NIL) UID 7)`,
	`* 1 FETCH (ENVELOPE (NIL "s" ((NIL NIL "friends" NIL)("B" NIL "b" "x")(NIL NIL NIL NIL)) ((NIL NIL "friends" NIL)("B" NIL "b" "x")(NIL NIL NIL NIL)) (("A" NIL "a" "x")) NIL NIL NIL "<1>" NIL) UID 7)`,
	`* 1 FETCH (ENVELOPE ("d" "" (("" NIL "a" "x")) (("" NIL "a" "x")) ((("C" NIL "c" "x"))) (("a \"q\"" NIL "a" "MISSING_DOMAIN")) NIL NIL "<1>" "<2>") UID 7)`,
	`* 1 FETCH (ENVELOPE ("d" "s" (("a \"q\"" NIL "a" "x")) (("a \"q\"" NIL "a" "x")) (("a \"q\"" NIL "a" "x" "more")) NIL NIL NIL NIL "\\") UID 7)`,
	`* 1 FETCH (ENVELOPE ("d" "s" () () (() NIL "x" ("only"))) UID 7)`,
	`* 1 FETCH (BODYSTRUCTURE ("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 5 1 NIL NIL NIL NIL) UID 7)`,
	`* 1 FETCH (BODYSTRUCTURE ("TEXT" "HTML" ("CHARSET" "UTF-8") NIL NIL "7BIT" 5 1 NIL NIL NIL NIL "x" 5) UID 7)`,
	`* 1 FETCH (BODY ("TEXT" "PLAIN" ("CHARSET" "UTF-8") NIL NIL "7BIT" 5 1) UID 7)`,
	`* 1 FETCH (BODY ("TEXT" "PLAIN" ("CHARSET" "UTF-8") NIL NIL "7BIT" NIL NIL) UID 7)`,
	`* 1 FETCH (BODY ("text" "html" ("charset" "utf-8") NIL "d" "7bit" 5 1) UID 7)`,
	`* 1 FETCH (BODY ("text" "html" ("charset" "utf-8" "format" "flowed") NIL NIL "7bit" 5 1) UID 7)`,
	`* 1 FETCH (BODY ("Text" "Plain" (NIL "utf-8") NIL NIL "7Bit" 5 1) UID 7)`,
	`* 1 FETCH (BODY ("text" NIL ("charset") "<i>" NIL "7bit" 5 1) UID 7)`,
	`* 1 FETCH (BODYSTRUCTURE (("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 5 1 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL "x") UID 7)`,
	`* 1 FETCH (BODYSTRUCTURE (("text" "plain" NIL NIL NIL "7bit" 5 1 NIL ("inline" NIL) NIL NIL) "mixed" NIL NIL NIL NIL) UID 7)`,
	`* 1 FETCH (BODYSTRUCTURE ("ALTERNATIVE" ("BOUNDARY" "x") NIL NIL NIL) UID 7)`,
	`* 1 FETCH (BODYSTRUCTURE ("message" "rfc822" NIL NIL NIL "7bit" 9 ("d" "s" (("A" NIL "a" "x")) (("A" NIL "a" "x")) NIL NIL NIL NIL NIL NIL) ` +
		`("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 5 1 NIL NIL NIL NIL) 3 NIL NIL NIL NIL) UID 7)`,
	`* 1 FETCH (BODYSTRUCTURE ("message" "rfc822" NIL NIL NIL "7bit" 300 NIL ("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 5 1 NIL NIL NIL NIL) ` +
		`10 NIL NIL NIL NIL) UID 7)`,
	`* 1 FETCH (BODYSTRUCTURE ("message" "rfc822" NIL NIL NIL "7bit" 300 NIL ("attachment" ("filename" "x")) NIL NIL) UID 7)`,
}

func TestFetchShortWays(t *testing.T) {
	lines := plainLines
	for seed := range uint64(3000) {
		a := &author{Rand: rand.New(rand.NewPCG(seed, 3))}
		if a.message(); !strings.Contains(string(a.line), "}\r\n") { // in one line
			lines = append(lines, string(a.line))
		}
	}
	for _, line := range lines {
		for _, borrow := range []bool{false, true} {
			want, wantErr := readPlainly(t, spread(line), borrow, nil)
			got, err := readPlainly(t, line, borrow, nil)
			if (err != nil) != (wantErr != nil) || err == nil && got != want {
				t.Fatalf("%q:\n got %s, %v\nwant %s, %v", line, got, err, want, wantErr)
			}
		}
	}
}

// A limit of depth is the same for them.
func TestFetchShortWaysDepth(t *testing.T) {
	for _, line := range plainLines {
		for depth := 1; depth < 8; depth++ {
			limits := &wire.Limits{Depth: depth}
			want, wantErr := readPlainly(t, spread(line), true, limits)
			got, err := readPlainly(t, line, true, limits)
			if fmt.Sprintf("%T", err) != fmt.Sprintf("%T", wantErr) || got != want {
				t.Errorf("depth %d: %q:\n got %s, %v\nwant %s, %v", depth, line, got, err, want, wantErr)
			}
		}
	}
}
