package pop3_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/pop3"
)

// FuzzClient plays a server that says anything to a client with several commands pending: nothing panics, nothing hangs, each command ends
// once, and nothing is left behind the end. ways chooses what is issued, and how the bytes are cut.
func FuzzClient(f *testing.F) {
	var answers strings.Builder
	answers.WriteString(greeting)
	for _, e := range append(append([]exchange{}, signing...), work...) {
		answers.WriteString(e.answer)
	}
	for ways := range uint16(4) {
		f.Add([]byte(answers.String()), ways)
	}
	for _, input := range []string{"+OK\r\n+OK\r\n", "-ERR\r\n", "+OK\r\n+ \r\n+ \r\n-ERR\r\n", "* OK\r\n", "+OK x\n+\n+\n.\n..\n.\n", "+OK\r\n+OK\r\n1 1\r\n.\r\n"} {
		f.Add([]byte(input), uint16(0x1ff))
	}
	f.Fuzz(fuzzClient)
}

func fuzzClient(t *testing.T, input []byte, ways uint16) {
	ended := map[string]int{}
	s := start(t, nil, func(u *user) {
		if ways&1 == 0 {
			signIn(u)
		} else {
			track(u, "login", u.Login("a", "b"))
		}
		if ways&2 == 0 {
			doWork(u)
		}
		if ways&4 == 0 {
			track(u, "first", u.Retr(1))
			track(u, "second", u.Retr(2))
			track(u, "quit", u.Quit())
		}
	})
	issued := 0
	if ways&1 == 0 {
		issued += 4
	} else {
		issued++
	}
	if ways&2 == 0 {
		issued += 16
	}
	if ways&4 == 0 {
		issued += 3
	}
	r := rand.New(rand.NewPCG(uint64(ways), 1))
	for rest := input; len(rest) > 0; {
		k := len(rest)
		if ways&8 != 0 {
			k = 1 + r.IntN(min(len(rest), 40))
		}
		s.server(string(rest[:k]))
		rest = rest[k:]
	}
	if ways&16 == 0 {
		s.tr.Lose(nil)
	}
	s.clock.Advance(time.Hour)
	s.tr.Lose(nil)
	s.clock.Turn()
	lost := 0
	for _, e := range s.take() {
		if strings.HasPrefix(e, "lost: ") {
			lost++
		}
		if names := ends([]string{e}); len(names) > 0 {
			ended[names[0]]++
		}
	}
	for name, n := range ended {
		if n != 1 {
			t.Errorf("%s: got %d ends, want 1", name, n)
		}
	}
	if len(ended) != issued || lost != 1 || s.clock.Pending() != 0 {
		t.Errorf("got %d ends, %d losses, %d planned calls, want %d, 1, 0", len(ended), lost, s.clock.Pending(), issued)
	}
}

// FuzzChallenge: what is found is in the greeting, has the form, and nothing before it has.
func FuzzChallenge(f *testing.F) {
	for _, greeting := range []string{"+OK <1896.697170952@dbc.mtview.ca.us>", "<<a@b>", "<a b@c><d@e>", "<@>", "<a@b@c>", "<\xff@x>", ">a@b<"} {
		f.Add(greeting)
	}
	f.Fuzz(func(t *testing.T, greeting string) {
		challenge, ok := pop3.Challenge(greeting)
		if want := simpleChallenge(greeting); challenge != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", greeting, challenge, ok, want)
		}
	})
}

// printable is what may stand between the brackets, but for the "<".
const printable = "!\"#$%&'()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"

// simpleChallenge tries every pair of brackets.
func simpleChallenge(greeting string) string {
	for i := range len(greeting) {
		for j := i + 1; j < len(greeting) && greeting[i] == '<'; j++ {
			inner := greeting[i+1 : j]
			if greeting[j] == '>' && strings.Contains(inner, "@") && !strings.HasPrefix(inner, "@") && !strings.HasSuffix(inner, "@") &&
				strings.Trim(inner, printable) == "" {
				return greeting[i : j+1]
			}
		}
	}
	return ""
}

// FuzzCapabilities: whatever a server says it offers, it is what the lines say.
func FuzzCapabilities(f *testing.F) {
	for _, lines := range []string{"TOP\r\nSASL PLAIN LOGIN", "EXPIRE NEVER USER\nLOGIN-DELAY 99999999999 user", "expire 0", "EXPIRE -1\nLOGIN-DELAY x", " \n\t\n\x00", "IMPLEMENTATION a  b"} {
		f.Add(lines)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := greeted(t, nil)
		var caps pop3.Capabilities
		s.Capa().Handle(func(c pop3.Capabilities) { caps = c }, func(error) {})
		s.server("+OK\r\n" + text + "\r\n.\r\n")
		for name, args := range caps.All() {
			if !caps.Has(name) || !caps.Has(strings.ToLower(name)) && strings.ToUpper(name) == name && isASCII(name) {
				t.Errorf("%q: has no %q", text, name)
			}
			if got, _ := caps.Get(name); len(got) != len(args) && strings.Count(strings.ToUpper(text), strings.ToUpper(name)) < 2 {
				t.Errorf("%q: got %q for %q, want %q", text, got, name, args)
			}
		}
		if days, _, ok := caps.Expire(); ok && days < pop3.ExpireNever {
			t.Errorf("%q: got %d days", text, days)
		}
		if delay, _, ok := caps.LoginDelay(); delay < 0 || delay > 24*time.Hour || !ok && caps.Has("LOGIN-DELAY") && delay < 0 {
			t.Errorf("%q: got the delay %v", text, delay)
		}
		if strings.ContainsFunc(caps.String(), func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q: got the text %q", text, caps.String())
		}
	})
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > '~' })
}
