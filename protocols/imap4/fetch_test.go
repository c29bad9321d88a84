package imap4_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor/reactortest"
)

// allCaps is a server that can do all that FETCH and its kin can ask for.
const allCaps = "UIDPLUS MOVE CONDSTORE QRESYNC PARTIAL OBJECTID SAVEDATE PREVIEW BINARY SEARCHRES X-GM-EXT-1"

// opened is a session with a mailbox open, on a server with these capabilities.
func opened(t testing.TB, caps string) *session {
	t.Helper()
	s := start(t, newUser(nil))
	s.server("* PREAUTH ready\r\n* CAPABILITY IMAP4rev1 " + caps + "\r\n")
	s.Open("INBOX")
	s.Options.Pipelining = imap4.Safe
	s.take()
	return s
}

// messageText is a message in one line: what there is of it.
func messageText(m *imap4.Message) string {
	text := fmt.Sprintf("%d/%d %s", m.SeqNum, m.UID, m.Items())
	if m.Has(imap4.ItemFlags) {
		text += fmt.Sprint(" ", m.Flags)
	}
	if m.Has(imap4.ItemModSeq) {
		text += fmt.Sprint(" modseq ", m.ModSeq)
	}
	for _, s := range m.Sections {
		text += fmt.Sprintf(" %v=%d:%q", s.BodySection, s.State, s.Bytes)
	}
	for _, x := range m.Extra {
		text += fmt.Sprintf(" %s=%s", x.Name, x.Raw)
	}
	if m.Err != nil {
		text += " damaged"
	}
	return text
}

// fetch notes what comes of a FETCH.
func (s *session) fetch(name string, set imap4.MessageSet, o imap4.FetchOptions) *deferred.Deferred[int] {
	d := s.Fetch(set, o, func(m *imap4.Message) { s.note("%s: %s", name, messageText(m)) })
	d.Handle(func(n int) { s.note("%s: %d", name, n) }, func(err error) { s.note("%s failed: %s", name, failure(err)) })
	return d
}

func TestFetchCommand(t *testing.T) {
	wide := imap4.MessageSet{}
	for n := uint32(1); n < 12; n += 2 {
		wide = wide.Add(n)
	}
	for _, test := range []struct {
		name string
		set  imap4.MessageSet
		o    imap4.FetchOptions
		want string
	}{
		{"nothing but the UID", imap4.SeqNums(1), imap4.FetchOptions{}, "FETCH 1 (UID)"},
		{"by UID", imap4.UIDs(4, 5, 6), imap4.FetchOptions{Items: imap4.ItemFlags}, "UID FETCH 4:6 (UID FLAGS)"},
		{"the saved result", imap4.SavedResult(true), imap4.FetchOptions{Items: imap4.ItemSize}, "UID FETCH $ (UID RFC822.SIZE)"},
		{"all items", imap4.AllUIDs(), imap4.FetchOptions{Items: imap4.ItemsFull | imap4.ItemBodyStructure | imap4.ItemModSeq},
			"UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE MODSEQ)"},
		{"extensions", wide, imap4.FetchOptions{Items: imap4.ItemEmailID | imap4.ItemThreadID | imap4.ItemSaveDate | imap4.ItemPreview | imap4.ItemGmailLabels},
			"FETCH 1,3,5,7,9,11 (UID EMAILID THREADID SAVEDATE PREVIEW X-GM-LABELS)"},
		{"a lazy preview", imap4.SeqNums(1), imap4.FetchOptions{Items: imap4.ItemPreview, PreviewLazy: true}, "FETCH 1 (UID PREVIEW (LAZY))"},
		{"sections", imap4.SeqNums(1), imap4.FetchOptions{Sections: []imap4.BodySection{
			{}, {Part: []int{1, 2}, Specifier: imap4.SpecifierMIME, Peek: true}, {Part: []int{2}, Binary: true, Offset: 5, Count: 10},
		}}, "FETCH 1 (UID BODY[] BODY.PEEK[1.2.MIME] BINARY[2]<5.10>)"},
		{"binary sizes", imap4.SeqNums(1), imap4.FetchOptions{BinarySizes: [][]int{{1}, {2, 3}}}, "FETCH 1 (UID BINARY.SIZE[1] BINARY.SIZE[2.3])"},
		{"items of others", imap4.SeqNums(1), imap4.FetchOptions{Extra: []string{"X-FOO", "ANNOTATION (/comment value)"}}, "FETCH 1 (UID X-FOO ANNOTATION (/comment value))"},
		{"changed since", imap4.AllUIDs(), imap4.FetchOptions{Items: imap4.ItemFlags, ChangedSince: 12345, Vanished: func(imap4.MessageSet) {}},
			"UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE 12345 VANISHED)"},
		{"partial", imap4.AllUIDs(), imap4.FetchOptions{Partial: imap4.PartialRange{First: -1, Last: -100}, ChangedSince: 7},
			"UID FETCH 1:* (UID) (PARTIAL -1:-100 CHANGEDSINCE 7)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := opened(t, allCaps)
			s.SetEnabled("QRESYNC")
			s.fetch("FETCH", test.set, test.o)
			s.wrote("A1 " + test.want + "\r\n")
			s.server("A1 OK done\r\n")
			s.happened("FETCH: 0")
		})
	}
}

