package imap4_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor/reactortest"
)

// ready is a session that is logged in, of a server with these capabilities, with nothing left to be asked.
func ready(t testing.TB, capabilities string) *session {
	t.Helper()
	u := newUser(nil)
	u.Options.NoID, u.Options.NoRev2 = true, true
	s := start(t, u)
	s.server("* PREAUTH ready\r\n* CAPABILITY IMAP4rev1 " + capabilities + "\r\n")
	s.take()
	return s
}

func (s *session) add(mailbox string, messages ...imap4.AppendMessage) {
	s.stored(s.Append(mailbox, messages...))
}

func (s *session) stored(d *deferred.Deferred[imap4.AppendData]) {
	d.Handle(func(data imap4.AppendData) {
		s.note("stored %d %d [%v]", data.Stored, data.UIDValidity, data.UIDs)
	}, func(err error) { s.note("failed: %s", failure(err)) })
}

const mail = "Subject: hi\r\n\r\nhello\r\n"

var berlin = time.FixedZone("", 3600)

func TestAppendBytes(t *testing.T) {
	for _, tc := range []struct {
		name, caps string
		message    imap4.AppendMessage
		want       []string // what is sent, piece by piece; "+" comes between
	}{
		{"plain", "", imap4.Bytes([]byte(mail)), []string{"APPEND INBOX {22}\r\n", mail + "\r\n"}},
		{"LITERAL+", "LITERAL+", imap4.Bytes([]byte(mail)), []string{"APPEND INBOX {22+}\r\n" + mail + "\r\n"}},
		{"LITERAL-", "LITERAL-", imap4.Bytes([]byte(mail)), []string{"APPEND INBOX {22+}\r\n" + mail + "\r\n"}},
		{"IMAP4rev2", "IMAP4rev2", imap4.Bytes([]byte(mail)), []string{"APPEND INBOX {22+}\r\n" + mail + "\r\n"}},
		{"a large one is asked for", "LITERAL+", imap4.Bytes(large(4097)), []string{"APPEND INBOX {4097}\r\n", string(large(4097)) + "\r\n"}},
		{"the largest that is not", "LITERAL+", imap4.Bytes(large(4096)), []string{"APPEND INBOX {4096+}\r\n" + string(large(4096)) + "\r\n"}},
		{"flags", "", imap4.AppendMessage{Body: strings.NewReader(mail), Flags: []imap4.Flag{imap4.FlagSeen, "$Forwarded"}},
			[]string{"APPEND INBOX (\\Seen $Forwarded) {22}\r\n", mail + "\r\n"}},
		{"a date's day has two places", "", imap4.AppendMessage{Body: bytes.NewBufferString(mail), Date: time.Date(2024, 1, 1, 0, 0, 0, 0, berlin)},
			[]string{"APPEND INBOX \" 1-Jan-2024 00:00:00 +0100\" {22}\r\n", mail + "\r\n"}},
		{"flags and date", "", imap4.AppendMessage{Body: strings.NewReader(mail), Flags: []imap4.Flag{"a"}, Date: time.Date(1999, 12, 31, 23, 59, 58, 0, time.UTC)},
			[]string{"APPEND INBOX (a) \"31-Dec-1999 23:59:58 +0000\" {22}\r\n", mail + "\r\n"}},
		{"part of a reader", "", imap4.AppendMessage{Body: strings.NewReader(mail), Size: 9}, []string{"APPEND INBOX {9}\r\n", "Subject: \r\n"}},
		{"binary", "BINARY", imap4.AppendMessage{Body: strings.NewReader("a\x00b"), Binary: true}, []string{"APPEND INBOX ~{3}\r\n", "a\x00b\r\n"}},
		{"binary, LITERAL+", "BINARY LITERAL+", imap4.AppendMessage{Body: strings.NewReader("a\x00b"), Binary: true}, []string{"APPEND INBOX ~{3+}\r\na\x00b\r\n"}},
		{"catenate", "CATENATE", imap4.AppendMessage{Flags: []imap4.Flag{imap4.FlagDraft}, Parts: []imap4.CatenatePart{
			imap4.CatenateText([]byte("one\r\n")), imap4.CatenateURL("/Drafts/;UID=20/;SECTION=1"), imap4.CatenateText([]byte("two\r\n"))}},
			[]string{"APPEND INBOX (\\Draft) CATENATE (TEXT {5}\r\n", "one\r\n URL /Drafts/;UID=20/;SECTION=1 TEXT {5}\r\n", "two\r\n)\r\n"}},
		{"catenate, LITERAL+", "CATENATE LITERAL+", imap4.AppendMessage{Parts: []imap4.CatenatePart{
			imap4.CatenateText([]byte("one\r\n")), imap4.CatenateURL("/a b"), imap4.CatenateText([]byte("two\r\n"))}},
			[]string{"APPEND INBOX CATENATE (TEXT {5+}\r\none\r\n URL \"/a b\" TEXT {5+}\r\ntwo\r\n)\r\n"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := ready(t, tc.caps)
			s.add("inbox", tc.message)
			for i, piece := range tc.want {
				if i == 0 {
					piece = "A1 " + piece
				} else {
					s.server("+ go on\r\n")
				}
				s.wrote(piece)
			}
			s.happened()
			s.serverCut("* 3 EXISTS\r\nA1 OK [APPENDUID 38505 3955] done\r\n", reactortest.Bytewise)
			s.happened("exists 3", "stored 1 38505 [3955]")
		})
	}
}

