package imap4_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/imap4"
)

const (
	capsNotify = capsQResync + capsStatus + " NOTIFY"
	askNotify  = "NOTIFY SET (SELECTED-DELAYED (MessageNew MessageExpunge FlagChange)) (PERSONAL (MessageNew MessageExpunge FlagChange MailboxName))"
	askList    = `LIST "" "*" RETURN (STATUS (MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ))`
)

// empty is the answer to the opening of an empty mailbox.
func empty(validity int) []string {
	return []string{"* 0 EXISTS", fmt.Sprintf("* OK [UIDVALIDITY %d] ok", validity), "* OK [HIGHESTMODSEQ 5] ok"}
}

// withAll is a Watch of INBOX, Work and Work/Old, all empty, that is in IDLE.
func withAll(t *testing.T, caps string, o imap4.WatchOptions) *watching {
	t.Helper()
	o.All, o.Fetch = true, sizes
	w := watchOver(t, caps, o)
	if strings.Contains(caps, "NOTIFY") {
		w.expect(askNotify)
	}
	w.expect(askList,
		`* LIST () "/" INBOX`, "* STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1 UNSEEN 0 HIGHESTMODSEQ 5)",
		`* LIST (\Noselect) "/" Top`,
		`* LIST () "/" Work`, "* STATUS Work (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 2 UNSEEN 0 HIGHESTMODSEQ 5)",
		`* LIST () "/" Work/Old`, "* STATUS Work/Old (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 3 UNSEEN 0 HIGHESTMODSEQ 5)")
	w.expect("EXAMINE Work (CONDSTORE)", empty(2)...)
	w.expect("EXAMINE Work/Old (CONDSTORE)", empty(3)...)
	w.expect("EXAMINE INBOX (CONDSTORE)", empty(1)...)
	w.happened("up", "mailbox INBOX", "mailbox Work", "mailbox Work/Old", "synced")
	w.idling()
	return w
}

