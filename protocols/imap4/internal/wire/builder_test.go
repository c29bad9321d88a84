package wire

import (
	"fmt"
	"strings"
	"testing"
)

var builds = []struct {
	name     string
	mode     LiteralMode
	build    func(b *CommandBuilder)
	segments []string // or one that begins with "!": the error's text
	redacted []string // the whole, then by segment; nil if it is the same as what is sent
}{
	{"no arguments", Sync, func(b *CommandBuilder) { b.Begin("A1", "NOOP") }, []string{"A1 NOOP\r\n"}, nil},
	{"two words", Sync, func(b *CommandBuilder) { b.Begin("A1", "UID FETCH").SP().SequenceSet("1:5,7,9:*").SP().Atom("FLAGS") },
		[]string{"A1 UID FETCH 1:5,7,9:* FLAGS\r\n"}, nil},
	{"login", Sync, func(b *CommandBuilder) { b.Begin("A1", "LOGIN").SP().AString("bob").SP().SecretAString("hunter2") },
		[]string{"A1 LOGIN bob hunter2\r\n"}, []string{"A1 LOGIN bob ***\r\n", "A1 LOGIN bob ***\r\n"}},
	{"login, quoted", Sync, func(b *CommandBuilder) { b.Begin("A1", "LOGIN").SP().AString("b\"b").SP().SecretAString(`p\"w`) },
		[]string{`A1 LOGIN "b\"b" "p\\\"w"` + "\r\n"}, []string{`A1 LOGIN "b\"b" ***` + "\r\n", `A1 LOGIN "b\"b" ***` + "\r\n"}},
	{"login, literals", Sync, func(b *CommandBuilder) {
		b.Begin("A1", "LOGIN").SP().AString("b\u00f6b").SP().SecretAString("p\u00e4\r\nw")
	},
		[]string{"A1 LOGIN {4}\r\n", "b\u00f6b {6}\r\n", "p\u00e4\r\nw\r\n"},
		[]string{"A1 LOGIN {4}\r\nb\u00f6b ***\r\n", "A1 LOGIN {4}\r\n", "b\u00f6b {***}\r\n", "***\r\n"}},
	{"login, LITERAL+", NonSync, func(b *CommandBuilder) {
		b.Begin("A1", "LOGIN").SP().SecretAString("b\u00f6b").SP().SecretAString("\u00e4")
	}, []string{"A1 LOGIN {4+}\r\nb\u00f6b {2+}\r\n\u00e4\r\n"}, []string{"A1 LOGIN *** ***\r\n", "A1 LOGIN {***}\r\n*** {***}\r\n***\r\n"}},
	{"secrets on both sides of a literal", Sync, func(b *CommandBuilder) {
		b.Begin("A1", "X").SP().SecretAString("s1").SP().SecretAString("\n").SP().SecretAString("s3").SP().AString("\r")
	}, []string{"A1 X s1 {1}\r\n", "\n s3 {1}\r\n", "\r\r\n"},
		[]string{"A1 X *** *** *** {1}\r\n\r\r\n", "A1 X *** {***}\r\n", "*** *** {1}\r\n", "\r\r\n"}},
	{"LITERAL- up to 4096", NonSyncSmall, func(b *CommandBuilder) {
		b.Begin("A1", "X").SP().Literal(make([]byte, 4096)).SP().Literal(make([]byte, 4097))
	}, []string{"A1 X {4096+}\r\n" + strings.Repeat("\x00", 4096) + " {4097}\r\n", strings.Repeat("\x00", 4097) + "\r\n"}, nil},
	{"empty literal", Sync, func(b *CommandBuilder) { b.Begin("A1", "X").SP().Literal(nil) }, []string{"A1 X {0}\r\n", "\r\n"}, nil},
	{"mailboxes", Sync, func(b *CommandBuilder) {
		b.Begin("A1", "RENAME").SP().Mailbox("Inbox").SP().Mailbox("T\u00e9st & co/%")
	},
		[]string{`A1 RENAME INBOX "T&AOk-st &- co/%"` + "\r\n"}, nil},
	{"list", Sync, func(b *CommandBuilder) {
		b.Begin("A1", "STORE").SP().Number(7).SP().Atom("+FLAGS").SP().List(func(b *CommandBuilder) {
			b.Flag(`\Seen`).SP().Flag("kw").SP().List(func(*CommandBuilder) {})
		})
	}, []string{`A1 STORE 7 +FLAGS (\Seen kw ())` + "\r\n"}, nil},
	{"search result", Sync, func(b *CommandBuilder) { b.Begin("A1", "FETCH").SP().SequenceSet("$") }, []string{"A1 FETCH $\r\n"}, nil},
	{"NIL as a string", Sync, func(b *CommandBuilder) { b.Begin("A1", "X").SP().AString("NIL") }, []string{"A1 X \"NIL\"\r\n"}, nil},

	{"NUL", NonSync, func(b *CommandBuilder) { b.Begin("A1", "LOGIN").SP().AString("bob").SP().SecretAString("hun\x00ter") },
		[]string{"!imap4: bad argument 2 of LOGIN: contains NUL"}, nil},
	{"control in an atom", Sync, func(b *CommandBuilder) { b.Begin("A1", "X").SP().Atom("hun\r\nter") },
		[]string{"!imap4: bad argument 1 of X: has a character that no atom has"}, nil},
	{"empty atom", Sync, func(b *CommandBuilder) { b.Begin("A1", "X").SP().Atom("") },
		[]string{"!imap4: bad argument 1 of X: is empty, an atom is not"}, nil},
	{"first error stays", Sync, func(b *CommandBuilder) {
		b.Begin("A1", "X").SP().AString("a").SP().Atom("").SP().SequenceSet("").SP().Flag("")
	},
		[]string{"!imap4: bad argument 2 of X: is empty, an atom is not"}, nil},
	{"in a list", Sync, func(b *CommandBuilder) {
		b.Begin("A1", "X").SP().Atom("a").SP().List(func(b *CommandBuilder) { b.Atom("b").SP().Flag("(") }).SP().Atom("c")
	}, []string{"!imap4: bad argument 2 of X: is no flag"}, nil},
	{"set with a command in it", Sync, func(b *CommandBuilder) { b.Begin("A1", "UID FETCH").SP().SequenceSet("1:*\r\nx DELETE INBOX") },
		[]string{"!imap4: bad argument 1 of UID FETCH: is no sequence set"}, nil},
	{"empty set", Sync, func(b *CommandBuilder) { b.Begin("A1", "X").SequenceSet("") }, []string{"!imap4: bad argument 1 of X: is no sequence set"}, nil},
	{"mailbox", Sync, func(b *CommandBuilder) { b.Begin("A1", "SELECT").SP().Mailbox("hun\xffter") },
		[]string{"!imap4: bad argument 1 of SELECT: is no UTF-8"}, nil},
	{"tag", Sync, func(b *CommandBuilder) { b.Begin("A 1", "NOOP") }, []string{"!imap4: bad argument: the tag is none"}, nil},
	{"plus in the tag", Sync, func(b *CommandBuilder) { b.Begin("A+", "NOOP") }, []string{"!imap4: bad argument: the tag is none"}, nil},
	{"no tag", Sync, func(b *CommandBuilder) { b.Begin("", "NOOP") }, []string{"!imap4: bad argument: the tag is none"}, nil},
	{"no name", Sync, func(b *CommandBuilder) { b.Begin("A1", "") }, []string{"!imap4: bad argument: the command's name is none"}, nil},
	{"name", Sync, func(b *CommandBuilder) { b.Begin("A1", "NOOP\r\nA2") }, []string{"!imap4: bad argument: the command's name is none"}, nil},
	{"double space in the name", Sync, func(b *CommandBuilder) { b.Begin("A1", "UID  FETCH") }, []string{"!imap4: bad argument: the command's name is none"}, nil},
	{"nothing begun", Sync, func(b *CommandBuilder) { b.SP().Atom("X") }, []string{"!imap4: bad argument: no command has been begun"}, nil},
}