func TestFetchArguments(t *testing.T) {
	sections := func(s ...imap4.BodySection) imap4.FetchOptions { return imap4.FetchOptions{Sections: s} }
	vanished := func(imap4.MessageSet) {}
	for _, test := range []struct {
		name string
		set  imap4.MessageSet
		o    imap4.FetchOptions
		arg  int
	}{
		{"no messages", imap4.MessageSet{}, imap4.FetchOptions{}, 1},
		{"a broken set", imap4.SeqNums(0), imap4.FetchOptions{}, 1},
		{"a part that is none", imap4.SeqNums(1), sections(imap4.BodySection{Part: []int{0}}), 2},
		{"a line end in a header's name", imap4.SeqNums(1), sections(imap4.BodySection{Specifier: imap4.SpecifierHeaderFields, Fields: []string{"a\r\nb"}}), 2},
		{"a specifier that is none", imap4.SeqNums(1), sections(imap4.BodySection{Specifier: "TEXT] FLAGS"}), 2},
		{"a size of no part", imap4.SeqNums(1), imap4.FetchOptions{BinarySizes: [][]int{{-1}}}, 2},
		{"an empty item", imap4.SeqNums(1), imap4.FetchOptions{Extra: []string{""}}, 2},
		{"an item with a line end", imap4.SeqNums(1), imap4.FetchOptions{Extra: []string{"X\r\nA2 LOGOUT"}}, 2},
		{"an item that ends the list", imap4.SeqNums(1), imap4.FetchOptions{Extra: []string{"X) (CHANGEDSINCE 1"}}, 2},
		{"an item with a literal", imap4.SeqNums(1), imap4.FetchOptions{Extra: []string{"X {3}"}}, 2},
		{"an item with an open quote", imap4.SeqNums(1), imap4.FetchOptions{Extra: []string{`X"`}}, 2},
		{"VANISHED without CHANGEDSINCE", imap4.AllUIDs(), imap4.FetchOptions{Vanished: vanished}, 2},
		{"VANISHED by number", imap4.AllMessages(), imap4.FetchOptions{ChangedSince: 1, Vanished: vanished}, 2},
		{"a mod-sequence of 64 bits", imap4.AllUIDs(), imap4.FetchOptions{ChangedSince: 1 << 63}, 2},
		{"PARTIAL by number", imap4.AllMessages(), imap4.FetchOptions{Partial: imap4.PartialRange{First: 1, Last: 2}}, 2},
		{"PARTIAL from both ends", imap4.AllUIDs(), imap4.FetchOptions{Partial: imap4.PartialRange{First: 1, Last: -2}}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := opened(t, allCaps)
			_, err, _ := s.Fetch(test.set, test.o, nil).Result()
			var bad *imap4.ArgumentError
			if !errors.As(err, &bad) || bad.Arg != test.arg {
				t.Errorf("got %v, want an *ArgumentError about argument %d", err, test.arg)
			}
			s.wrote("")
		})
	}
}

