package wire

import (
	"fmt"
	"strings"
	"testing"
)

var commands = []struct{ input, want string }{
	{"A1 NOOP", `A1 NOOP ""`},
	{"a1 noop ", `a1 NOOP ""`},
	{"A1  LOGIN  a b", `A1 LOGIN "a b"`},
	{"A1 UID FETCH 1:* (FLAGS)", `A1 UID FETCH "1:* (FLAGS)"`},
	{"A1 uid expunge 1", `A1 UID EXPUNGE "1"`},
	{"A1 XFROB(a)", `A1 XFROB "(a)"`},
	{"A1", `A1  !command`},
	{"A1 ", `A1  !command`},
	{"A1 (x)", `A1  !command`},
	{"A1 UID", `A1 UID  !command`},
	{"A1 UID ", `A1 UID  !command`},
	{`A1 NOOP"x"`, `A1 NOOP !space`},
	{"A1 NOOP{3}", `A1 NOOP !space`},
	{"A]1 NOOP", `A]1 NOOP ""`},
	{"", `  !tag`},
	{" A1 NOOP", `  !tag`},
	{"+ NOOP", `  !tag`},
	{"A+1 NOOP", `  !space behind the tag`},
	{"* OK", `  !tag`},
	{"\"A1\" NOOP", `  !tag`},
	{"DONE", `DONE  !command`},
	{"\xff\xfe", `  !tag`},
}

func TestDecodeCommand(t *testing.T) {
	for _, tt := range commands {
		t.Run(tt.input, func(t *testing.T) {
			c, err := DecodeCommand(Unit{Kind: Line, Bytes: []byte(tt.input)}, nil)
			got := c.Tag + " " + c.Name
			if c.UID {
				got = c.Tag + " UID " + c.Name
			}
			if err != nil {
				got += " !" + errorWant(err)
			} else {
				got += fmt.Sprintf(" %q", c.Args.Rest())
			}
			if got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestCommandArguments(t *testing.T) {
	u := scanLines(t, Server, nil, "A1 LOGIN {3+}\r\nbob \"p\\\"w\"\r\n")[0]
	c, err := DecodeCommand(u, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Args.Strict = true
	if got, want := runWords(&c.Args, "astring sp astring eol"), `bob||p"w|`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCommandErrorsShowNothing(t *testing.T) {
	for _, input := range []string{
		`A1 LOGIN bob "hunter2`, `A1 LOGIN bob hunter2(`, "A1 LOGIN bob hunter2 hunter2", `hunter2" x`, "A1 (hunter2", "hunter2( x",
	} {
		c, err := DecodeCommand(Unit{Bytes: []byte(input)}, nil)
		if err == nil {
			c.Args.AString()
			c.Args.SP()
			c.Args.AString()
			c.Args.EOL()
			err = c.Args.Err()
		}
		if err == nil {
			t.Errorf("%q: got no error, want one", input)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the error shows the secret: %v", input, err)
		}
	}
}
