package imap4_test

import (
	"errors"
	"testing"

	"github.com/tconn/tconn/protocols/imap4"
)

// updating is a session with a search out that is told its updates.
func updating(t *testing.T) *session {
	t.Helper()
	s := searching(t, "IMAP4rev1 ESEARCH CONTEXT=SEARCH")
	options := imap4.SearchOptions{Count: true, Update: func(u imap4.SearchUpdate) { s.note("update %+v", u) }}
	s.found("found", s.UIDSearch(imap4.Query{Deleted: true}, options))
	s.wrote("A2 UID SEARCH RETURN (COUNT UPDATE) DELETED\r\n")
	return s
}

func TestSearchUpdate(t *testing.T) {
	const answer = "* ESEARCH (TAG \"A2\") UID COUNT 74\r\nA2 OK will notify\r\n"
	for name, cut := range cuttings {
		t.Run(name, func(t *testing.T) {
			s := updating(t)
			s.serverCut("* ESEARCH (TAG \"A2\") UID COUNT 74 ADDTO (0 5)\r\nA2 OK will notify\r\n", cut)
			s.happened("update {Tag:A2 UID:true Changes:[{Removed:false Position:0 Ranges:[{First:5 Last:5}]}]}", "found: count 74 updates A2")
			s.serverCut("* ESEARCH (TAG \"A2\") UID REMOVEFROM (0 32768) ADDTO (1 2733 1 2732:2731,7)\r\n", cut)
			s.happened("update {Tag:A2 UID:true Changes:[{Removed:true Position:0 Ranges:[{First:32768 Last:32768}]} " +
				"{Removed:false Position:1 Ranges:[{First:2733 Last:2733}]} {Removed:false Position:1 Ranges:[{First:2731 Last:2732} {First:7 Last:7}]}]}")
		})
	}
	t.Run("while another search is out", func(t *testing.T) {
		s := updating(t)
		s.server(answer)
		s.take()
		s.found("second", s.UIDSearch(imap4.Query{}))
		s.server("* ESEARCH (TAG \"A2\") UID ADDTO (0 9)\r\n* ESEARCH (TAG \"A3\") UID ALL 9\r\nA3 OK done\r\n")
		s.happened("update {Tag:A2 UID:true Changes:[{Removed:false Position:0 Ranges:[{First:9 Last:9}]}]}", "second: 9 uid min 9 max 9 count 1")
	})
	t.Run("refused", func(t *testing.T) {
		s := updating(t)
		s.server("* NO [NOUPDATE \"A2\"] Too many contexts\r\n" + answer)
		s.happened(`warning NO "NOUPDATE" "Too many contexts"`, "found: count 74")
		s.server("* ESEARCH (TAG \"A2\") UID ADDTO (0 5)\r\n")
		s.happened(`* ESEARCH "(TAG \"A2\") UID ADDTO (0 5)"`)
	})
	t.Run("another's refusal", func(t *testing.T) {
		s := updating(t)
		s.server("* NO [NOUPDATE \"A1\"] Too many contexts\r\n" + answer)
		s.happened(`warning NO "NOUPDATE" "Too many contexts"`, "found: count 74 updates A2")
	})
	t.Run("damaged, of a tag that is none, too many", func(t *testing.T) {
		s := updating(t)
		s.server(answer)
		s.take()
		s.Options.Limits = &imap4.Limits{Untagged: 2}
		s.server("* ESEARCH (TAG \"A2\") UID ADDTO (0 x)\r\n* ESEARCH UID ADDTO (0 1)\r\n* ESEARCH (TAG \"B2\") ADDTO (0 1)\r\n* ESEARCH (TAG \"A2\") ADDTO (0 1,3,5)\r\n")
		s.happened(`* ESEARCH "(TAG \"A2\") UID ADDTO (0 x)"`, `* ESEARCH "UID ADDTO (0 1)"`, `* ESEARCH "(TAG \"B2\") ADDTO (0 1)"`, `* ESEARCH "(TAG \"A2\") ADDTO (0 1,3,5)"`)
		s.closed(false)
	})
	t.Run("the mailbox is another one", func(t *testing.T) {
		s := updating(t)
		s.server(answer)
		s.take()
		s.SelectHere()
		s.server("* ESEARCH (TAG \"A2\") UID ADDTO (0 5)\r\n")
		s.happened(`* ESEARCH "(TAG \"A2\") UID ADDTO (0 5)"`)
	})
	t.Run("cancelled", func(t *testing.T) {
		s := updating(t)
		s.server(answer)
		s.take()
		track(s.user, "CANCELUPDATE", s.CancelUpdate("A2", "A99"))
		s.wrote("A3 CANCELUPDATE \"A2\" \"A99\"\r\n")
		s.server("* ESEARCH (TAG \"A2\") UID REMOVEFROM (0 5)\r\nA3 OK done\r\n* ESEARCH (TAG \"A2\") UID ADDTO (0 5)\r\n")
		s.happened("update {Tag:A2 UID:true Changes:[{Removed:true Position:0 Ranges:[{First:5 Last:5}]}]}", "CANCELUPDATE: ok", `* ESEARCH "(TAG \"A2\") UID ADDTO (0 5)"`)
	})
	t.Run("not cancelled: NO", func(t *testing.T) {
		s := updating(t)
		s.server(answer)
		s.take()
		track(s.user, "CANCELUPDATE", s.CancelUpdate("A2"))
		s.server("A3 NO never\r\n* ESEARCH (TAG \"A2\") UID ADDTO (0 5)\r\n")
		s.happened(`CANCELUPDATE failed: imap4: CANCELUPDATE: the server said NO "never"`, "update {Tag:A2 UID:true Changes:[{Removed:false Position:0 Ranges:[{First:5 Last:5}]}]}")
	})
}

func TestCancelUpdateIsRefused(t *testing.T) {
	s := searching(t, allSearch)
	for _, tags := range [][]string{nil, {""}, {"A2", "A2\r\nA9 LOGOUT"}, {"B2"}} {
		var refused *imap4.ArgumentError
		if _, err, _ := s.CancelUpdate(tags...).Result(); !errors.As(err, &refused) || refused.Command != "CANCELUPDATE" {
			t.Errorf("%q: got %v, want *ArgumentError", tags, err)
		}
	}
	s.wrote("")
	s = searching(t, "IMAP4rev1 ESEARCH")
	track(s.user, "CANCELUPDATE", s.CancelUpdate("A1"))
	s.happened("CANCELUPDATE failed: imap4: CANCELUPDATE: the server does not offer CONTEXT=SEARCH or CONTEXT=SORT (sent false)")
}
