package imap4_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor/reactortest"
)

func TestExpunge(t *testing.T) {
	uids := func(s string) imap4.MessageSet {
		set, err := imap4.ParseUIDSet(s)
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	for _, test := range []struct {
		name, caps string
		set        string // "" is Expunge
		sent       string
		server     string
		want       imap4.ExpungeData
		events     []string
		exists     uint32
	}{
		{"sequence numbers, each as it was then", "", "", "A2 EXPUNGE\r\n", "* 2 EXPUNGE\r\n* 2 EXPUNGE\r\nA2 OK done\r\n",
			imap4.ExpungeData{SeqNums: []uint32{2, 2}}, []string{"expunge 2", "expunge 2"}, 1},
		{"nothing", "", "", "A2 EXPUNGE\r\n", "A2 OK done\r\n", imap4.ExpungeData{}, nil, 3},
		{"UIDs, under QRESYNC", "", "", "A2 EXPUNGE\r\n", "* VANISHED 405,407\r\n* VANISHED 406\r\nA2 OK [HIGHESTMODSEQ 20010715194045319] done\r\n",
			imap4.ExpungeData{UIDs: uids("405:407"), HighestModSeq: 20010715194045319}, []string{"vanished 405,407 false", "vanished 406 false"}, 0},
		{"what had vanished before is no result", "", "", "A2 EXPUNGE\r\n", "* VANISHED (EARLIER) 9\r\n* VANISHED x\r\nA2 OK done\r\n",
			imap4.ExpungeData{}, []string{"vanished 9 true", `* VANISHED "x"`}, 3},
		{"EXISTS behind, as from Courier", "", "", "A2 EXPUNGE\r\n", "* 1 EXPUNGE\r\n* 2 EXISTS\r\n* FLAGS (\\Seen)\r\nA2 OK done\r\n",
			imap4.ExpungeData{SeqNums: []uint32{1}}, []string{"expunge 1", "exists 2", `flags [\Seen] false`}, 2},
		{"by UID", "UIDPLUS", "3,1:2", "A2 UID EXPUNGE 1:3\r\n", "* 3 EXPUNGE\r\nA2 OK done\r\n",
			imap4.ExpungeData{SeqNums: []uint32{3}}, []string{"expunge 3"}, 2},
		{"the saved result", "UIDPLUS", "$", "A2 UID EXPUNGE $\r\n", "A2 OK done\r\n", imap4.ExpungeData{}, nil, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, cut := range []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise} {
				s := working(t, test.caps)
				var result *deferred.Deferred[imap4.ExpungeData]
				if test.set == "" {
					result = s.Expunge()
				} else {
					result = s.UIDExpunge(uids(test.set))
				}
				s.wrote(test.sent)
				s.serverCut(test.server, cut)
				v := got(t, result)
				wantEqual(t, "SeqNums", v.SeqNums, test.want.SeqNums)
				wantEqual(t, "UIDs", v.UIDs.String(), test.want.UIDs.String())
				wantEqual(t, "HighestModSeq", v.HighestModSeq, test.want.HighestModSeq)
				s.happened(test.events...)
				box, _ := s.Mailbox()
				wantEqual(t, "Exists", box.Exists, test.exists)
				if v.HighestModSeq != 0 {
					wantEqual(t, "HighestModSeq of the mailbox", box.HighestModSeq, v.HighestModSeq)
				}
			}
		})
	}
	t.Run("refused, and lost", func(t *testing.T) {
		boxExchange{
			issue: func(u *user) { noted(u, "it", u.Expunge()) }, sent: "A2 EXPUNGE\r\n",
			server: "* 2 EXPUNGE\r\nA2 NO [NOPERM] no\r\n", want: []string{"expunge 2", `it failed: imap4: EXPUNGE: the server said NO [NOPERM] "no"`},
		}.run(t)
		boxExchange{issue: func(u *user) { noted(u, "it", u.Expunge()) }, server: "A2 OK done\r\n"}.everyEnd(t)
	})
	t.Run("two of them: what is told has one taker", func(t *testing.T) {
		s := working(t, "UIDPLUS")
		first, second := s.UIDExpunge(uids("1")), s.UIDExpunge(uids("2"))
		s.wrote("A2 UID EXPUNGE 1\r\n")
		s.server("* 1 EXPUNGE\r\nA2 OK done\r\n")
		s.wrote("A3 UID EXPUNGE 2\r\n")
		s.server("A3 OK done\r\n")
		wantEqual(t, "first", got(t, first).SeqNums, []uint32{1})
		wantEqual(t, "second", got(t, second).SeqNums, []uint32(nil))
	})
}

func TestUIDExpungeRefuses(t *testing.T) {
	for name, set := range map[string]imap4.MessageSet{
		"an empty set":        imap4.UIDs(),
		"sequence numbers":    imap4.SeqNums(1),
		"a broken set":        imap4.UIDs(0),
		"the zero MessageSet": {},
	} {
		t.Run(name, func(t *testing.T) {
			s := working(t, "UIDPLUS")
			refusedUnsent(t, s, s.UIDExpunge(set), new(*imap4.ArgumentError))
		})
	}
	t.Run("without UIDPLUS", func(t *testing.T) {
		s := working(t, "")
		refusedUnsent(t, s, s.UIDExpunge(imap4.UIDs(1)), new(*imap4.UnsupportedError))
	})
}

func TestUIDExpungeOfALongSet(t *testing.T) {
	var numbers []uint32
	for n := uint32(1_000_000); len(numbers) < 2000; n += 2 {
		numbers = append(numbers, n)
	}
	for _, answer := range []string{"OK", "NO"} {
		s := working(t, "UIDPLUS")
		d := s.UIDExpunge(imap4.UIDs(numbers...))
		var sets imap4.MessageSet
		for _, reply := range []string{"* 1 EXPUNGE\r\nA2 OK x\r\n", "* VANISHED 7\r\nA3 " + answer + " x\r\n", "* 3 EXPUNGE\r\nA4 OK x\r\n"} {
			line := string(s.tr.Take())
			if line == "" && answer == "NO" { // what was not sent yet is taken back
				break
			}
			if len(line) > 8000 || len(line) < 20 {
				t.Fatalf("line: got %d bytes, want at most 8000", len(line))
			}
			set, err := imap4.ParseUIDSet(strings.TrimSpace(line[len("A2 UID EXPUNGE "):]))
			if err != nil {
				t.Fatal(err)
			}
			sets = sets.Union(set)
			s.server(reply)
		}
		if answer == "NO" {
			var refused *imap4.ResponseError
			if err := gotError(t, d); !errors.As(err, &refused) {
				t.Errorf("error: got %v, want *ResponseError", err)
			}
			continue
		}
		if !sets.Equal(imap4.UIDs(numbers...)) {
			t.Error("the sets sent are not the one given")
		}
		v := got(t, d)
		wantEqual(t, "SeqNums", v.SeqNums, []uint32{1, 3})
		wantEqual(t, "UIDs", v.UIDs.String(), "7")
	}
}

func TestExpungeLimit(t *testing.T) {
	s := working(t, "")
	s.Options.Limits = &imap4.Limits{Untagged: 2}
	d := s.Expunge()
	s.server("* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n* 1 EXPUNGE\r\nA2 OK done\r\n")
	var limit *imap4.LimitError
	if err := gotError(t, d); !errors.As(err, &limit) || limit.Limit != "Untagged" || limit.Max != 2 {
		t.Errorf("error: got %v, want limit Untagged of 2", err)
	}
	s.closed(false)
	s.happened("expunge 1", "expunge 1", "expunge 1")
}
