package transcript

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name, text string
		want       []Step
	}{
		{"nothing", "", nil},
		{"comments and blank lines", "# one\n\n   \n#two", nil},
		{"lines get CRLF", "C: A1 NOOP\nS: A1 OK done\n", []Step{
			{Kind: Client, Line: 1, Data: []byte("A1 NOOP\r\n")},
			{Kind: Server, Line: 2, Data: []byte("A1 OK done\r\n")},
		}},
		{"one space is dropped, no more", "C:a\nC:  b \nC:\nC: ", []Step{
			{Kind: Client, Line: 1, Data: []byte("a\r\n")},
			{Kind: Client, Line: 2, Data: []byte(" b \r\n")},
			{Kind: Client, Line: 3, Data: []byte("\r\n")},
			{Kind: Client, Line: 4, Data: []byte("\r\n")},
		}},
		{"quoted bytes are taken as they are", `S= "a\x00\xffé\r"` + "\n" + `C=""`, []Step{
			{Kind: Server, Line: 1, Data: []byte("a\x00\xffé\r")},
			{Kind: Client, Line: 2, Data: []byte{}},
		}},
		{"a file with CRLF", "# x\r\nS: y\r\n-- lose\r\n", []Step{
			{Kind: Server, Line: 2, Data: []byte("y\r\n")},
			{Kind: Lose, Line: 3},
		}},
		{"directives", "-- wait 28m\n--  wait  1h30m5s\n-- closed\n-- abort\n-- wait 0s", []Step{
			{Kind: Wait, Line: 1, Wait: 28 * time.Minute},
			{Kind: Wait, Line: 2, Wait: 90*time.Minute + 5*time.Second},
			{Kind: Closed, Line: 3},
			{Kind: Abort, Line: 4},
			{Kind: Wait, Line: 5},
		}},
		{"a long line", "S: " + strings.Repeat("x", 200_000), []Step{
			{Kind: Server, Line: 1, Data: []byte(strings.Repeat("x", 200_000) + "\r\n")},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := Parse("x.txt", strings.NewReader(test.text))
			if err != nil {
				t.Fatalf("Parse = %v, want nil", err)
			}
			if s.Name != "x.txt" || !reflect.DeepEqual(s.Steps, test.want) {
				t.Errorf("%s: steps\n got %+v\nwant %+v", s.Name, s.Steps, test.want)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"unknown mark", "# x\nX: y", `transcript: x.txt:2: want C:, S:,`},
		{"unknown second mark", "C y", `transcript: x.txt:1: want C:, S:,`},
		{"a lone letter", "S", `transcript: x.txt:1: want C:, S:,`},
		{"unknown directive", "-- dance", `transcript: x.txt:1: want C:, S:, C=, S=, -- wait, -- lose, -- abort, -- closed or #, got "-- dance"`},
		{"empty directive", "--", `transcript: x.txt:1: want C:`},
		{"no quotes", "C: a\n\nS= a", `transcript: x.txt:3: not a quoted Go string: a`},
		{"bad escape", `S= "\y"`, `transcript: x.txt:1: not a quoted Go string: "\y"`},
		{"bad duration", "-- wait long", `transcript: x.txt:1: time: invalid duration`},
		{"no duration", "-- wait", `transcript: x.txt:1: want C:`},
		{"negative duration", "-- wait -1s", `transcript: x.txt:1: time does not go back: -1s`},
		{"after the end", "-- lose\n-- wait 1s\nS: x", `transcript: x.txt:3: the connection has ended above`},
		{"two ends", "-- abort\n-- lose", `transcript: x.txt:2: the connection has ended above`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("x.txt", strings.NewReader(test.text))
			var parse *ParseError
			if !errors.As(err, &parse) || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("Parse = %v, want %s", err, test.want)
			}
		})
	}
	t.Run("an error of the reader", func(t *testing.T) {
		r := io.MultiReader(strings.NewReader("C: a\nC: b"), iotest.ErrReader(io.ErrUnexpectedEOF))
		_, err := Parse("x.txt", r)
		if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(err.Error(), "transcript: x.txt:2: ") {
			t.Errorf("Parse = %v, want that of the reader at line 2", err)
		}
	})
}