// large is a message of n octets.
func large(n int) []byte { return bytes.Repeat([]byte("x"), n) }

func TestAppendUTF8(t *testing.T) {
	enable := func(s *session) {
		s.Enable("UTF8=ACCEPT").Handle(nil, nil)
		s.server("* ENABLED UTF8=ACCEPT\r\nA1 OK done\r\n")
		s.wrote("A1 ENABLE UTF8=ACCEPT\r\n")
	}
	message := func() imap4.AppendMessage {
		return imap4.AppendMessage{Body: strings.NewReader("Subject: \u00e4\r\n"), UTF8: true}
	}
	t.Run("enabled", func(t *testing.T) {
		s := ready(t, "ENABLE UTF8=ACCEPT LITERAL+")
		enable(s)
		s.add("B\u00fcro", message())
		s.wrote("A2 APPEND \"B\u00fcro\" UTF8 (~{13}\r\n")
		s.server("+\r\n")
		s.wrote("Subject: \u00e4\r\n)\r\n")
		s.server("A2 OK done\r\n")
		s.happened("stored 1 0 []")
	})
	t.Run("with BINARY it need not be asked for", func(t *testing.T) {
		s := ready(t, "ENABLE UTF8=ACCEPT LITERAL+ BINARY CATENATE")
		enable(s)
		s.add("x", message())
		s.wrote("A2 APPEND x UTF8 (~{13+}\r\nSubject: \u00e4\r\n)\r\n")
		s.server("A2 OK done\r\n")
		s.add("x", imap4.AppendMessage{UTF8: true, Parts: []imap4.CatenatePart{imap4.CatenateURL("u"), imap4.CatenateText([]byte("\u00e4"))}})
		s.wrote("A3 APPEND x CATENATE (URL u UTF8 (~{2+}\r\n\u00e4))\r\n")
	})
	t.Run("not enabled", func(t *testing.T) {
		s := ready(t, "ENABLE UTF8=ACCEPT")
		s.add("x", message())
		s.wrote("")
		s.happened("failed: imap4: APPEND: the server does not offer UTF8=ACCEPT in this session: Enable switches it on (sent false)")
	})
}

