package imap4_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor/reactortest"
)

// noteStore notes what comes of a STORE.
func (s *session) noteStore(d *deferred.Deferred[*imap4.StoreData]) {
	d.Handle(func(data *imap4.StoreData) { s.note("STORE: %s modified %q", byNumber(data.Messages), data.Modified) },
		func(err error) { s.note("STORE failed: %s", failure(err)) })
}

// byNumber is a map of messages in the order of its keys.
func byNumber(messages map[uint32]*imap4.Message) []string {
	all := []string{}
	for _, n := range slices.Sorted(maps.Keys(messages)) {
		all = append(all, fmt.Sprintf("%d: %s", n, messageText(messages[n])))
	}
	return all
}

var (
	seen = []imap4.Flag{imap4.FlagSeen}
	tell = imap4.StoreOptions{Tell: true}
)

func TestStore(t *testing.T) {
	for _, test := range []struct {
		name          string
		store         func(s *session) *deferred.Deferred[*imap4.StoreData]
		wrote, server string
		want          []string
	}{
		{"set", func(s *session) *deferred.Deferred[*imap4.StoreData] {
			return s.SetFlags(imap4.SeqNums(1, 2), []imap4.Flag{imap4.FlagSeen, "$Junk"})
		}, `STORE 1:2 FLAGS.SILENT (\Seen $Junk)`, "A1 OK done\r\n", []string{`STORE: [] modified ""`}},
		{"set to none", func(s *session) *deferred.Deferred[*imap4.StoreData] { return s.SetFlags(imap4.SeqNums(1), nil) },
			`STORE 1 FLAGS.SILENT ()`, "A1 OK done\r\n", []string{`STORE: [] modified ""`}},
		{"add by UID, and tell", func(s *session) *deferred.Deferred[*imap4.StoreData] { return s.AddFlags(imap4.UIDs(7), seen, tell) },
			`UID STORE 7 +FLAGS (\Seen)`, "* 1 FETCH (UID 7 FLAGS (\\Seen a))\r\n* 2 FETCH (UID 8 FLAGS (b))\r\nA1 OK done\r\n",
			[]string{`message data 2 8 UID FLAGS [b]`, `STORE: [7: 1/7 UID FLAGS [\Seen a]] modified ""`}},
		{"remove", func(s *session) *deferred.Deferred[*imap4.StoreData] { return s.RemoveFlags(imap4.SeqNums(3), seen) },
			`STORE 3 -FLAGS.SILENT (\Seen)`, "* 3 FETCH (FLAGS (by another))\r\nA1 OK done\r\n", []string{`message data 3 0 FLAGS [by another]`, `STORE: [] modified ""`}},
		{"changed by another", func(s *session) *deferred.Deferred[*imap4.StoreData] { return s.RemoveFlags(imap4.SeqNums(3), seen) },
			`STORE 3 -FLAGS.SILENT (\Seen)`, "* 3 FETCH (FLAGS (x) MODSEQ (9))\r\nA1 OK done\r\n",
			[]string{`message data 3 0 FLAGS MODSEQ [x]`, `STORE: [3: 3/0 FLAGS MODSEQ [x] modseq 9] modified ""`}},
		{"unless changed", func(s *session) *deferred.Deferred[*imap4.StoreData] {
			return s.AddFlags(imap4.SeqNums(7, 5, 9), seen, tell, imap4.StoreOptions{UnchangedSince: 320162338})
		}, `STORE 5,7,9 (UNCHANGEDSINCE 320162338) +FLAGS.SILENT (\Seen)`, "* 5 FETCH (MODSEQ (320162350))\r\nA1 OK [MODIFIED 7,9] some were\r\n",
			[]string{`STORE: [5: 5/0 MODSEQ modseq 320162350] modified "7,9"`}},
		{"NO", func(s *session) *deferred.Deferred[*imap4.StoreData] { return s.AddFlags(imap4.SeqNums(1), seen) },
			`STORE 1 +FLAGS.SILENT (\Seen)`, "A1 NO [MODIFIED 1] gone\r\n", []string{`STORE failed: imap4: STORE: the server said NO [MODIFIED] "gone"`}},
		{"labels", func(s *session) *deferred.Deferred[*imap4.StoreData] {
			return s.SetLabels(imap4.UIDs(1), []string{`\Starred`, "Muy Importante", "Gelöscht"}, tell)
		}, `UID STORE 1 X-GM-LABELS (\Starred "Muy Importante" Gel&APY-scht)`, "* 1 FETCH (UID 1 X-GM-LABELS (a))\r\nA1 OK done\r\n",
			[]string{`STORE: [1: 1/1 UID X-GM-LABELS] modified ""`}},
		{"more labels", func(s *session) *deferred.Deferred[*imap4.StoreData] {
			return s.AddLabels(imap4.UIDs(1), []string{"x"})
		},
			`UID STORE 1 +X-GM-LABELS.SILENT (x)`, "A1 OK done\r\n", []string{`STORE: [] modified ""`}},
		{"fewer labels", func(s *session) *deferred.Deferred[*imap4.StoreData] {
			return s.RemoveLabels(imap4.UIDs(1), []string{"x"})
		}, `UID STORE 1 -X-GM-LABELS.SILENT (x)`, "A1 OK done\r\n", []string{`STORE: [] modified ""`}},
		{"some at a time", func(s *session) *deferred.Deferred[*imap4.StoreData] { return s.AddFlags(imap4.UIDRange(1, 9), seen) },
			`UID STORE 1:9 +FLAGS.SILENT (\Seen)`, "* 9 FETCH (UID 9 MODSEQ (5))\r\nA1 OK [MESSAGELIMIT 5 5] rest\r\nA2 OK [MODIFIED 2] done\r\n",
			[]string{`STORE: [9: 9/9 UID MODSEQ modseq 5] modified "2"`}},
		{"loss", func(s *session) *deferred.Deferred[*imap4.StoreData] { return s.AddFlags(imap4.SeqNums(1), seen) },
			`STORE 1 +FLAGS.SILENT (\Seen)`, "* BYE\r\n", []string{`bye "" ""`, `STORE failed: imap4: STORE: the server said BYE "" (sent true)`, cleanEnd}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, cut := range []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise} {
				s := opened(t, allCaps)
				s.noteStore(test.store(s))
				s.wrote("A1 " + test.wrote + "\r\n")
				s.serverCut(test.server, cut)
				if strings.Contains(test.server, "BYE") {
					s.tr.Lose(nil)
				}
				s.happened(test.want...)
			}
		})
	}
}