func TestFetchNeeds(t *testing.T) {
	for _, test := range []struct {
		name, missing string
		o             imap4.FetchOptions
	}{
		{"mod-sequences", "CONDSTORE or QRESYNC", imap4.FetchOptions{Items: imap4.ItemModSeq}},
		{"object ids", "OBJECTID", imap4.FetchOptions{Items: imap4.ItemEmailID}},
		{"Gmail's", "X-GM-EXT-1", imap4.FetchOptions{Items: imap4.ItemGmailLabels}},
		{"binary", "BINARY or IMAP4rev2", imap4.FetchOptions{BinarySizes: [][]int{{1}}}},
		{"partial", "PARTIAL", imap4.FetchOptions{Partial: imap4.PartialRange{First: 1, Last: 2}}},
		{"the second of two", "PREVIEW", imap4.FetchOptions{Items: imap4.ItemPreview | imap4.ItemFlags, Sections: []imap4.BodySection{{}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := opened(t, "")
			s.fetch("FETCH", imap4.AllUIDs(), test.o)
			s.wrote("")
			s.happened("FETCH failed: imap4: UID FETCH: the server does not offer " + test.missing + " (sent false)")
		})
	}
	t.Run("VANISHED before ENABLE", func(t *testing.T) {
		s := opened(t, allCaps)
		s.fetch("FETCH", imap4.AllUIDs(), imap4.FetchOptions{ChangedSince: 1, Vanished: func(imap4.MessageSet) {}})
		s.happened("FETCH failed: imap4: UID FETCH: the extension has to be switched on with Enable first (sent false)")
	})
	t.Run("sequence numbers where there are none any more", func(t *testing.T) {
		s := opened(t, "UIDONLY")
		s.SetEnabled("UIDONLY")
		s.fetch("FETCH", imap4.AllMessages(), imap4.FetchOptions{})
		s.happened("FETCH failed: " + failure(&imap4.CommandError{Command: "FETCH", Err: imap4.ErrUIDOnly}))
	})
	t.Run("a mailbox", func(t *testing.T) {
		s := greeted(t)
		s.fetch("FETCH", imap4.AllMessages(), imap4.FetchOptions{})
		s.happened("FETCH failed: imap4: FETCH: the command is not allowed in this state of the session (sent false)")
	})
}

var whole = imap4.BodySection{}

func TestFetchAnswers(t *testing.T) {
	flags := imap4.FetchOptions{Items: imap4.ItemFlags}
	body := imap4.FetchOptions{Sections: []imap4.BodySection{{Peek: true}}}
	for _, test := range []struct {
		name   string
		set    imap4.MessageSet
		o      imap4.FetchOptions
		server string
		want   []string
	}{
		{"flags", imap4.SeqNums(1, 2), flags, "* 1 FETCH (UID 7 FLAGS (\\Seen))\r\n* 2 FETCH (FLAGS () UID 9)\r\nA1 OK done\r\n",
			[]string{`FETCH: 1/7 UID FLAGS [\Seen]`, "FETCH: 2/9 UID FLAGS []", "FETCH: 2"}},
		{"none", imap4.SeqNums(1), flags, "A1 OK done\r\n", []string{"FETCH: 0"}},
		{"NO", imap4.SeqNums(1), flags, "* 1 FETCH (FLAGS ())\r\nA1 NO [UNAVAILABLE] not now\r\n",
			[]string{"FETCH: 1/0 FLAGS []", `FETCH failed: imap4: FETCH: the server said NO [UNAVAILABLE] "not now"`}},
		{"BAD", imap4.SeqNums(1), flags, "A1 BAD what\r\n", []string{`FETCH failed: imap4: FETCH: the server said BAD "what"`}},
		{"R12 an untagged NO", imap4.SeqNums(99), flags, "* NO Invalid message sequence number: 99\r\nA1 OK FETCH completed.\r\n",
			[]string{`warning NO "" "Invalid message sequence number: 99"`, "FETCH: 0"}},
		{"F14 one message in two responses", imap4.UIDs(1), imap4.FetchOptions{Items: imap4.ItemFlags, Sections: body.Sections},
			"* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n* 1 FETCH (BODY[] {3}\r\nabc UID 1)\r\nA1 OK done\r\n",
			[]string{`FETCH: 1/1 UID FLAGS [\Seen]`, `FETCH: 1/1 UID BODY[]=0:"abc"`, "FETCH: 2"}},
		{"flags beside a body go to the Listener, too", imap4.UIDs(1), body, "* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (8) BODY[] {3}\r\nabc)\r\nA1 OK done\r\n",
			[]string{`message data 1 1 UID FLAGS MODSEQ [\Seen]`, `FETCH: 1/1 UID FLAGS MODSEQ [\Seen] modseq 8 BODY[]=0:"abc"`, "FETCH: 1"}},
		{"flags of the message that nobody asked for", imap4.UIDs(1), body, "* 1 FETCH (UID 1 FLAGS (\\Seen))\r\nA1 OK done\r\n",
			[]string{`message data 1 1 UID FLAGS [\Seen]`, "FETCH: 0"}},
		{"flags of another message", imap4.UIDs(1), flags, "* 2 FETCH (UID 2 FLAGS (\\Seen))\r\nA1 OK done\r\n", []string{`message data 2 2 UID FLAGS [\Seen]`, "FETCH: 0"}},
		{"flags without the UID that would tell", imap4.UIDs(1), flags, "* 2 FETCH (FLAGS (\\Seen))\r\nA1 OK done\r\n", []string{`message data 2 0 FLAGS [\Seen]`, "FETCH: 0"}},
		{"a body without it", imap4.UIDs(1), body, "* 2 FETCH (BODY[] {3}\r\nabc)\r\nA1 OK done\r\n", []string{`FETCH: 2/0  BODY[]=0:"abc"`, "FETCH: 1"}},
		{"the UID behind the body", imap4.UIDs(5), body, "* 2 FETCH (BODY[] {3}\r\nabc UID 5)\r\nA1 OK done\r\n", []string{`FETCH: 2/5 UID BODY[]=0:"abc"`, "FETCH: 1"}},
		{"the last of an open set", imap4.UIDRange(559, imap4.Star), flags, "* 9 FETCH (UID 500 FLAGS ())\r\nA1 OK done\r\n", []string{"FETCH: 9/500 UID FLAGS []", "FETCH: 1"}},
		{"flags without the UID, of an open set", imap4.AllUIDs(), flags, "* 2 FETCH (FLAGS (\\Seen))\r\nA1 OK done\r\n", []string{`message data 2 0 FLAGS [\Seen]`, "FETCH: 0"}},
		{"mod-sequences beside flags", imap4.SeqNums(1), flags, "* 1 FETCH (UID 1 FLAGS () MODSEQ (12))\r\nA1 OK done\r\n", []string{"FETCH: 1/1 UID FLAGS MODSEQ [] modseq 12", "FETCH: 1"}},
		{"a section by another name", imap4.SeqNums(1), body, "* 1 FETCH (UID 1 BODY[TEXT] {3}\r\nabc)\r\nA1 OK done\r\n", []string{`FETCH: 1/1 UID BODY[TEXT]=0:"abc"`, "FETCH: 1"}},
		{"an item of others", imap4.SeqNums(1), imap4.FetchOptions{Extra: []string{"x-foo"}}, "* 1 FETCH (UID 1 X-FOO (a b))\r\nA1 OK done\r\n", []string{"FETCH: 1/1 UID X-FOO=(a b)", "FETCH: 1"}},
		{"nothing but the UID", imap4.SeqNums(1), imap4.FetchOptions{}, "* 1 FETCH (UID 4)\r\n* 1 FETCH (FLAGS ())\r\nA1 OK done\r\n", []string{"FETCH: 1/4 UID", "message data 1 0 FLAGS []", "FETCH: 1"}},
		{"E05 damage is told with the message", imap4.SeqNums(1, 2), imap4.FetchOptions{Items: imap4.ItemEnvelope | imap4.ItemFlags},
			"* 1 FETCH (UID 1 FLAGS () ENVELOPE ((broken)\r\n* 2 FETCH (UID 2 FLAGS ())\r\nA1 OK done\r\n",
			[]string{"FETCH: 1/1 UID FLAGS [] damaged", "FETCH: 2/2 UID FLAGS []", "FETCH: 2"}},
		{"damage before a body that is a literal", imap4.SeqNums(1), imap4.FetchOptions{Items: imap4.ItemFlags, Sections: body.Sections},
			"* 1 FETCH (FLAGS 7 BODY[] {3}\r\nabc UID 1)\r\nA1 OK done\r\n", []string{`FETCH: 1/1 UID BODY[]=0:"abc" damaged`, "FETCH: 1"}},
		{"UIDFETCH", imap4.UIDs(25), imap4.FetchOptions{Items: imap4.ItemFlags, Sections: body.Sections}, "* 25 UIDFETCH (FLAGS (\\Seen) BODY[] {2}\r\nab)\r\nA1 OK done\r\n",
			[]string{`FETCH: 0/25 UID FLAGS [\Seen] BODY[]=0:"ab"`, "FETCH: 1"}},
		{"an expunge in between", imap4.UIDs(1, 2), flags, "* 1 FETCH (UID 1 FLAGS ())\r\n* 1 EXPUNGE\r\n* 1 FETCH (UID 2 FLAGS ())\r\nA1 OK done\r\n",
			[]string{"FETCH: 1/1 UID FLAGS []", "expunge 1", "FETCH: 1/2 UID FLAGS []", "FETCH: 2"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, cut := range []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise} {
				s := opened(t, allCaps)
				s.fetch("FETCH", test.set, test.o)
				s.serverCut(test.server, cut)
				s.happened(test.want...)
				s.closed(false)
				if s.Reading() {
					t.Error("what reading needs: got kept, want given back")
				}
			}
		})
	}
}