func TestAppendRefusedBeforeAnythingIsSent(t *testing.T) {
	const argument = "failed: imap4: bad argument "
	body := func() io.Reader { return strings.NewReader(mail) }
	part := imap4.CatenateURL("/a")
	for _, tc := range []struct {
		name, caps, mailbox string
		messages            []imap4.AppendMessage
		want                string
	}{
		{"no message", "", "x", nil, argument + "2 of APPEND: there is no message"},
		{"no body", "", "x", []imap4.AppendMessage{{}}, argument + "2 of APPEND: there is no Body"},
		{"the second has none", "", "x", []imap4.AppendMessage{{Body: body()}, {}}, argument + "3 of APPEND: there is no Body"},
		{"empty", "", "x", []imap4.AppendMessage{imap4.Bytes(nil)}, argument + "2 of APPEND: the message is empty"},
		{"larger than its body", "", "x", []imap4.AppendMessage{{Body: body(), Size: 23}}, argument + "2 of APPEND: Size is more than Body holds"},
		{"a negative size", "", "x", []imap4.AppendMessage{{Body: body(), Size: -1}}, argument + "2 of APPEND: Size is negative"},
		{"a reader without a size", "", "x", []imap4.AppendMessage{{Body: io.LimitReader(body(), 5)}}, argument + "2 of APPEND: Size must be set for this kind of reader"},
		{"NUL in a string", "", "x", []imap4.AppendMessage{{Body: strings.NewReader("a\x00b")}}, argument + "2 of APPEND: contains NUL, which needs Binary"},
		{"NUL in bytes", "", "x", []imap4.AppendMessage{imap4.Bytes([]byte("a\x00b"))}, argument + "2 of APPEND: contains NUL, which needs Binary"},
		{"NUL in a buffer", "", "x", []imap4.AppendMessage{{Body: bytes.NewBufferString("a\x00b")}}, argument + "2 of APPEND: contains NUL, which needs Binary"},
		{"a flag that is none", "", "x", []imap4.AppendMessage{{Body: body(), Flags: []imap4.Flag{"a\r\nb"}}}, argument + "2 of APPEND: is no flag"},
		{"a flag with a space", "", "x", []imap4.AppendMessage{{Body: body(), Flags: []imap4.Flag{"a b"}}}, argument + "2 of APPEND: is no flag"},
		{"the flag Recent", "", "x", []imap4.AppendMessage{{Body: body(), Flags: []imap4.Flag{`\recent`}}}, argument + "2 of APPEND: the flag cannot be given to a message"},
		{"any flag", "", "x", []imap4.AppendMessage{{Body: body(), Flags: []imap4.Flag{imap4.FlagAny}}}, argument + "2 of APPEND: the flag cannot be given to a message"},
		{"a year of five digits", "", "x", []imap4.AppendMessage{{Body: body(), Date: time.Date(12345, 1, 1, 0, 0, 0, 0, time.UTC)}}, argument + "2 of APPEND: the year of a date has four digits"},
		{"a mailbox that is no UTF-8", "", "a\xff", []imap4.AppendMessage{{Body: body()}}, argument + "1 of APPEND: is no UTF-8"},
		{"body and parts", "", "x", []imap4.AppendMessage{{Body: body(), Parts: []imap4.CatenatePart{part}}}, argument + "2 of APPEND: a message has either Body or Parts, and Binary is for Body"},
		{"no parts", "", "x", []imap4.AppendMessage{{Parts: []imap4.CatenatePart{}}}, argument + "2 of APPEND: there are no Parts"},
		{"an empty part", "", "x", []imap4.AppendMessage{{Parts: []imap4.CatenatePart{{}}}}, argument + "2 of APPEND: there is no Body"},
		{"URL and text", "", "x", []imap4.AppendMessage{{Parts: []imap4.CatenatePart{{URL: "a", Text: body()}}}}, argument + "2 of APPEND: a part has either URL or Text"},
		{"NUL in a URL", "CATENATE", "x", []imap4.AppendMessage{{Parts: []imap4.CatenatePart{{URL: "a\x00"}}}}, argument + "3 of APPEND: contains NUL"},
		{"no BINARY", "", "x", []imap4.AppendMessage{{Body: body(), Binary: true}}, "failed: imap4: APPEND: the server does not offer BINARY (sent false)"},
		{"no CATENATE", "", "x", []imap4.AppendMessage{{Parts: []imap4.CatenatePart{part}}}, "failed: imap4: APPEND: the server does not offer CATENATE (sent false)"},
		{"above the limit", "APPENDLIMIT=21", "x", []imap4.AppendMessage{{Body: body()}}, "failed: imap4: APPEND: the message has 22 octets, and the server takes at most 21 (sent false)"},
		{"the second is above the limit", "APPENDLIMIT=21", "x", []imap4.AppendMessage{imap4.Bytes([]byte("a")), {Body: body()}}, "failed: imap4: APPEND: the message has 22 octets, and the server takes at most 21 (sent false)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := ready(t, tc.caps)
			s.add(tc.mailbox, tc.messages...)
			s.wrote("")
			s.happened(tc.want)
			s.noop()
			if got := string(s.tr.Take()); !strings.HasSuffix(got, " NOOP\r\n") || strings.Count(got, "\n") != 1 {
				t.Errorf("then sent %q, want the NOOP alone", got)
			}
		})
	}
	t.Run("typed", func(t *testing.T) {
		s := ready(t, "APPENDLIMIT=21")
		_, err, _ := s.Append("x", imap4.Bytes([]byte(mail))).Result()
		var large *imap4.TooLargeError
		if !errors.As(err, &large) || large.Limit != 21 || large.Size != 22 || !errors.Is(err, imap4.ErrTooLarge) {
			t.Errorf("got %v, want a *TooLargeError of 22 and 21", err)
		}
	})
	t.Run("the limit of a mailbox", func(t *testing.T) {
		s := ready(t, "APPENDLIMIT=22")
		s.server("* STATUS INBOX (APPENDLIMIT 21)\r\n* STATUS x (APPENDLIMIT 100)\r\n* STATUS y (APPENDLIMIT NIL)\r\n* STATUS z (APPENDLIMIT 0)\r\n")
		for _, tc := range []struct {
			mailbox string
			size    int
			sent    bool
		}{
			{"inbox", 21, true}, {"Inbox", 22, false}, {"x", 100, true}, {"x", 101, false}, {"y", 9999, true}, {"z", 1, false},
			{"other", 22, true}, {"other", 23, false},
		} {
			d := s.Append(tc.mailbox, imap4.Bytes(large(tc.size)))
			_, err, done := d.Result()
			if done == tc.sent || done && !errors.Is(err, imap4.ErrTooLarge) {
				t.Errorf("%s, %d octets: got %v, want it sent: %v", tc.mailbox, tc.size, err, tc.sent)
			}
			if _, tag, ok := strings.Cut(string(s.tr.Take()), "A"); ok {
				tag, _, _ = strings.Cut(tag, " ")
				s.server("A" + tag + " NO\r\n")
				_, _, _ = d.Result()
			}
			s.take()
		}
	})
	t.Run("no limit is known", func(t *testing.T) {
		for _, caps := range []string{"APPENDLIMIT", "APPENDLIMIT=", "APPENDLIMIT=x", "APPENDLIMIT=99999999999999999999", "APPENDLIMIT=22"} {
			s := ready(t, caps)
			s.add("x", imap4.Bytes([]byte(mail)))
			s.wrote("A1 APPEND x {22}\r\n")
		}
	})
}

