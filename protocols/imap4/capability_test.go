package imap4_test

import (
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/tconn/tconn/protocols/imap4"
)

// capabilities is the list of a server that sent line.
func capabilities(t testing.TB, line string) imap4.Capabilities {
	t.Helper()
	s := greeted(t)
	s.server("* CAPABILITY " + line + "\r\n* OK\r\n") // an odd quote holds a line back until the next one has begun
	caps, known := s.Capabilities()
	if !known {
		t.Fatalf("capabilities known after %q: got false, want true", line)
	}
	return caps
}

// printed are the lines that the Twisted program prints.
func printed(caps imap4.Capabilities) (lines []string) {
	for capability := range caps.All() {
		lines = append(lines, capability.String())
	}
	return lines
}

func TestCapabilitiesPrintAsTwisteds(t *testing.T) {
	for _, test := range []struct {
		name, line string
		want       []string
	}{
		{"no value", "IDLE", []string{"IDLE: None"}},
		{"one value", "THREAD=REFERENCES", []string{"THREAD: ['REFERENCES']"}},
		{"values", "AUTH=PLAIN AUTH=LOGIN", []string{"AUTH: ['PLAIN', 'LOGIN']"}},
		{"bare and values", "SORT SORT=DISPLAY", []string{"SORT: [None, 'DISPLAY']"}},
		{"value first", "SORT=DISPLAY SORT", []string{"SORT: ['DISPLAY', None]"}},
		{"bare twice", "IDLE IDLE", []string{"IDLE: [None, None]"}},
		{"same value twice", "A=B A=B", []string{"A: ['B', 'B']"}},
		{"split at the first =", "X=Y=Z", []string{"X: ['Y=Z']"}},
		{"empty value", "X=", []string{"X: ['']"}},
		{"bare and empty value", "X X=", []string{"X: [None, '']"}},
		{"empty name", "=X", []string{": ['X']"}},
		{"case as sent, and it tells names apart", "Idle IDLE auth=Plain", []string{"Idle: None", "IDLE: None", "auth: ['Plain']"}},
		{"order of first appearance", "Z A=1 Z=2 B A=3", []string{"Z: [None, '2']", "A: ['1', '3']", "B: None"}},
		{"plus and minus", "LITERAL+ I18NLEVEL=1", []string{"LITERAL+: None", "I18NLEVEL: ['1']"}},
		{"quotes", `X=a'b Y=a"b`, []string{`X: ['a\'b']`, `Y: ['a"b']`}},
		{"backslashes", `X=a\b Y=\' Z=\x1b`, []string{`X: ['a\\b']`, `Y: ['\\\'']`, `Z: ['\\x1b']`}},
		{"control characters", "X=\x1b[31m Y=a\x00\rb \x07=1", []string{`X: ['\x1b[31m']`, `Y: ['a\x00\rb']`, `\a: ['1']`}},
		{"8-bit", "X=caf\xc3\xa9 Y=\xff\x7f", []string{`X: ['caf\xc3\xa9']`, `Y: ['\xff\x7f']`}},
		{"what only looks like a space", "X=a\xc2\xa0b Y=a\x0bb\x0c", []string{`X: ['a\xc2\xa0b']`, `Y: ['a\x0bb\x0c']`}},
		{"quotes in a name", `a'b"c\d`, []string{`a'b"c\d: None`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := printed(capabilities(t, test.line)); !slices.Equal(got, test.want) {
				t.Errorf("%q prints\n got %q\nwant %q", test.line, got, test.want)
			}
		})
	}
}

func TestCapabilitiesHas(t *testing.T) {
	caps := capabilities(t, "IMAP4rev1 AUTH=PLAIN Sort SORT=DISPLAY X= LITERAL+")
	for word, want := range map[string]bool{
		"IMAP4rev1": true, "imap4REV1": true, "AUTH=plain": true, "SORT": true, "sort=display": true, "X=": true, "literal+": true,
		"AUTH": false, "AUTH=": false, "AUTH=LOGIN": false, "X": false, "": false, "IMAP4": false, "IMAP4rev1 AUTH=PLAIN": false,
	} {
		if got := caps.Has(word); got != want {
			t.Errorf("Has(%q): got %v, want %v", word, got, want)
		}
	}
}