func TestFetchLoss(t *testing.T) {
	const input = "* 1 FETCH (UID 1 FLAGS () BODY[] {3}\r\nabc)\r\n* 2 FETCH (UID 2 BODY[] \"de\" FLAGS ())\r\nA1 OK done\r\n"
	for n := 0; n <= len(input); n++ {
		s := opened(t, "")
		s.fetch("FETCH", imap4.AllUIDs(), imap4.FetchOptions{Items: imap4.ItemFlags, Sections: []imap4.BodySection{whole}})
		s.server(input[:n])
		s.tr.Lose(nil)
		var want []string
		if n >= strings.Index(input, "* 2") {
			want = append(want, `FETCH: 1/1 UID FLAGS [] BODY[]=0:"abc"`)
		}
		if n >= strings.Index(input, "A1") {
			want = append(want, `FETCH: 2/2 UID FLAGS [] BODY[]=0:"de"`)
		}
		if n == len(input) {
			want = append(want, "FETCH: 2")
		} else {
			want = append(want, "FETCH failed: imap4: UID FETCH: Connection was closed cleanly. (sent true)")
		}
		s.happened(append(want, cleanEnd)...)
		if t.Failed() {
			t.Fatalf("lost behind %q", input[:n])
		}
	}
}

func TestFetchPipelined(t *testing.T) {
	flags := imap4.FetchOptions{Items: imap4.ItemFlags}
	body := imap4.FetchOptions{Sections: []imap4.BodySection{whole}}
	t.Run("what cannot be confused is out together, whatever the order of the answers", func(t *testing.T) {
		s := opened(t, "")
		s.fetch("first", imap4.UIDs(1), flags)
		s.fetch("second", imap4.UIDs(2), flags)
		s.fetch("body", imap4.UIDs(1), body)
		s.wrote("A1 UID FETCH 1 (UID FLAGS)\r\nA2 UID FETCH 2 (UID FLAGS)\r\nA3 UID FETCH 1 (UID BODY[])\r\n")
		s.server("* 2 FETCH (UID 2 FLAGS ())\r\n* 1 FETCH (UID 1 BODY[] {1}\r\nx FLAGS (\\Seen))\r\nA3 OK done\r\nA2 OK done\r\nA1 OK done\r\n")
		s.happened("second: 2/2 UID FLAGS []", `first: 1/1 UID FLAGS [\Seen] BODY[]=0:"x"`, `body: 1/1 UID FLAGS [\Seen] BODY[]=0:"x"`, "body: 1", "second: 1", "first: 1")
	})
	t.Run("what could be is not", func(t *testing.T) {
		s := opened(t, "")
		s.fetch("first", imap4.UIDRange(1, 5), flags)
		s.fetch("second", imap4.UIDs(3), flags)
		s.wrote("A1 UID FETCH 1:5 (UID FLAGS)\r\n")
		s.server("* 3 FETCH (UID 3 FLAGS ())\r\nA1 OK done\r\n")
		s.wrote("A2 UID FETCH 3 (UID FLAGS)\r\n")
		s.server("* 3 FETCH (UID 3 FLAGS (\\Seen))\r\nA2 OK done\r\n")
		s.happened("first: 3/3 UID FLAGS []", "first: 1", `second: 3/3 UID FLAGS [\Seen]`, "second: 1")
	})
	t.Run("nor with one that asks for nothing but the UID, which all answers have", func(t *testing.T) {
		s := opened(t, "")
		s.fetch("first", imap4.UIDs(1, 2), imap4.FetchOptions{})
		s.fetch("second", imap4.UIDs(2), flags)
		s.wrote("A1 UID FETCH 1:2 (UID)\r\n")
	})
	t.Run("two that get one message do not share it", func(t *testing.T) {
		s := opened(t, "")
		var got []*imap4.Message
		each := func(m *imap4.Message) { got = append(got, m) }
		s.Fetch(imap4.UIDs(1), flags, each)
		s.Fetch(imap4.UIDs(1), imap4.FetchOptions{Items: imap4.ItemSize}, each)
		s.server("* 1 FETCH (UID 1 FLAGS (\\Seen) RFC822.SIZE 5)\r\nA1 OK done\r\nA2 OK done\r\n")
		if len(got) != 2 || got[0] == got[1] || &got[0].Flags[0] == &got[1].Flags[0] || messageText(got[0]) != messageText(got[1]) {
			t.Errorf("got %v, want two messages that are alike", got)
		}
	})
	t.Run("a command of a callback gets nothing of the message in hand", func(t *testing.T) {
		s := opened(t, "")
		s.Fetch(imap4.UIDs(1), flags, func(*imap4.Message) { s.fetch("second", imap4.UIDs(1), imap4.FetchOptions{Items: imap4.ItemSize}) })
		s.server("* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 5)\r\nA1 OK done\r\nA2 OK done\r\n")
		s.happened("message data 1 1 UID RFC822.SIZE []", "second: 0")
	})
	t.Run("a callback that ends the connection gets no more", func(t *testing.T) {
		s := opened(t, "")
		s.Fetch(imap4.AllUIDs(), flags, func(m *imap4.Message) {
			s.note("%s", messageText(m))
			s.Transport().AbortConnection()
		}).Handle(nil, func(error) { s.note("failed") })
		s.server("* 1 FETCH (UID 1 FLAGS ())\r\n* 2 FETCH (UID 2 FLAGS ())\r\nA1 OK done\r\n")
		s.happened("1/1 UID FLAGS []", "failed", "lost: Connection was aborted locally using ITCPTransport.abortConnection.")
	})
}