func TestAppendAnswers(t *testing.T) {
	for _, tc := range []struct {
		name, server, want string
		is                 error
	}{
		{"NO instead of +", "A1 NO [TRYCREATE] no such box\r\n", `failed: imap4: APPEND: the server said NO [TRYCREATE] "no such box"`, imap4.ErrTryCreate},
		{"BAD instead of +", "A1 BAD what\r\n", `failed: imap4: APPEND: the server said BAD "what"`, nil},
		{"quota", "+ go\r\nA1 NO [OVERQUOTA] full\r\n", `failed: imap4: APPEND: the server said NO [OVERQUOTA] "full"`, imap4.ErrOverQuota},
		{"too big", "+ go\r\nA1 NO [TOOBIG] too big\r\n", `failed: imap4: APPEND: the server said NO [TOOBIG] "too big"`, imap4.ErrTooLarge},
		{"no code", "+ go\r\nA1 OK done\r\n", "stored 1 0 []", nil},
		{"code in an untagged OK", "+ go\r\n* OK [APPENDUID 7 8] done\r\nA1 OK done\r\n", "stored 1 7 [8]", nil},
		{"a bare code", "+ go\r\n* [APPENDUID 7 8] done\r\nA1 OK done\r\n", "stored 1 7 [8]", nil},
		{"a code without its numbers", "+ go\r\nA1 OK [APPENDUID] done\r\n", "stored 1 0 []", nil},
		{"a code that is none", "+ go\r\nA1 OK [APPENDUID x y] done\r\n", "stored 1 0 []", nil},
		{"a UID that is too large", "+ go\r\nA1 OK [APPENDUID 1 4294967296] done\r\n", "stored 1 0 []", nil},
		{"a UIDVALIDITY that is none", "+ go\r\nA1 OK [APPENDUID 0 5] done\r\n", "stored 1 0 []", nil},
		{"more UIDs than messages", "+ go\r\nA1 OK [APPENDUID 1 5:7] done\r\n", "stored 1 0 []", nil},
		{"a second +", "+ go\r\n+ go\r\nA1 OK [APPENDUID 1 5] done\r\n", "stored 1 1 [5]", nil},
	} {
		for _, cut := range []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise} {
			t.Run(tc.name, func(t *testing.T) {
				s := ready(t, "")
				var got error
				d := s.Append("x", imap4.Bytes([]byte(mail)))
				d.AddErrback(func(err error) (imap4.AppendData, error) { got = err; return imap4.AppendData{}, err })
				s.stored(d)
				s.serverCut(tc.server, cut)
				s.happened(tc.want)
				if tc.is != nil && !errors.Is(got, tc.is) {
					t.Errorf("got %v, want one that is %v", got, tc.is)
				}
				want := "A1 APPEND x {22}\r\n"
				if strings.HasPrefix(tc.server, "+") {
					want += mail + "\r\n"
				}
				s.wrote(want)
				s.closed(false)
			})
		}
	}
}