func TestCommandBuilder(t *testing.T) {
	for _, tt := range builds {
		t.Run(tt.name, func(t *testing.T) {
			b := &CommandBuilder{Mode: tt.mode}
			tt.build(b)
			e, err := b.Done()
			if want, refused := strings.CutPrefix(tt.segments[0], "!"); refused {
				if e != nil || fmt.Sprint(err) != want {
					t.Fatalf("got %q, %v, want %s", e, err, want)
				}
				return
			}
			if err != nil {
				t.Fatalf("got error %v, want none", err)
			}
			checkSegments(t, e, tt.segments)
			redacted := tt.redacted
			if redacted == nil {
				redacted = append([]string{strings.Join(tt.segments, "")}, tt.segments...)
			}
			checkRedacted(t, e, redacted)
		})
	}
}

func checkSegments(t *testing.T, e *Encoded, want []string) {
	t.Helper()
	var got []string
	for _, segment := range e.Segments {
		got = append(got, string(segment))
	}
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("segments: got %q, want %q", got, want)
	}
}

func checkRedacted(t *testing.T, e *Encoded, want []string) {
	t.Helper()
	got := []string{string(e.AppendRedacted(nil))}
	for i := range e.Segments {
		got = append(got, string(e.AppendRedactedSegment(nil, i)))
	}
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("redacted: got %q, want %q", got, want)
	}
}