func TestFetchBorrowed(t *testing.T) {
	s := opened(t, "")
	var last *imap4.Message
	var kept []string
	d := s.Fetch(imap4.AllUIDs(), imap4.FetchOptions{Items: imap4.ItemFlags, Borrow: true}, func(m *imap4.Message) {
		if last != nil && last != m {
			t.Error("borrowed messages: got two structs, want one that is used again")
		}
		last = m
		kept = append(kept, messageText(m.Clone()))
	})
	s.server("* 1 FETCH (UID 1 FLAGS (one))\r\n* 2 FETCH (UID 2 FLAGS (two))\r\nA1 OK done\r\n")
	if want := []string{"1/1 UID FLAGS [one]", "2/2 UID FLAGS [two]"}; !slices.Equal(kept, want) {
		t.Errorf("got %q, want %q", kept, want)
	}
	if n, err, _ := d.Result(); n != 2 || err != nil {
		t.Errorf("result: got %d, %v, want 2, nil", n, err)
	}
}

func TestFetchCancelled(t *testing.T) {
	t.Run("of one that was sent: what still comes is dropped", func(t *testing.T) {
		s := opened(t, "")
		d := s.Fetch(imap4.AllUIDs(), imap4.FetchOptions{Items: imap4.ItemFlags}, func(m *imap4.Message) { s.note("%s", messageText(m)) })
		s.server("* 1 FETCH (UID 1 FLAGS ())\r\n")
		d.Cancel()
		wantCancelled(t, d)
		s.server("* 2 FETCH (UID 2 FLAGS ())\r\nA1 OK done\r\n")
		s.happened("1/1 UID FLAGS []")
	})
	t.Run("of one that waits: nothing is sent", func(t *testing.T) {
		s := opened(t, "")
		s.noop()
		d := s.Fetch(imap4.AllMessages(), imap4.FetchOptions{}, nil)
		d.Cancel()
		wantCancelled(t, d)
		s.server("A1 OK done\r\n")
		s.wrote("A1 NOOP\r\n")
	})
}