func TestAppendSeveral(t *testing.T) {
	three := func() []imap4.AppendMessage {
		return []imap4.AppendMessage{imap4.Bytes([]byte("one")), {Body: strings.NewReader("three"), Flags: []imap4.Flag{"f"}}, imap4.Bytes([]byte("seven77"))}
	}
	t.Run("MULTIAPPEND", func(t *testing.T) {
		s := ready(t, "MULTIAPPEND")
		s.add("x", three()...)
		s.wrote("A1 APPEND x {3}\r\n")
		s.server("+\r\n")
		s.wrote("one (f) {5}\r\n")
		s.server("+\r\n")
		s.wrote("three {7}\r\n")
		s.server("+\r\n")
		s.wrote("seven77\r\n")
		s.server("A1 OK [APPENDUID 9 4:6] done\r\n")
		s.happened("stored 3 9 [4:6]")
	})
	t.Run("MULTIAPPEND, LITERAL+", func(t *testing.T) {
		s := ready(t, "MULTIAPPEND LITERAL+")
		s.add("x", three()...)
		s.wrote("A1 APPEND x {3+}\r\none (f) {5+}\r\nthree {7+}\r\nseven77\r\n")
		s.server("A1 NO [OVERQUOTA] full\r\n")
		s.happened(`failed: imap4: APPEND: the server said NO [OVERQUOTA] "full"`)
	})
	t.Run("refused in the middle", func(t *testing.T) {
		s := ready(t, "MULTIAPPEND")
		s.add("x", three()...)
		s.server("+\r\nA1 NO full\r\n")
		s.wrote("A1 APPEND x {3}\r\none (f) {5}\r\n")
		s.happened(`failed: imap4: APPEND: the server said NO "full"`)
		s.closed(false)
	})
	t.Run("one after the other", func(t *testing.T) {
		s := ready(t, "LITERAL+")
		s.add("x", three()...)
		s.wrote("A1 APPEND x {3+}\r\none\r\n")
		s.server("A1 OK [APPENDUID 9 4] done\r\n")
		s.wrote("A2 APPEND x (f) {5+}\r\nthree\r\n")
		s.server("A2 OK [APPENDUID 9 5] done\r\n")
		s.wrote("A3 APPEND x {7+}\r\nseven77\r\n")
		s.happened()
		s.server("A3 OK [APPENDUID 9 6] done\r\n")
		s.happened("stored 3 9 [4,5,6]")
	})
	t.Run("one after the other, without a code", func(t *testing.T) {
		s := ready(t, "LITERAL+")
		s.add("x", three()...)
		s.server("A1 OK [APPENDUID 9 4] done\r\nA2 OK done\r\nA3 OK [APPENDUID 9 6] done\r\n")
		s.happened("stored 3 0 []")
	})
	t.Run("one fails", func(t *testing.T) {
		s := ready(t, "LITERAL+")
		d := s.Append("x", three()...)
		s.server("A1 OK [APPENDUID 9 4] done\r\nA2 NO [OVERQUOTA] full\r\n")
		_, err, _ := d.Result()
		var some *imap4.AppendError
		if !errors.As(err, &some) || some.Done.Stored != 1 || some.Done.UIDs.String() != "4" || !errors.Is(err, imap4.ErrOverQuota) {
			t.Errorf("got %v, want an *AppendError of one message, over quota", err)
		}
		if want := `imap4: after 1 stored messages: imap4: APPEND: the server said NO [OVERQUOTA] "full"`; err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		s := ready(t, "LITERAL+")
		d := s.Append("x", three()...)
		s.server("A1 OK done\r\n")
		d.Cancel()
		s.tr.Clear()
		s.server("A2 OK done\r\n")
		s.wrote("")
		_, err, _ := d.Result()
		if !errors.Is(err, deferred.ErrCancelled) {
			t.Errorf("got %v, want it cancelled", err)
		}
	})
	t.Run("the capabilities are asked for first", func(t *testing.T) {
		s := start(t, newUser(nil))
		s.Options.NoID = true
		s.server("* PREAUTH ready\r\n")
		s.add("x", three()...)
		s.wrote("A2 CAPABILITY\r\n")
		s.server("* CAPABILITY IMAP4rev1 MULTIAPPEND LITERAL-\r\nA2 OK done\r\n")
		s.wrote("A1 APPEND x {3+}\r\none (f) {5+}\r\nthree {7+}\r\nseven77\r\n")
	})
	t.Run("10,000 of them are no depth", func(t *testing.T) {
		s := ready(t, "MULTIAPPEND LITERAL+")
		messages := make([]imap4.AppendMessage, 10_000)
		for i := range messages {
			messages[i] = imap4.Bytes([]byte("m"))
		}
		s.add("x", messages...)
		want := "A1 APPEND x" + strings.Repeat(" {1+}\r\nm", len(messages)) + "\r\n"
		if got := string(s.tr.Take()); got != want {
			t.Errorf("sent %d bytes, want %d", len(got), len(want))
		}
	})
}