func TestStoreArguments(t *testing.T) {
	for _, test := range []struct {
		name  string
		store func(s *session) *deferred.Deferred[*imap4.StoreData]
	}{
		{"no messages", func(s *session) *deferred.Deferred[*imap4.StoreData] { return s.SetFlags(imap4.UIDs(), seen) }},
		{"no flags to add", func(s *session) *deferred.Deferred[*imap4.StoreData] { return s.AddFlags(imap4.UIDs(1), nil) }},
		{"no labels to remove", func(s *session) *deferred.Deferred[*imap4.StoreData] { return s.RemoveLabels(imap4.UIDs(1), nil) }},
		{"a flag that is none", func(s *session) *deferred.Deferred[*imap4.StoreData] {
			return s.AddFlags(imap4.UIDs(1), []imap4.Flag{"a b"})
		}},
		{"a line end in a flag", func(s *session) *deferred.Deferred[*imap4.StoreData] {
			return s.AddFlags(imap4.UIDs(1), []imap4.Flag{"a\r\nb"})
		}},
		{`\Recent`, func(s *session) *deferred.Deferred[*imap4.StoreData] {
			return s.SetFlags(imap4.UIDs(1), []imap4.Flag{`\RECENT`})
		}},
		{`\*`, func(s *session) *deferred.Deferred[*imap4.StoreData] {
			return s.SetFlags(imap4.UIDs(1), []imap4.Flag{imap4.FlagAny})
		}},
		{"a label that is no UTF-8", func(s *session) *deferred.Deferred[*imap4.StoreData] {
			return s.AddLabels(imap4.UIDs(1), []string{"a\xff"})
		}},
		{"a mod-sequence of 64 bits", func(s *session) *deferred.Deferred[*imap4.StoreData] {
			return s.AddFlags(imap4.UIDs(1), seen, imap4.StoreOptions{UnchangedSince: 1 << 63})
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := opened(t, allCaps)
			_, err, _ := test.store(s).Result()
			if bad := new(imap4.ArgumentError); !errors.As(err, &bad) {
				t.Errorf("got %v, want an *ArgumentError", err)
			}
			s.wrote("")
		})
	}
}

func TestStoreLongSets(t *testing.T) {
	s := opened(t, "")
	s.noteStore(s.AddFlags(scattered(2500), seen, tell))
	lines := strings.SplitAfter(strings.TrimSuffix(string(s.tr.Take()), "\r\n"), "\r\n")
	if len(lines) != 3 || slices.ContainsFunc(lines, func(line string) bool { return len(line) > 8000 }) {
		t.Errorf("commands: got %d, want 3 of at most 8,000 bytes", len(lines))
	}
	s.server("* 1 FETCH (UID 1000000 FLAGS ())\r\n* 2 FETCH (UID 1004998 FLAGS ())\r\nA2 OK done\r\nA1 OK [MODIFIED 1000002] done\r\nA3 OK done\r\n")
	s.happened(`STORE: [1000000: 1/1000000 UID FLAGS [] 1004998: 2/1004998 UID FLAGS []] modified "1000002"`)
}

// A STORE and a FETCH of the same flags are not out together; others are.
func TestStorePipelined(t *testing.T) {
	s := opened(t, "")
	s.noteStore(s.AddFlags(imap4.UIDs(1), seen, tell))
	s.fetch("FETCH", imap4.UIDs(1), imap4.FetchOptions{Sections: []imap4.BodySection{whole}})
	s.fetch("flags", imap4.UIDs(1), imap4.FetchOptions{Items: imap4.ItemFlags})
	s.wrote("A1 UID STORE 1 +FLAGS (\\Seen)\r\nA2 UID FETCH 1 (UID BODY[])\r\n")
	s.server("A1 OK done\r\n")
	s.wrote("A3 UID FETCH 1 (UID FLAGS)\r\n")
}