func TestFetchVanished(t *testing.T) {
	s := opened(t, allCaps)
	s.SetEnabled("QRESYNC")
	s.fetch("FETCH", imap4.AllUIDs(), imap4.FetchOptions{Items: imap4.ItemFlags, ChangedSince: 5, Vanished: func(uids imap4.MessageSet) { s.note("vanished %v %v", uids, uids.IsUID()) }})
	s.server("* VANISHED (EARLIER) 300:310,405\r\n* 1 FETCH (UID 1 FLAGS () MODSEQ (6))\r\n* VANISHED (EARLIER) odd\r\nA1 OK done\r\n")
	s.happened("vanished 300:310,405 true", "FETCH: 1/1 UID FLAGS MODSEQ [] modseq 6", `* VANISHED "(EARLIER) odd"`, "FETCH: 1")
}

// scattered is a set whose text is long.
func scattered(n uint32) imap4.MessageSet {
	var uids []uint32
	for i := range n {
		uids = append(uids, 1_000_000+2*i)
	}
	return imap4.UIDs(uids...)
}

func TestFetchBelowOpenSet(t *testing.T) {
	flags := imap4.FetchOptions{Items: imap4.ItemFlags}
	for _, test := range []struct {
		name   string
		set    imap4.MessageSet
		server string
		want   []string
	}{
		{"by UID", imap4.UIDRange(559, imap4.Star), "* 2 FETCH (UID 7 FLAGS (\\Seen))\r\n* 9 FETCH (UID 500 FLAGS ())\r\n",
			[]string{`message data 2 7 UID FLAGS [\Seen]`, "FETCH: 9/500 UID FLAGS []", "FETCH: 1"}},
		{"by number", imap4.SeqRange(20, imap4.Star), "* 2 FETCH (FLAGS (\\Seen))\r\n* 9 FETCH (FLAGS ())\r\n",
			[]string{`message data 2 0 FLAGS [\Seen]`, "FETCH: 9/0 FLAGS []", "FETCH: 1"}},
		{"what is the last no more", imap4.SeqRange(imap4.Star, imap4.Star), "* 10 EXISTS\r\n* 9 FETCH (FLAGS ())\r\n",
			[]string{"exists 10", "FETCH: 9/0 FLAGS []", "FETCH: 1"}},
		{"under another number now", imap4.UIDRange(559, imap4.Star), "* 10 EXISTS\r\n* 3 EXPUNGE\r\n* 7 FETCH (UID 7 FLAGS ())\r\n* 8 FETCH (UID 500 FLAGS ())\r\n",
			[]string{"exists 10", "expunge 3", "message data 7 7 UID FLAGS []", "FETCH: 8/500 UID FLAGS []", "FETCH: 1"}},
		{"with UIDs that have vanished", imap4.UIDRange(559, imap4.Star), "* 10 EXISTS\r\n* VANISHED 3:4\r\n* 6 FETCH (UID 7 FLAGS ())\r\n* 7 FETCH (UID 500 FLAGS ())\r\n",
			[]string{"exists 10", "vanished 3:4 false", "message data 6 7 UID FLAGS []", "FETCH: 7/500 UID FLAGS []", "FETCH: 1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := opened(t, "")
			s.server("* 9 EXISTS\r\n")
			s.take()
			s.fetch("FETCH", test.set, flags)
			s.server(test.server + "A1 OK done\r\n")
			s.happened(test.want...)
		})
	}
}