func TestAppendOptions(t *testing.T) {
	for _, tc := range []struct {
		max  int64
		caps string
		size int
		want string
	}{
		{0, "LITERAL+", 4096, "+"},
		{0, "LITERAL+", 4097, ""},
		{-1, "LITERAL+", 1, ""},
		{10_000, "LITERAL+", 10_000, "+"},
		{10_000, "LITERAL-", 10_000, ""},
		{10_000, "LITERAL-", 4096, "+"},
		{10, "LITERAL+", 11, ""},
	} {
		s := ready(t, tc.caps)
		s.Options.MaxNonSync = tc.max
		s.add("x", imap4.Bytes(large(tc.size)))
		want := fmt.Sprintf("A1 APPEND x {%d%s}\r\n", tc.size, tc.want)
		if got := string(s.tr.Take()); !strings.HasPrefix(got, want) {
			t.Errorf("%+v: got %.30q, want %q", tc, got, want)
		}
	}
}

// A name that the server has told and nobody can decode goes back as it came.
func TestAppendRawMailboxName(t *testing.T) {
	s := ready(t, "")
	s.List("", "*").Handle(nil, nil)
	s.server("* LIST () \"/\" \"a&b\"\r\nA1 OK done\r\n")
	s.tr.Clear()
	s.add("a&b", imap4.Bytes([]byte(mail)))
	s.wrote("A2 APPEND a&b {22}\r\n")
	s.server("A2 NO no\r\n")
	s.result(s.SendCommand("X", imap4.MailboxName("a&b"), imap4.List(imap4.MailboxName("a&b")), imap4.MailboxName("c&d")))
	s.wrote("A3 X a&b (a&b) c&-d\r\n")
}

