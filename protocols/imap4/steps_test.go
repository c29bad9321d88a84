package imap4_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/imap4"
)

// TestStepsGoFirst checks that what was issued behind a method that needs several commands waits until the last of them is sent: in
// another mailbox UIDs mean other messages, and behind LOGOUT nothing is stored any more.
func TestStepsGoFirst(t *testing.T) {
	message := func() imap4.AppendMessage { return imap4.Bytes([]byte("hello")) }
	for _, test := range []struct {
		name, caps string
		issue      func(s *session)
		answers    map[string]string // untagged data, or the tagged answer, by how the command begins
		want       []string
	}{
		{"Move without MOVE", "UIDPLUS", func(s *session) { track(s.user, "all", s.Move(imap4.UIDs(4, 5), "x")) }, nil,
			[]string{"UID COPY 4:5 x", `UID STORE 4:5 +FLAGS.SILENT (\Deleted)`, "UID EXPUNGE 4:5"}},
		{"by number", "UIDPLUS", func(s *session) { track(s.user, "all", s.Move(imap4.SeqNums(1), "x")) }, map[string]string{"FETCH": "* 1 FETCH (UID 4)\r\n"},
			[]string{"FETCH 1 (UID)", "UID COPY 4 x", `UID STORE 4 +FLAGS.SILENT (\Deleted)`, "UID EXPUNGE 4"}},
		{"of a long set", "UIDPLUS", func(s *session) { track(s.user, "all", s.Move(scattered(1800), "x")) }, nil,
			[]string{"UID COPY … x", "UID COPY … x", `UID STORE … +FLAGS.SILENT (\Deleted)`, `UID STORE … +FLAGS.SILENT (\Deleted)`, "UID EXPUNGE …", "UID EXPUNGE …"}},
		{"Move with a limit", "MOVE", func(s *session) { track(s.user, "all", s.Move(imap4.UIDRange(1, 9), "x")) }, map[string]string{"UID MOVE 1:9": "OK [MESSAGELIMIT 5 5] rest"},
			[]string{"UID MOVE 1:9 x", "UID MOVE 1:4 x"}},
		{"Store with a limit", "", func(s *session) {
			track(s.user, "all", s.AddFlags(imap4.UIDRange(1, 9), []imap4.Flag{imap4.FlagSeen}))
		}, map[string]string{"UID STORE 1:9": "OK [MESSAGELIMIT 5 5] rest"},
			[]string{`UID STORE 1:9 +FLAGS.SILENT (\Seen)`, `UID STORE 1:4 +FLAGS.SILENT (\Seen)`}},
		{"Fetch with a limit", "", func(s *session) {
			track(s.user, "all", s.Fetch(imap4.UIDRange(1, 9), imap4.FetchOptions{}, nil))
		}, map[string]string{"UID FETCH 1:9": "OK [MESSAGELIMIT 5 5] rest"},
			[]string{"UID FETCH 1:9 (UID)", "UID FETCH 1:4 (UID)"}},
		{"Append without MULTIAPPEND", "LITERAL+", func(s *session) { track(s.user, "all", s.Append("x", message(), imap4.Bytes([]byte("there")))) }, nil,
			[]string{"APPEND x {5+}", "hello", "APPEND x {5+}", "there"}},
		{"Replace without REPLACE", "UIDPLUS LITERAL+", func(s *session) { track(s.user, "all", s.Replace(imap4.UIDs(4), "x", message())) }, nil,
			[]string{"APPEND x {5+}", "hello", `UID STORE 4 +FLAGS.SILENT (\Deleted)`, "UID EXPUNGE 4"}},
		{"List in several commands", "", func(s *session) {
			track(s.user, "all", s.List("", "a*", imap4.ListOptions{Patterns: []string{"b*"}, ReturnSubscribed: true, Status: imap4.StatusUnseen}))
		}, map[string]string{`LIST "" "a*"`: "* LIST () \"/\" a1\r\n* LIST () \"/\" a2\r\n"},
			[]string{`LIST "" "a*"`, `LIST "" "b*"`, `LSUB "" "a*"`, `LSUB "" "b*"`, "STATUS a1 (UNSEEN)", "STATUS a2 (UNSEEN)"}},
		{"List that was refused", "LIST-EXTENDED", func(s *session) { track(s.user, "all", s.List("", "*", imap4.ListOptions{ReturnChildren: true})) },
			map[string]string{`LIST "" "*" RETURN`: "BAD no"}, []string{`LIST "" "*" RETURN (CHILDREN)`, `LIST "" "*"`}},
	} {
		for _, before := range []string{"", "SELECT First"} {
			t.Run(test.name+" "+before, func(t *testing.T) {
				s := opened(t, test.caps)
				s.tr.Take()
				s.take()
				want, ends := append(test.want, "SELECT Other", "LOGOUT"), []string{"all: ok", "SELECT: ok", "LOGOUT: ok"}
				if before != "" { // so that all that follows waits
					want, ends = append([]string{before}, want...), append([]string{"before: ok"}, ends...)
					track(s.user, "before", s.Select("First"))
				}
				test.issue(s)
				track(s.user, "SELECT", s.Select("Other"))
				s.logout()
				var sent []string
				for lines := s.lines(); len(lines) > 0; lines = s.lines() {
					for _, line := range lines {
						tag, command, ok := strings.Cut(line, " ")
						if !ok || !strings.HasPrefix(tag, "A") {
							sent = append(sent, line)
							continue
						}
						sent = append(sent, longSet.ReplaceAllString(command, "…"))
						answer := tag + " OK done"
						for begin, special := range test.answers {
							switch {
							case !strings.HasPrefix(command, begin):
							case special[0] == '*':
								answer = special + answer
							default:
								answer = tag + " " + special
							}
						}
						s.server(answer + "\r\n")
					}
				}
				if !slices.Equal(sent, want) {
					t.Errorf("client sent\n got %s\nwant %s", list(sent), list(want))
				}
				if got := slices.DeleteFunc(s.take(), func(e string) bool { return !strings.HasSuffix(e, ": ok") }); !slices.Equal(got, ends) {
					t.Errorf("got %q, want %q", got, ends)
				}
			})
		}
	}
}

// longSet is a set of many messages in a command.
var longSet = regexp.MustCompile(`[0-9,]{100,}`)

// lines is what the client has sent since the last time.
func (s *session) lines() []string {
	return slices.DeleteFunc(strings.Split(string(s.tr.Take()), "\r\n"), func(line string) bool { return line == "" })
}