func TestFetchLongSets(t *testing.T) {
	set := scattered(2500)
	start := func(t *testing.T) (*session, []string) {
		s := opened(t, "")
		s.fetch("FETCH", set, imap4.FetchOptions{Items: imap4.ItemFlags})
		return s, strings.SplitAfter(strings.TrimSuffix(string(s.tr.Take()), "\r\n"), "\r\n")
	}
	t.Run("go out in several commands", func(t *testing.T) {
		s, lines := start(t)
		if len(lines) != 3 {
			t.Fatalf("commands: got %d, want 3", len(lines))
		}
		sent := imap4.UIDs()
		for _, line := range lines {
			if len(line) > 8000 {
				t.Errorf("a command has %d bytes, want at most 8,000", len(line))
			}
			part, err := imap4.ParseUIDSet(strings.Fields(line)[3])
			if err != nil {
				t.Fatal(err)
			}
			sent = sent.Union(part)
		}
		if !sent.Equal(set) {
			t.Errorf("sent: got %v, want %v", sent, set)
		}
		s.server("* 1 FETCH (UID 1000000 FLAGS ())\r\nA1 OK done\r\nA3 OK done\r\n* 2500 FETCH (UID 1004998 FLAGS ())\r\n")
		s.happened("FETCH: 1/1000000 UID FLAGS []", "message data 2500 1004998 UID FLAGS []")
		s.server("A2 OK done\r\n")
		s.happened("FETCH: 1")
	})
	t.Run("one that fails ends all", func(t *testing.T) {
		s, _ := start(t)
		s.server("A1 NO [LIMIT] too many\r\n* 1 FETCH (UID 1004998 FLAGS ())\r\nA2 OK done\r\nA3 OK done\r\n")
		s.happened(`FETCH failed: imap4: UID FETCH: the server said NO [LIMIT] "too many"`)
	})
	t.Run("with loss", func(t *testing.T) {
		s, _ := start(t)
		s.tr.Lose(nil)
		s.happened("FETCH failed: imap4: UID FETCH: Connection was closed cleanly. (sent true)", cleanEnd)
	})
}