func TestWatchAll(t *testing.T) {
	news := func(w *watching, tag, name string, uid int) {
		w.t.Helper()
		w.tell(fmt.Sprintf("* STATUS %s (MESSAGES 1 UIDNEXT %d UIDVALIDITY 2 HIGHESTMODSEQ %d)", name, uid+1, 5+uid))
		w.leaves(tag)
		w.expect("EXAMINE "+name+" (CONDSTORE)", "* 1 EXISTS", "* OK [UIDVALIDITY 2] ok", fmt.Sprintf("* OK [HIGHESTMODSEQ %d] ok", 5+uid))
		w.expect("UID FETCH 1:* (UID FLAGS RFC822.SIZE MODSEQ)", fmt.Sprintf("* 1 FETCH (UID %d FLAGS () RFC822.SIZE 10 MODSEQ (5))", uid))
		w.expect("EXAMINE INBOX (CONDSTORE)", empty(1)...)
		w.happened(fmt.Sprintf("new %s %d [] size 10", name, uid), "synced")
		w.idling()
	}
	t.Run("a STATUS of another mailbox leads there and back", func(t *testing.T) {
		w := withAll(t, capsNotify, imap4.WatchOptions{})
		news(w, "A8", "Work", 1)
		w.tell("* STATUS Work (UIDVALIDITY 2 HIGHESTMODSEQ 6)", "* STATUS INBOX (UIDVALIDITY 2 HIGHESTMODSEQ 6)", "* STATUS Nowhere (MESSAGES 1)")
		w.wrote("") // nothing that is not known
		w.tell("* STATUS Work (UIDVALIDITY 2 HIGHESTMODSEQ 7)")
		w.leaves("A12")
		w.expect("EXAMINE Work (QRESYNC (2 6 1))", "* 1 EXISTS", "* OK [UIDVALIDITY 2] ok", "* OK [HIGHESTMODSEQ 7] ok",
			`* 1 FETCH (UID 1 FLAGS (\Seen) MODSEQ (7))`)
		w.expect("EXAMINE INBOX (CONDSTORE)", empty(1)...)
		w.happened(`flags Work 1 [\Seen]`, "synced")
	})
	t.Run("what comes while no mailbox is open is not about the one before", func(t *testing.T) {
		w := withAll(t, capsNotify, imap4.WatchOptions{})
		w.tell("* 1 EXISTS")
		w.leaves("A8")
		w.expect("UID FETCH 1:* (UID FLAGS RFC822.SIZE MODSEQ)", "* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 10 MODSEQ (5))")
		w.idling()
		w.tell("* STATUS Work (UIDVALIDITY 2 HIGHESTMODSEQ 7)")
		w.leaves("A10")
		w.expect("EXAMINE Work (CONDSTORE)", append([]string{"* OK [CLOSED] closed", "* VANISHED 1"}, empty(2)...)...)
		w.happened("new INBOX 1 [] size 10", "synced")
	})
	t.Run("mailboxes come, get other names, and go", func(t *testing.T) {
		w := withAll(t, capsNotify, imap4.WatchOptions{})
		w.tell(`* LIST () "/" Lab`)
		w.leaves("A8")
		w.expect("EXAMINE Lab (CONDSTORE)", empty(7)...)
		w.expect("EXAMINE INBOX (CONDSTORE)", empty(1)...)
		w.idling()
		w.happened("mailbox Lab", "synced")
		w.tell(`* LIST () "/" Job ("OLDNAME" (Work))`)
		w.happened("renamed Work Job", "renamed Work/Old Job/Old")
		w.leaves("A11")
		w.expect("EXAMINE Job (CONDSTORE)", empty(2)...)
		w.expect("EXAMINE Job/Old (CONDSTORE)", empty(3)...)
		w.expect("EXAMINE INBOX (CONDSTORE)", empty(1)...)
		w.idling()
		w.tell(`* LIST (\NonExistent) "/" Lab`, `* LIST (\Subscribed) "/" Job`, `* LIST (\NonExistent) "/" INBOX`)
		w.happened("synced", "gone Lab", "synced")
		want := []string{"INBOX", "Job", "Job/Old"}
		for _, name := range want {
			if _, ok := w.State().Mailboxes[name]; !ok || len(w.State().Mailboxes) != len(want) {
				t.Errorf("state: got %v, want %v", w.State(), want)
			}
		}
	})
	t.Run("mailboxes of others are polled, because NOTIFY does not tell of them", func(t *testing.T) {
		status := func(name string, messages, validity int) []string {
			return []string{`* LIST () "/" ` + name,
				fmt.Sprintf("* STATUS %s (MESSAGES %d UIDNEXT %d UIDVALIDITY %d UNSEEN 0 HIGHESTMODSEQ %d)", name, messages, messages+1, validity, 5+messages)}
		}
		spaces := `* NAMESPACE (("" "/")) (("~" "/")) (("Shared/" "/"))`
		for _, c := range []struct {
			name, answer, status string
			want                 bool
		}{
			{"Shared/News", spaces, "OK done", true},
			{"Shared", spaces, "OK done", true},
			{"~ann/Work", spaces, "OK done", true},
			{"Work", spaces, "OK done", false},
			{"News", `* NAMESPACE (("INBOX." ".")) NIL (("" "."))`, "OK done", true},
			{"INBOX", `* NAMESPACE (("INBOX/" "/")) NIL (("" "/"))`, "OK done", false},
			{"Shared/News", "* OK none", "NO none", false},
		} {
			w := watchOver(t, capsNotify+" NAMESPACE", imap4.WatchOptions{All: true, Fetch: sizes})
			w.expect(askNotify)
			w.answer(c.status, "NAMESPACE", c.answer)
			w.expect(askList, append(status("INBOX", 0, 1), status(c.name, 0, 2)...)...)
			if c.name != "INBOX" {
				w.expect("EXAMINE "+c.name+" (CONDSTORE)", empty(2)...)
			}
			w.expect("EXAMINE INBOX (CONDSTORE)", empty(1)...)
			w.idling()
			w.clock.Advance(2 * time.Minute)
			if !c.want {
				w.wrote("")
				w.Stop()
				continue
			}
			w.leaves("A8")
			w.expect(askList, append(status("INBOX", 0, 1), status(c.name, 1, 2)...)...)
			w.expect("EXAMINE "+c.name+" (CONDSTORE)", "* 1 EXISTS", "* OK [UIDVALIDITY 2] ok", "* OK [HIGHESTMODSEQ 6] ok")
			w.expect("UID FETCH 1:* (UID FLAGS RFC822.SIZE MODSEQ)", "* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 10 MODSEQ (6))")
			w.expect("EXAMINE INBOX (CONDSTORE)", empty(1)...)
			w.happened("up", "mailbox INBOX", "mailbox "+c.name, "synced", "new "+c.name+" 1 [] size 10", "synced")
			w.idling()
			w.Stop()
		}
	})
	t.Run("a mailbox that has gone back to a backup is visited", func(t *testing.T) {
		w := withAll(t, capsNotify, imap4.WatchOptions{})
		w.tell("* STATUS Work (UIDVALIDITY 2 HIGHESTMODSEQ 4)") // of before the visit
		w.wrote("")
		w.cut()
		w.greet(capsNotify)
		w.expect(askNotify)
		w.expect(askList,
			`* LIST () "/" INBOX`, "* STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1 UNSEEN 0 HIGHESTMODSEQ 5)",
			`* LIST () "/" Work`, "* STATUS Work (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 2 UNSEEN 0 HIGHESTMODSEQ 3)",
			`* LIST () "/" Work/Old`, "* STATUS Work/Old (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 3 UNSEEN 0 HIGHESTMODSEQ 5)")
		w.expect("EXAMINE Work (CONDSTORE)", "* 0 EXISTS", "* OK [UIDVALIDITY 2] ok", "* OK [HIGHESTMODSEQ 3] ok")
		w.expect("EXAMINE INBOX (CONDSTORE)", empty(1)...)
		w.idling()
	})
	t.Run("Only is asked of the mailboxes of Resume, too", func(t *testing.T) {
		state := imap4.WatchState{Mailboxes: map[string]imap4.MailboxState{}}
		for i, name := range []string{"INBOX", "Work", "Spam"} {
			state.Mailboxes[name] = imap4.MailboxState{UIDValidity: uint32(i + 1), ModSeq: 5, Next: 1, UIDs: imap4.UIDs()}
		}
		w := watchOver(t, capsNotify, imap4.WatchOptions{All: true, Resume: &state, Only: func(e *imap4.ListEntry) bool { return e.Name == "Work" }})
		w.expect(askNotify, "* STATUS Spam (MESSAGES 1)", "* STATUS Work (MESSAGES 1)")
		w.expect(askList, `* LIST () "/" INBOX`, `* LIST () "/" Spam`, `* LIST () "/" Work`)
		w.expect("EXAMINE Work (CONDSTORE)", empty(2)...)
		w.expect("EXAMINE INBOX (CONDSTORE)", empty(1)...)
		w.happened("up", "synced")
		if got := w.State().Mailboxes; len(got) != 2 {
			t.Errorf("state: got %v, want INBOX and Work", got)
		}
	})
	t.Run("mailboxes get other names, and go, while they are listed", func(t *testing.T) {
		status := func(name string, validity int) []string {
			return []string{
				`* LIST () "/" ` + name,
				fmt.Sprintf("* STATUS %s (MESSAGES 0 UIDNEXT 1 UIDVALIDITY %d UNSEEN 0 HIGHESTMODSEQ 5)", name, validity),
			}
		}
		home, work, old, lab := status("INBOX", 1), status("Work", 2), status("Work/Old", 3), status("Lab", 3)
		w := withAll(t, capsNotify, imap4.WatchOptions{})
		w.tell("* OK [NOTIFICATIONOVERFLOW] too much")
		w.leaves("A8")
		w.expect(askNotify)
		w.expect(askList, slices.Concat(home, work, []string{`* LIST (\NonExistent) "/" Work`}, old, []string{`* LIST () "/" Lab ("OLDNAME" (Work/Old))`})...)
		w.happened("gone Work", "renamed Work/Old Lab")
		w.expect(askList, slices.Concat(home, lab)...)
		w.expect("EXAMINE INBOX (CONDSTORE)", empty(1)...)
		w.expect("EXAMINE Lab (CONDSTORE)", empty(3)...)
		w.expect("EXAMINE INBOX (CONDSTORE)", empty(1)...)
		w.idling()
		w.happened("synced")

		w.tell("* OK [NOTIFICATIONOVERFLOW] too much") // a server whose lists are always like that
		w.leaves("A15")
		w.expect(askNotify)
		for range 6 {
			w.expect(askList, append(home, `* LIST () "/" Lab`, `* LIST (\NonExistent) "/" Lab`)...)
		}
		w.expect("EXAMINE INBOX (CONDSTORE)", empty(1)...)
		w.happened("gone Lab", "synced")
	})
	t.Run("what comes about a mailbox while it is left leads there again", func(t *testing.T) {
		w := withAll(t, capsNotify, imap4.WatchOptions{})
		w.tell("* STATUS Work (UIDVALIDITY 2 HIGHESTMODSEQ 7)")
		w.leaves("A8")
		w.expect("EXAMINE Work (CONDSTORE)", empty(2)...)
		w.expect("EXAMINE INBOX (CONDSTORE)", append([]string{"* 1 EXISTS", "* OK [CLOSED] closed"}, empty(1)...)...)
		w.expect("EXAMINE Work (CONDSTORE)", "* 1 EXISTS", "* OK [UIDVALIDITY 2] ok", "* OK [HIGHESTMODSEQ 7] ok")
		w.expect("UID FETCH 1:* (UID FLAGS RFC822.SIZE MODSEQ)", "* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 10 MODSEQ (5))")
		w.expect("EXAMINE INBOX (CONDSTORE)", empty(1)...)
		w.idling()
		w.happened("new Work 1 [] size 10", "synced")
	})
	t.Run("a mailbox that is deleted while it is visited: nothing is told of it any more", func(t *testing.T) {
		opened := []string{"* 3 EXISTS", "* OK [UIDVALIDITY 2] ok", "* OK [HIGHESTMODSEQ 7] ok"}
		const fetch = "UID FETCH 1:* (UID FLAGS RFC822.SIZE MODSEQ)"
		const gone = `* LIST (\NonExistent) "/" Work`
		visited := func(t *testing.T) *watching {
			w := withAll(t, capsNotify, imap4.WatchOptions{})
			w.tell("* STATUS Work (UIDVALIDITY 2 HIGHESTMODSEQ 7)")
			w.leaves("A8")
			return w
		}
		home := func(w *watching) {
			w.t.Helper()
			w.expect("EXAMINE INBOX (CONDSTORE)", empty(1)...)
			w.idling()
		}
		w := visited(t)
		w.expect("EXAMINE Work (CONDSTORE)", opened...)
		w.expect(fetch, "* 1 FETCH (UID 4 FLAGS () RFC822.SIZE 1 MODSEQ (5))", "* 2 FETCH (UID 5 RFC822.SIZE 1)", gone,
			"* 3 FETCH (UID 7 FLAGS () RFC822.SIZE 1 MODSEQ (5))", `* 1 FETCH (UID 4 FLAGS (\Seen) MODSEQ (6))`, "* VANISHED 4")
		w.happened("new Work 4 [] size 1", "gone Work")
		home(w)
		w.happened("synced")

		w = visited(t)
		w.expect("EXAMINE Work (CONDSTORE)", append([]string{gone}, opened...)...)
		home(w)
		w.happened("gone Work", "synced")

		w = visited(t)
		w.expect("EXAMINE Work (CONDSTORE)", opened...)
		w.answer("NO there is no such mailbox", fetch, gone)
		home(w)
		w.happened("gone Work", "synced")
	})
	t.Run("after a reconnect only those that have changed are visited", func(t *testing.T) {
		w := withAll(t, capsNotify, imap4.WatchOptions{})
		w.cut()
		w.greet(capsNotify)
		w.expect(askNotify)
		w.expect(askList,
			`* LIST () "/" INBOX`, "* STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1 UNSEEN 0 HIGHESTMODSEQ 5)",
			`* LIST () "/" Work`, "* STATUS Work (MESSAGES 0 UIDNEXT 2 UIDVALIDITY 2 UNSEEN 0 HIGHESTMODSEQ 6)")
		w.expect("EXAMINE Work (CONDSTORE)", empty(2)...)
		w.expect("EXAMINE INBOX (CONDSTORE)", empty(1)...)
		got := w.take()
		wantEvents(t, got[1:], []string{"up", "gone Work/Old", "synced"})
	})
	t.Run("NOTIFICATIONOVERFLOW: all is looked at anew, and too often means lists", func(t *testing.T) {
		w := withAll(t, capsNotify, imap4.WatchOptions{})
		tag := 8
		list := func() {
			w.expect(askList,
				`* LIST () "/" INBOX`, "* STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1 UNSEEN 0 HIGHESTMODSEQ 5)",
				`* LIST () "/" Work`, "* STATUS Work (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 2 UNSEEN 0 HIGHESTMODSEQ 5)",
				`* LIST () "/" Work/Old`, "* STATUS Work/Old (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 3 UNSEEN 0 HIGHESTMODSEQ 5)")
		}
		for i := range 4 {
			w.tell("* OK [NOTIFICATIONOVERFLOW] too much")
			w.leaves(fmt.Sprintf("A%d", tag))
			if i < 3 {
				w.expect(askNotify)
			} else {
				w.expect("NOTIFY SET (SELECTED-DELAYED (MessageNew MessageExpunge FlagChange))")
			}
			list()
			w.expect("EXAMINE INBOX (CONDSTORE)", empty(1)...)
			w.idling()
			tag += 4
		}
		w.tell("* STATUS Work (UIDVALIDITY 2 HIGHESTMODSEQ 7)") // not asked for
		w.wrote("")
		w.clock.Advance(2 * time.Minute)
		w.leaves(fmt.Sprintf("A%d", tag))
		list()
	})
	t.Run("NOTIFICATIONOVERFLOW while the messages are asked for: none that is there has vanished", func(t *testing.T) {
		caps := capsCondStore + capsStatus + " NOTIFY"
		w := watchOver(t, caps, imap4.WatchOptions{All: true, Fetch: sizes})
		listed := func() {
			w.expect(askNotify)
			w.expect(askList, `* LIST () "/" INBOX`, "* STATUS INBOX (MESSAGES 2 UIDNEXT 8 UIDVALIDITY 1 UNSEEN 0 HIGHESTMODSEQ 5)")
		}
		open := func(modSeq int) {
			w.expect("EXAMINE INBOX (CONDSTORE)", "* 2 EXISTS", "* OK [UIDVALIDITY 1] ok", fmt.Sprintf("* OK [HIGHESTMODSEQ %d] ok", modSeq))
		}
		listed()
		open(5)
		w.expect("UID FETCH 1:* (UID FLAGS RFC822.SIZE MODSEQ)",
			"* 1 FETCH (UID 4 FLAGS () RFC822.SIZE 1 MODSEQ (5))", "* 2 FETCH (UID 7 FLAGS () RFC822.SIZE 1 MODSEQ (5))")
		w.cut()
		w.take()
		w.greet(caps)
		listed()
		open(9)
		w.expect("UID FETCH 1:* (UID)", "* 1 FETCH (UID 4)", "* OK [NOTIFICATIONOVERFLOW] too much", "* 2 FETCH (UID 7)")
		listed()
		open(9)
		w.expect("UID FETCH 1:* (UID)", "* 1 FETCH (UID 4)", "* 2 FETCH (UID 7)")
		w.expect("UID FETCH 1:7 (UID FLAGS MODSEQ) (CHANGEDSINCE 5)")
		w.happened("up", "synced")
	})
	t.Run("NOTIFY is refused: lists", func(t *testing.T) {
		w := watchOver(t, capsNotify, imap4.WatchOptions{All: true})
		w.answer("BAD no", askNotify)
		w.expect(askList, `* LIST () "/" INBOX`, "* STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1 UNSEEN 0 HIGHESTMODSEQ 5)")
		w.expect("EXAMINE INBOX (CONDSTORE)", empty(1)...)
		w.idling()
		w.clock.Advance(2 * time.Minute)
		w.leaves("A6")
		w.expect(askList, `* LIST () "/" INBOX`, `* LIST () "/" New`)
		w.happened("up", "mailbox INBOX", "synced", "mailbox New")
	})
	t.Run("by lists: a mailbox that is gone, or refused", func(t *testing.T) {
		w := withAll(t, capsQResync+capsStatus, imap4.WatchOptions{})
		work := `* LIST () "/" Work`
		status := "* STATUS Work (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 2 UNSEEN 0 HIGHESTMODSEQ 6)"
		w.clock.Advance(2 * time.Minute)
		w.leaves("A7")
		w.expect(askList, `* LIST () "/" INBOX`, work, status,
			`* LIST () "/" Work/Old`, "* STATUS Work/Old (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3 UNSEEN 0 HIGHESTMODSEQ 6)")
		w.answer("NO not now", "EXAMINE Work (CONDSTORE)")
		w.answer("NO [NONEXISTENT] gone", "EXAMINE Work/Old (CONDSTORE)")
		w.expect("EXAMINE INBOX (CONDSTORE)", empty(1)...)
		w.idling()
		w.happened("skipped Work true", "gone Work/Old", "synced")
		w.clock.Advance(2 * time.Minute)
		w.leaves("A12")
		w.expect(askList, `* LIST () "/" INBOX`, work, status) // as it was when it was refused
		w.idling()
		w.clock.Advance(2 * time.Minute)
		w.leaves("A14")
		w.expect(askList, `* LIST () "/" INBOX`, work, strings.Replace(status, " 6)", " 7)", 1))
		w.expect("EXAMINE Work (CONDSTORE)", empty(2)...)
	})
	t.Run("Only some", func(t *testing.T) {
		w := watchOver(t, capsQResync+capsStatus, imap4.WatchOptions{All: true, Only: func(e *imap4.ListEntry) bool { return e.Name == "Work" }})
		w.expect(askList, `* LIST () "/" INBOX`, `* LIST () "/" Work`, `* LIST () "/" Spam`)
		w.expect("EXAMINE Work (CONDSTORE)", empty(2)...)
		w.expect("EXAMINE INBOX (CONDSTORE)", empty(1)...)
		w.happened("up", "mailbox INBOX", "mailbox Work", "synced")
	})
	t.Run("too many mailboxes", func(t *testing.T) {
		w := watchOver(t, capsQResync+capsStatus, imap4.WatchOptions{All: true, MaxMailboxes: 2})
		w.expect(askList, `* LIST () "/" INBOX`, `* LIST () "/" Work`, `* LIST () "/" Spam`)
		w.clock.Turn()
		w.happened("up", "mailbox INBOX", "mailbox Work", "down: imap4: limit Mailboxes of 2 exceeded")
	})
}