func TestCapabilitiesGet(t *testing.T) {
	caps := capabilities(t, "IMAP4rev1 AUTH=PLAIN AUTH=LOGIN SORT SORT=DISPLAY IDLE IDLE X=")
	for _, test := range []struct {
		name, want string
		bare       bool
		values     []string
	}{
		{"imap4rev1", "IMAP4rev1: None", true, nil},
		{"auth", "AUTH: ['PLAIN', 'LOGIN']", false, []string{"PLAIN", "LOGIN"}},
		{"Sort", "SORT: [None, 'DISPLAY']", true, []string{"DISPLAY"}},
		{"IDLE", "IDLE: [None, None]", true, nil},
		{"X", "X: ['']", false, []string{""}},
	} {
		c, ok := caps.Get(test.name)
		if !ok || c.String() != test.want || c.Bare() != test.bare || !slices.Equal(c.Values(), test.values) {
			t.Errorf("Get(%q): got %v, %v, bare %v, values %q, want %v, true, %v, %q",
				test.name, c, ok, c.Bare(), c.Values(), test.want, test.bare, test.values)
		}
	}
	for _, name := range []string{"AUTH=PLAIN", "", "STARTTLS"} {
		if c, ok := caps.Get(name); ok {
			t.Errorf("Get(%q): got %v, true, want false", name, c)
		}
	}
}

func TestCapabilitiesWordsAndLen(t *testing.T) {
	caps := capabilities(t, "  A  B=1\tB=2   A ")
	if got, want := caps.Words(), []string{"A", "B=1", "B=2", "A"}; !slices.Equal(got, want) {
		t.Errorf("Words: got %q, want %q", got, want)
	}
	if got, want := caps.Len(), 2; got != want {
		t.Errorf("Len: got %d, want %d", got, want)
	}
	if got, want := caps.String(), "A B=1 B=2 A"; got != want {
		t.Errorf("String: got %q, want %q", got, want)
	}
	for range caps.All() {
		break // a loop may be left early
	}
}

func TestCapabilitiesStringHarmsNoTerminal(t *testing.T) {
	caps := capabilities(t, "A\x1b[2J B")
	if got, want := caps.String(), `A\x1b[2J B`; got != want {
		t.Errorf("String: got %q, want %q", got, want)
	}
}

func TestCapabilitiesZero(t *testing.T) {
	var zero imap4.Capabilities
	if got := zero.Words(); len(got) != 0 {
		t.Errorf("Words: got %q, want none", got)
	}
	if got := printed(zero); len(got) != 0 {
		t.Errorf("All: got %q, want none", got)
	}
	if _, ok := zero.Get(""); ok || zero.Has("") || zero.Len() != 0 || zero.String() != "" {
		t.Errorf("zero: got Get %v, Has %v, Len %d, String %q, want false, false, 0, empty", ok, zero.Has(""), zero.Len(), zero.String())
	}
	if got := capabilities(t, ""); got != zero {
		t.Errorf("an empty list: got one that differs from the zero value, want equal")
	}
	if got := imap4.NewCapabilities(nil); got != zero {
		t.Errorf("no words: got a list that differs from the zero value, want equal")
	}
}

func TestCapabilitiesCompareAndShare(t *testing.T) {
	const line = "IMAP4rev1 IDLE AUTH=PLAIN"
	a, b := capabilities(t, line), capabilities(t, "IMAP4rev1  IDLE AUTH=PLAIN ")
	if a != b {
		t.Errorf("the same words of two servers: got different, want equal")
	}
	if pa, pb := unsafe.StringData(a.String()), unsafe.StringData(b.String()); pa != pb {
		t.Errorf("memory of two equal lists: got %p and %p, want one", pa, pb)
	}
	for _, other := range []string{"IMAP4rev1 AUTH=PLAIN IDLE", "imap4rev1 IDLE AUTH=PLAIN", "IMAP4rev1 IDLE"} {
		if capabilities(t, other) == a {
			t.Errorf("%q and %q: got equal, want different", other, line)
		}
	}
}

func TestCapabilitiesKnown(t *testing.T) {
	for _, test := range []struct {
		name, server string
		known        bool
		want         string
	}{
		{"nothing said", "* OK ready\r\n", false, ""},
		{"brackets in the text of the greeting", "* OK mail.example [192.0.2.7] ready\r\n", false, ""},
		{"in the greeting", "* OK [CAPABILITY IMAP4rev1] ready\r\n", true, "IMAP4rev1"},
		{"in a later OK", "* OK wait\r\n* OK [CAPABILITY A B] ready\r\n", true, "A B"},
		{"unasked", "* OK ready\r\n* CAPABILITY A\r\n", true, "A"},
		{"the last counts", "* OK [CAPABILITY A] ready\r\n* CAPABILITY B\r\n", true, "B"},
		{"a number before it is something else", "* OK [CAPABILITY A] ready\r\n* 5 CAPABILITY B\r\n", true, "A"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, newUser(nil))
			s.server(test.server)
			caps, known := s.Capabilities()
			if known != test.known || caps.String() != test.want {
				t.Errorf("got [%v], %v, want [%s], %v", caps, known, test.want, test.known)
			}
		})
	}
}

func TestCapabilitiesLimit(t *testing.T) {
	words := strings.Repeat("X ", 10_001)
	caps := capabilities(t, words)
	if got, want := len(caps.Words()), 1000; got != want {
		t.Errorf("words kept of 10,001: got %d, want %d", got, want)
	}
}