func TestFetchMessageLimit(t *testing.T) {
	flags := imap4.FetchOptions{Items: imap4.ItemFlags}
	for _, test := range []struct {
		name   string
		set    imap4.MessageSet
		server []string
		wrote  []string
		want   []string
	}{
		{"by UID", imap4.UIDRange(1, 50), []string{"* 9 FETCH (UID 40 FLAGS ())\r\nA1 OK [MESSAGELIMIT 1 40] rest later\r\n", "* 8 FETCH (UID 30 FLAGS ())\r\nA2 OK done\r\n"},
			[]string{"A1 UID FETCH 1:50 (UID FLAGS)\r\n", "A2 UID FETCH 1:39 (UID FLAGS)\r\n"}, []string{"FETCH: 9/40 UID FLAGS []", "FETCH: 8/30 UID FLAGS []", "FETCH: 2"}},
		{"of an open set", imap4.AllUIDs(), []string{"A1 OK [MESSAGELIMIT 1 40] rest later\r\n", "A2 OK done\r\n"},
			[]string{"A1 UID FETCH 1:* (UID FLAGS)\r\n", "A2 UID FETCH 1:39 (UID FLAGS)\r\n"}, []string{"FETCH: 0"}},
		{"by number", imap4.AllMessages(), []string{"* 9 FETCH (UID 40 FLAGS ())\r\nA1 OK [MESSAGELIMIT 1 40] rest later\r\n", "A2 OK done\r\n"},
			[]string{"A1 FETCH 1:* (UID FLAGS)\r\n", "A2 FETCH 1:8 (UID FLAGS)\r\n"}, []string{"FETCH: 9/40 UID FLAGS []", "FETCH: 1"}},
		{"all was done", imap4.UIDRange(40, 50), []string{"A1 OK [MESSAGELIMIT 1 40] odd\r\n"}, []string{"A1 UID FETCH 40:50 (UID FLAGS)\r\n"}, []string{"FETCH: 0"}},
		{"down to the first", imap4.AllUIDs(), []string{"A1 OK [MESSAGELIMIT 1 1] odd\r\n"}, []string{"A1 UID FETCH 1:* (UID FLAGS)\r\n"}, []string{"FETCH: 0"}},
		{"without saying how far", imap4.AllUIDs(), []string{"A1 OK [MESSAGELIMIT 1000] too many\r\n"}, []string{"A1 UID FETCH 1:* (UID FLAGS)\r\n"},
			[]string{"FETCH failed: imap4: UID FETCH: the server has done only part of it: it takes 1000 messages at a time"}},
		{"without getting on", imap4.UIDRange(1, 9), []string{"A1 OK [MESSAGELIMIT 1 10] odd\r\n"}, []string{"A1 UID FETCH 1:9 (UID FLAGS)\r\n"},
			[]string{"FETCH failed: imap4: UID FETCH: the server has done only part of it: it takes 1 messages at a time"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := opened(t, "")
			s.fetch("FETCH", test.set, flags)
			for i, answer := range test.server {
				s.wrote(test.wrote[i])
				s.server(answer)
			}
			s.wrote("")
			s.happened(test.want...)
		})
	}
	err := &imap4.MessageLimitError{Command: "FETCH", Limit: 5}
	if !errors.Is(err, imap4.ErrLimit) {
		t.Error("MessageLimitError: got no ErrLimit, want one")
	}
}

// What a server tells of messages although nobody has asked.
func TestMessageData(t *testing.T) {
	s := opened(t, "")
	var got *imap4.Message
	s.Listener = dataListener{f: func(m *imap4.Message) { got = m }}
	s.server("* 3 FETCH (UID 5 FLAGS (\\Seen kw) MODSEQ (9) BODY[] {2}\r\nab)\r\n")
	if want := `3/5 UID FLAGS MODSEQ [\Seen kw] modseq 9 BODY[]=0:"ab"`; got == nil || messageText(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	s.server(strings.Repeat("* 3 FETCH (UID 5 FLAGS (\\Draft xx) MODSEQ (8))\r\n", 3))
	got.Flags = nil
}

type dataListener struct {
	imap4.BaseListener
	f func(m *imap4.Message)
}

func (l dataListener) MessageData(m *imap4.Message) { l.f(m) }

// A message without the item that was asked for is an answer, too.
func TestFetchWhatThereIsNot(t *testing.T) {
	for _, tt := range []struct {
		items imap4.Items
		data  string
	}{
		{imap4.ItemPreview, "PREVIEW NIL"},
		{imap4.ItemSaveDate, "SAVEDATE NIL"},
		{imap4.ItemThreadID, "THREADID NIL"},
		{imap4.ItemEmailID, "EMAILID NIL"},
		{imap4.ItemInternalDate, `INTERNALDATE "00-Jan-0000 00:00:00 +0000"`},
		{imap4.ItemSize, "RFC822.SIZE NIL"},
		{imap4.ItemEnvelope, "ENVELOPE NIL"},
		{imap4.ItemBodyStructure, "BODYSTRUCTURE NIL"},
		{imap4.ItemGmailMsgID, "X-GM-MSGID NIL"},
	} {
		t.Run(tt.data, func(t *testing.T) {
			s := opened(t, allCaps)
			s.fetch("it", imap4.AllUIDs(), imap4.FetchOptions{Items: tt.items})
			s.server("* 1 FETCH (UID 7 " + tt.data + ")\r\n* 2 FETCH (UID 8 FLAGS ())\r\nA1 OK done\r\n")
			if got := s.take(); len(got) != 3 || got[0] != "it: 1/7 UID" || got[2] != "it: 1" {
				t.Errorf("got %q, want message 1, the flags of message 2 for the Listener, and 1", got)
			}
		})
	}
}