func TestBuilderIsUsedAgain(t *testing.T) {
	b := &CommandBuilder{Mode: NonSync}
	b.Begin("A1", "X").SP().Atom("")
	if _, err := b.Done(); err == nil {
		t.Fatal("got no error, want one")
	}
	first, err := b.Begin("A2", "LOGIN").SP().SecretAString("one").Done()
	if err != nil {
		t.Fatal(err)
	}
	if e, err := b.Done(); err == nil {
		t.Errorf("Done twice: got %q, want an error", e)
	}
	second, err := b.Begin("A3", "X").SP().AString("\n").Done()
	if err != nil {
		t.Fatal(err)
	}
	checkSegments(t, first, []string{"A2 LOGIN one\r\n"})
	checkSegments(t, second, []string{"A3 X {1+}\r\n\n\r\n"})
	checkRedacted(t, second, []string{"A3 X {1+}\r\n\n\r\n", "A3 X {1+}\r\n\n\r\n"})
}

func TestPrintShowsNoSecret(t *testing.T) {
	var b CommandBuilder
	e, err := b.Begin("A1", "LOGIN").SP().AString("bob").SP().SecretAString("hunter2").Done()
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, v := range []any{e, *e} {
			if got := fmt.Sprintf(verb, v); strings.Contains(got, "hunter2") || !strings.Contains(got, "***") {
				t.Errorf("%s of %T: got %s, want it redacted", verb, v, got)
			}
		}
	}
}

// TestCommandsReadBack builds every good command of the table, and reads it as a server does.
func TestCommandsReadBack(t *testing.T) {
	for _, tt := range builds {
		if strings.HasPrefix(tt.segments[0], "!") {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			b := &CommandBuilder{Mode: tt.mode}
			tt.build(b)
			e, err := b.Done()
			if err != nil {
				t.Fatal(err)
			}
			s := NewScanner(Server, nil)
			for i, segment := range e.Segments {
				kind := lastKind(t, s, segment)
				want := LiteralStart
				if i == len(e.Segments)-1 {
					want = Line
				}
				if kind != want {
					t.Errorf("segment %d ends with %v, want %v", i, kind, want)
				}
			}
		})
	}
}

// lastKind feeds p and returns what its end gave.
func lastKind(t *testing.T, s *Scanner, p []byte) Kind {
	t.Helper()
	last := None
	for {
		u, n, err := s.Next(p)
		if err != nil {
			t.Fatal(err)
		}
		if u.Kind == None {
			return last
		}
		p, last = p[n:], u.Kind
	}
}