func TestReplace(t *testing.T) {
	selected := func(t *testing.T, caps string) *session {
		s := ready(t, caps)
		s.SelectForTest("Drafts")
		return s
	}
	replace := func(s *session, set imap4.MessageSet) {
		s.stored(s.Replace(set, "Drafts", imap4.Bytes([]byte(mail))))
	}
	t.Run("by UID", func(t *testing.T) {
		s := selected(t, "REPLACE LITERAL+")
		replace(s, imap4.UIDs(3002))
		s.wrote("A1 UID REPLACE 3002 Drafts {22+}\r\n" + mail + "\r\n")
		s.server("* OK [APPENDUID 1 3003] ready\r\n* 5 EXISTS\r\n* 4 EXPUNGE\r\nA1 OK done\r\n")
		s.happened("exists 5", "expunge 4", "stored 1 1 [3003]")
	})
	t.Run("by number", func(t *testing.T) {
		s := selected(t, "REPLACE")
		replace(s, imap4.SeqNums(4))
		s.wrote("A1 REPLACE 4 Drafts {22}\r\n")
		s.server("A1 NO [TRYCREATE] no\r\n")
		s.happened(`failed: imap4: REPLACE: the server said NO [TRYCREATE] "no"`)
	})
	t.Run("not one message", func(t *testing.T) {
		s := selected(t, "REPLACE")
		for _, set := range []imap4.MessageSet{{}, imap4.UIDs(1, 2), imap4.AllUIDs(), imap4.SavedResult(true), imap4.UIDs(0)} {
			replace(s, set)
		}
		s.wrote("")
		for _, e := range s.take() {
			if !strings.HasPrefix(e, "failed: imap4: bad argument 1 of ") {
				t.Errorf("got %q, want a bad argument 1", e)
			}
		}
	})
	t.Run("nothing is selected", func(t *testing.T) {
		s := ready(t, "REPLACE")
		replace(s, imap4.UIDs(1))
		s.happened("failed: imap4: UID REPLACE: the command is not allowed in this state of the session (sent false)")
	})
	t.Run("in steps", func(t *testing.T) {
		s := selected(t, "UIDPLUS LITERAL+")
		replace(s, imap4.UIDs(3002))
		s.wrote("A2 APPEND Drafts {22+}\r\n" + mail + "\r\n")
		s.server("A2 OK [APPENDUID 1 3003] done\r\n")
		s.wrote("A3 UID STORE 3002 +FLAGS.SILENT (\\Deleted)\r\n")
		s.server("A3 OK done\r\n")
		s.wrote("A4 UID EXPUNGE 3002\r\n")
		s.happened()
		s.server("* 4 EXPUNGE\r\nA4 OK done\r\n")
		s.happened("expunge 4", "stored 1 1 [3003]")
	})
	t.Run("in steps, the second fails", func(t *testing.T) {
		s := selected(t, "UIDPLUS LITERAL+")
		d := s.Replace(imap4.UIDs(3002), "Drafts", imap4.Bytes([]byte(mail)))
		s.server("A2 OK [APPENDUID 1 3003] done\r\nA3 NO [NOPERM] no\r\n")
		_, err, _ := d.Result()
		var some *imap4.AppendError
		if !errors.As(err, &some) || some.Done.UIDs.String() != "3003" || !errors.Is(err, imap4.ErrNoPermission) {
			t.Errorf("got %v, want an *AppendError with UID 3003 and no permission", err)
		}
	})
	t.Run("in steps, the first fails", func(t *testing.T) {
		s := selected(t, "UIDPLUS LITERAL+")
		replace(s, imap4.UIDs(3002))
		s.server("A2 NO [OVERQUOTA] full\r\n")
		s.happened(`failed: imap4: APPEND: the server said NO [OVERQUOTA] "full"`)
	})
	t.Run("in steps, another mailbox is selected meanwhile", func(t *testing.T) {
		s := selected(t, "UIDPLUS LITERAL+")
		replace(s, imap4.UIDs(3002))
		s.tr.Clear()
		s.SelectForTest("Other")
		s.server("A2 OK done\r\n")
		s.wrote("")
		s.happened("failed: imap4: after 1 stored messages: imap4: UID STORE: the command is not allowed in this state of the session (sent false)")
	})
	t.Run("neither REPLACE nor UIDPLUS", func(t *testing.T) {
		s := selected(t, "LITERAL+")
		replace(s, imap4.UIDs(3002))
		replace(s, imap4.SeqNums(1))
		s.happened("failed: imap4: UID REPLACE: the server does not offer REPLACE or UIDPLUS (sent false)",
			"failed: imap4: REPLACE: the server does not offer REPLACE (sent false)")
	})
}
