package imap4_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/clientservice"
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
)

var sizes = imap4.FetchOptions{Items: imap4.ItemSize}

// withTwo is a Watch that knows two messages, 4 and 7, and is in IDLE.
func withTwo(t *testing.T, caps string, o imap4.WatchOptions) *watching {
	t.Helper()
	w := watchOver(t, caps, o)
	modSeq, opened, items := "", "EXAMINE INBOX", "UID FLAGS RFC822.SIZE"
	if strings.Contains(caps, "CONDSTORE") {
		modSeq, opened, items = " MODSEQ (10)", opened+" (CONDSTORE)", items+" MODSEQ"
	}
	w.expect(opened, "* 2 EXISTS", "* OK [UIDVALIDITY 9] ok", "* OK [HIGHESTMODSEQ 10] ok")
	w.expect("UID FETCH 1:* ("+items+")",
		"* 1 FETCH (UID 4 FLAGS () RFC822.SIZE 40"+modSeq+")", `* 2 FETCH (UID 7 FLAGS (\Seen) RFC822.SIZE 70`+modSeq+")")
	w.happened("up", "new INBOX 4 [] size 40", `new INBOX 7 [\Seen] size 70`, "synced")
	w.idling()
	return w
}

func TestWatch(t *testing.T) {
	t.Run("QRESYNC: what happens, and what has happened since", func(t *testing.T) {
		w := withTwo(t, capsQResync, imap4.WatchOptions{Fetch: sizes})
		w.tell(`* 1 FETCH (UID 4 FLAGS (\Flagged) MODSEQ (11))`, "* VANISHED 7", "* 2 EXISTS")
		w.happened(`flags INBOX 4 [\Flagged]`, "synced", "vanished INBOX 7", "synced")
		w.leaves("A5")
		w.expect("UID FETCH 8:* (UID FLAGS RFC822.SIZE MODSEQ)", "* 2 FETCH (UID 8 FLAGS () RFC822.SIZE 80 MODSEQ (13))")
		w.happened("new INBOX 8 [] size 80", "synced")
		w.cut()
		w.happened("down: " + reactor.ErrConnectionLost.Error())
		w.greet(capsQResync)
		w.expect("EXAMINE INBOX (QRESYNC (9 10 1:8))", "* 2 EXISTS", "* OK [UIDVALIDITY 9] ok", "* OK [HIGHESTMODSEQ 20] ok",
			"* VANISHED (EARLIER) 1:3,7:8",                   // 7 was told
			`* 1 FETCH (UID 4 FLAGS (\Flagged) MODSEQ (11))`) // so was this
		w.expect("UID FETCH 9:* (UID FLAGS RFC822.SIZE MODSEQ)", "* 2 FETCH (UID 9 FLAGS () RFC822.SIZE 90 MODSEQ (15))")
		w.happened("up", "vanished INBOX 8", "new INBOX 9 [] size 90", "synced")
	})
	t.Run("CONDSTORE: UIDs of all, flags of those that have changed", func(t *testing.T) {
		w := withTwo(t, capsCondStore, imap4.WatchOptions{Fetch: sizes})
		w.tell(`* 1 FETCH (FLAGS (\Flagged) MODSEQ (11))`)
		w.happened(`flags INBOX 4 [\Flagged]`, "synced")
		w.cut()
		w.greet(capsCondStore)
		w.expect("EXAMINE INBOX (CONDSTORE)", "* 2 EXISTS", "* OK [UIDVALIDITY 9] ok", "* OK [HIGHESTMODSEQ 20] ok")
		w.expect("UID FETCH 1:* (UID)", "* 1 FETCH (UID 4)", "* 2 FETCH (UID 8)")
		w.happened("down: "+reactor.ErrConnectionLost.Error(), "up", "vanished INBOX 7")
		w.expect("UID FETCH 1:4 (UID FLAGS MODSEQ) (CHANGEDSINCE 10)", `* 1 FETCH (UID 4 FLAGS (\Seen) MODSEQ (12))`)
		w.expect("UID FETCH 8:* (UID FLAGS RFC822.SIZE MODSEQ)", "* 2 FETCH (UID 8 FLAGS () RFC822.SIZE 80 MODSEQ (13))")
		w.happened(`flags INBOX 4 [\Seen]`, "new INBOX 8 [] size 80", "synced")
	})
	t.Run("CONDSTORE: nothing has happened", func(t *testing.T) {
		w := withTwo(t, capsCondStore, imap4.WatchOptions{Fetch: sizes})
		w.cut()
		w.greet(capsCondStore)
		w.expect("EXAMINE INBOX (CONDSTORE)", "* 2 EXISTS", "* OK [UIDVALIDITY 9] ok", "* OK [HIGHESTMODSEQ 10] ok")
		w.idling()
		w.tell("* 1 EXPUNGE", `* 1 FETCH (FLAGS (\Flagged) MODSEQ (14))`)
		w.happened("down: "+reactor.ErrConnectionLost.Error(), "up", "synced", "vanished INBOX 4", "synced", `flags INBOX 7 [\Flagged]`, "synced")
	})
	t.Run("a mailbox that has gone back to a backup: the flags of all", func(t *testing.T) {
		flags := []string{`* 1 FETCH (UID 4 FLAGS (\Flagged) MODSEQ (3))`, "* 2 FETCH (UID 7 FLAGS () MODSEQ (2))"}
		opened := []string{"* 2 EXISTS", "* OK [UIDVALIDITY 9] ok", "* OK [HIGHESTMODSEQ 3] ok"}
		for caps, open := range map[string]string{capsCondStore: "EXAMINE INBOX (CONDSTORE)", capsQResync: "EXAMINE INBOX (QRESYNC (9 10 1:7))"} {
			w := withTwo(t, caps, imap4.WatchOptions{Fetch: sizes})
			w.cut()
			w.greet(caps)
			w.expect(open, opened...)
			w.expect("UID FETCH 1:* (UID FLAGS)", flags...)
			w.idling()
			w.happened("down: "+reactor.ErrConnectionLost.Error(), "up", `flags INBOX 4 [\Flagged]`, "flags INBOX 7 []", "synced")
			w.cut()
			w.greet(caps)
			w.expect(strings.Replace(open, "9 10", "9 3", 1), opened...)
			w.idling()
			w.happened("down: "+reactor.ErrConnectionLost.Error(), "up", "synced")
		}
	})
	t.Run("CONDSTORE: an expunge that has no mod-sequence", func(t *testing.T) {
		w := withTwo(t, capsCondStore, imap4.WatchOptions{Fetch: sizes})
		w.cut()
		w.greet(capsCondStore)
		w.expect("EXAMINE INBOX (CONDSTORE)", "* 1 EXISTS", "* OK [UIDVALIDITY 9] ok", "* OK [HIGHESTMODSEQ 10] ok")
		w.expect("UID FETCH 1:* (UID)", "* 1 FETCH (UID 7)")
		w.idling()
		w.happened("down: "+reactor.ErrConnectionLost.Error(), "up", "vanished INBOX 4", "synced")
	})
	t.Run("neither: flags of all, compared", func(t *testing.T) {
		w := withTwo(t, capsPlain, imap4.WatchOptions{Fetch: sizes})
		w.tell(`* 1 FETCH (FLAGS (\Flagged))`, `* 1 FETCH (FLAGS (\flagged \Recent))`)
		w.happened(`flags INBOX 4 [\Flagged]`, "synced")
		w.cut()
		w.greet(capsPlain)
		w.expect("EXAMINE INBOX", "* 1 EXISTS", "* OK [UIDVALIDITY 9] ok")
		w.expect("UID FETCH 1:* (UID FLAGS)", `* 1 FETCH (UID 7 FLAGS ())`)
		w.happened("down: "+reactor.ErrConnectionLost.Error(), "up", "flags INBOX 7 []", "vanished INBOX 4", "synced")
	})
	t.Run("neither: somebody else takes back what the program has changed", func(t *testing.T) {
		for command, set := range map[string]imap4.MessageSet{
			`UID STORE 4 +FLAGS.SILENT (\Flagged)`: imap4.UIDs(4), `UID STORE 1:* +FLAGS.SILENT (\Flagged)`: imap4.AllUIDs(),
			`STORE 1 +FLAGS.SILENT (\Flagged)`: imap4.SeqNums(1), `STORE 1:4294967294 +FLAGS.SILENT (\Flagged)`: imap4.SeqRange(1, 1<<32-2),
		} {
			w := withTwo(t, capsPlain, imap4.WatchOptions{Fetch: sizes})
			w.client.AddFlags(set, []imap4.Flag{imap4.FlagFlagged}).Handle(nil, nil)
			w.leaves("A4")
			w.expect(command)
			w.tell("* 1 FETCH (FLAGS ())")
			w.happened("flags INBOX 4 []", "synced")
		}
	})
	t.Run("an EXPUNGE between EXISTS and the answer to the FETCH", func(t *testing.T) {
		w := withTwo(t, capsPlain, imap4.WatchOptions{Fetch: sizes})
		w.tell("* 4 EXISTS")
		w.leaves("A4")
		w.tell("* 3 EXPUNGE", "* 1 EXPUNGE") // one that was never told, and one that was
		w.expect("UID FETCH 8:* (UID FLAGS RFC822.SIZE)", "* 2 FETCH (UID 9 FLAGS () RFC822.SIZE 90)", "* 2 EXPUNGE")
		w.happened("vanished INBOX 4", "new INBOX 9 [] size 90", "vanished INBOX 9", "synced")
	})
	t.Run("EXISTS while the changes are asked for", func(t *testing.T) {
		w := withTwo(t, capsPlain, imap4.WatchOptions{Fetch: sizes})
		w.cut()
		w.greet(capsPlain)
		w.expect("EXAMINE INBOX", "* 2 EXISTS", "* OK [UIDVALIDITY 9] ok")
		w.expect("UID FETCH 1:* (UID FLAGS)", "* 1 FETCH (UID 4 FLAGS ())", "* 3 EXISTS", "* 2 FETCH (UID 7 FLAGS ())", "* 1 EXPUNGE")
		w.expect("UID FETCH 8:* (UID FLAGS RFC822.SIZE)", "* 3 EXISTS", "* 2 FETCH (UID 8 FLAGS () RFC822.SIZE 80)")
		w.expect("UID FETCH 9:* (UID FLAGS RFC822.SIZE)", "* 3 FETCH (UID 9 FLAGS () RFC822.SIZE 90)")
		w.happened("down: "+reactor.ErrConnectionLost.Error(), "up", "flags INBOX 7 []", "vanished INBOX 4",
			"new INBOX 8 [] size 80", "new INBOX 9 [] size 90", "synced")
	})
	t.Run("8:* with nothing above 7 is 7, of which all is told", func(t *testing.T) {
		for caps, modSeq := range map[string]string{capsQResync: " MODSEQ (10)", capsCondStore: " MODSEQ (10)", capsPlain: ""} {
			w := withTwo(t, caps, imap4.WatchOptions{Fetch: sizes})
			w.tell("* 3 EXISTS")
			tag := "A4"
			if caps == capsQResync {
				tag = "A5"
			}
			w.leaves(tag)
			gone := "* 3 EXPUNGE"
			if caps == capsQResync {
				gone = "* VANISHED 8"
			}
			items := "UID FLAGS RFC822.SIZE"
			if modSeq != "" {
				items += " MODSEQ"
			}
			w.expect("UID FETCH 8:* ("+items+")", `* 2 FETCH (UID 7 FLAGS (\Seen) RFC822.SIZE 70`+modSeq+")", gone)
			w.idling()
			w.happened()
		}
	})
	t.Run("another UIDVALIDITY", func(t *testing.T) {
		w := withTwo(t, capsQResync, imap4.WatchOptions{Fetch: sizes})
		w.cut()
		w.greet(capsQResync)
		w.expect("EXAMINE INBOX (QRESYNC (9 10 1:7))", "* 1 EXISTS", "* OK [UIDVALIDITY 10] ok", "* OK [HIGHESTMODSEQ 20] ok")
		w.expect("UID FETCH 1:* (UID FLAGS RFC822.SIZE MODSEQ)", "* 1 FETCH (UID 7 FLAGS () RFC822.SIZE 71 MODSEQ (5))")
		w.happened("down: "+reactor.ErrConnectionLost.Error(), "up", "reset INBOX 10", "new INBOX 7 [] size 71", "synced")
	})
	t.Run("no UIDVALIDITY, or UIDs that do not stick: nothing outlasts the connection", func(t *testing.T) {
		for _, line := range []string{"* OK hello", "* OK [UIDNOTSTICKY] ok\r\n* OK [UIDVALIDITY 9] ok"} {
			w := watchOver(t, capsPlain, imap4.WatchOptions{Fetch: sizes})
			for range 2 {
				w.expect("EXAMINE INBOX", "* 1 EXISTS", line)
				w.expect("UID FETCH 1:* (UID FLAGS RFC822.SIZE)", "* 1 FETCH (UID 4 FLAGS () RFC822.SIZE 40)")
				w.cut()
				w.greet(capsPlain)
			}
			events := w.take()
			if got := events[4]; !strings.HasPrefix(got, "up") || !strings.HasPrefix(events[5], "reset INBOX ") || events[6] != "new INBOX 4 [] size 40" {
				t.Errorf("events: got %q, want reset and new after the second up", events)
			}
		}
	})
	t.Run("NOMODSEQ after QRESYNC was asked for", func(t *testing.T) {
		w := withTwo(t, capsQResync, imap4.WatchOptions{Fetch: sizes})
		w.cut()
		w.greet(capsQResync)
		w.expect("EXAMINE INBOX (QRESYNC (9 10 1:7))", "* 1 EXISTS", "* OK [UIDVALIDITY 9] ok", "* OK [NOMODSEQ] none")
		w.expect("UID FETCH 1:* (UID FLAGS)", `* 1 FETCH (UID 7 FLAGS (\Seen))`)
		w.take()
		w.idling()
		w.tell(`* 1 FETCH (UID 7 FLAGS (\Seen))`, `* 1 FETCH (UID 7 FLAGS ())`)
		w.happened("flags INBOX 7 []", "synced")
	})
	t.Run("QRESYNC: the server does not know all that has vanished", func(t *testing.T) {
		w := withTwo(t, capsQResync, imap4.WatchOptions{Fetch: sizes})
		w.cut()
		w.greet(capsQResync)
		w.expect("EXAMINE INBOX (QRESYNC (9 10 1:7))", "* 1 EXISTS", "* OK [UIDVALIDITY 9] ok", "* OK [HIGHESTMODSEQ 20] ok")
		w.expect("UID FETCH 1:* (UID)", "* 1 FETCH (UID 7)")
		w.expect("UID FETCH 1:7 (UID FLAGS MODSEQ) (CHANGEDSINCE 20)")
		w.happened("down: "+reactor.ErrConnectionLost.Error(), "up", "vanished INBOX 4", "synced")
	})
	t.Run("QRESYNC: an EXPUNGE, and flags without a UID", func(t *testing.T) {
		w := withTwo(t, capsQResync, imap4.WatchOptions{Fetch: sizes})
		w.tell("* 1 EXPUNGE")
		w.leaves("A5")
		w.expect("UID FETCH 1:* (UID)", "* 1 FETCH (UID 7)")
		w.expect("UID FETCH 1:7 (UID FLAGS MODSEQ) (CHANGEDSINCE 10)")
		w.idling()
		w.tell("* 1 FETCH (FLAGS (\\Flagged))")
		w.leaves("A8")
		w.expect("UID FETCH 1:7 (UID FLAGS MODSEQ) (CHANGEDSINCE 10)", `* 1 FETCH (UID 7 FLAGS (\Flagged) MODSEQ (12))`)
		w.happened("vanished INBOX 4", "synced", `flags INBOX 7 [\Flagged]`, "synced")
	})
	t.Run("UIDVALIDITY changes while the mailbox is open", func(t *testing.T) {
		w := withTwo(t, capsPlain, imap4.WatchOptions{Fetch: sizes})
		w.tell("* OK [UIDVALIDITY 12] new")
		w.leaves("A4")
		w.expect("EXAMINE INBOX", "* 0 EXISTS", "* OK [UIDVALIDITY 12] ok")
		w.happened("reset INBOX 12", "synced")
	})
	t.Run("messages that are there at first are not told", func(t *testing.T) {
		w := watchOver(t, capsQResync, imap4.WatchOptions{Fetch: sizes, SkipExisting: true})
		w.expect("EXAMINE INBOX (CONDSTORE)", "* 2 EXISTS", "* OK [UIDVALIDITY 9] ok", "* OK [HIGHESTMODSEQ 10] ok")
		w.expect("UID FETCH 1:* (UID)", "* 1 FETCH (UID 4)", "* 2 FETCH (UID 7)")
		w.idling()
		w.tell("* VANISHED 4", `* 1 FETCH (UID 7 FLAGS (\Seen) MODSEQ (12))`, "* 2 EXISTS")
		w.leaves("A5")
		w.expect("UID FETCH 8:* (UID FLAGS RFC822.SIZE MODSEQ)", "* 2 FETCH (UID 9 FLAGS () RFC822.SIZE 90 MODSEQ (13))")
		w.happened("up", "synced", "vanished INBOX 4", "synced", `flags INBOX 7 [\Seen]`, "synced", "new INBOX 9 [] size 90", "synced")
	})
	t.Run("messages that are there at first, without mod-sequences: their flags are compared", func(t *testing.T) {
		w := watchOver(t, capsPlain, imap4.WatchOptions{Fetch: sizes, SkipExisting: true, Writable: true})
		w.expect("SELECT INBOX", "* 1 EXISTS", "* OK [UIDVALIDITY 9] ok")
		w.expect("UID FETCH 1:* (UID FLAGS)", `* 1 FETCH (UID 4 FLAGS (\Seen))`)
		w.idling()
		w.tell(`* 1 FETCH (FLAGS (\Seen))`, `* 1 FETCH (FLAGS ())`)
		w.happened("up", "synced", "flags INBOX 4 []", "synced")
	})
	t.Run("messages that are there at first are not told either when the connection is lost before they are known", func(t *testing.T) {
		for _, restarts := range []bool{false, true} {
			w := watchOver(t, capsPlain, imap4.WatchOptions{Fetch: sizes, SkipExisting: true})
			w.expect("EXAMINE INBOX", "* 2 EXISTS", "* OK [UIDVALIDITY 9] ok")
			w.tell("* 1 FETCH (UID 4 FLAGS ())")
			w.tr.Take()
			if w.happened("up"); restarts {
				state := w.State()
				w = newWatching(t, imap4.WatchOptions{Fetch: sizes, SkipExisting: true, Resume: &state})
				w.Start()
				w.clock.Turn()
			} else {
				w.cut()
				w.happened("down: " + reactor.ErrConnectionLost.Error())
			}
			w.greet(capsPlain)
			w.expect("EXAMINE INBOX", "* 2 EXISTS", "* OK [UIDVALIDITY 9] ok")
			w.expect("UID FETCH 1:* (UID FLAGS)", "* 1 FETCH (UID 4 FLAGS ())", "* 2 FETCH (UID 7 FLAGS ())")
			w.idling()
			w.tell("* 1 EXPUNGE", "* 2 EXISTS")
			w.leaves("A4")
			w.expect("UID FETCH 8:* (UID FLAGS RFC822.SIZE)", "* 2 FETCH (UID 8 FLAGS () RFC822.SIZE 80)")
			w.happened("up", "synced", "vanished INBOX 4", "synced", "new INBOX 8 [] size 80", "synced")
		}
	})
	t.Run("a server without IDLE is asked", func(t *testing.T) {
		w := watchOver(t, capsPoll, imap4.WatchOptions{Mailbox: "Work", Fetch: sizes})
		w.expect("EXAMINE Work", "* 0 EXISTS", "* OK [UIDVALIDITY 9] ok")
		w.clock.Advance(50 * time.Millisecond)
		w.expect("NOOP")
		w.clock.Advance(2 * time.Minute)
		w.expect("NOOP", "* 1 EXISTS")
		w.expect("UID FETCH 1:* (UID FLAGS RFC822.SIZE)", "* 1 FETCH (UID 4 FLAGS () RFC822.SIZE 40)")
		w.happened("up", "synced", "new Work 4 [] size 40", "synced")
	})
}

// TestWatchOfNewMessages: how the answers to a FETCH become New.
func TestWatchOfNewMessages(t *testing.T) {
	both := imap4.FetchOptions{Items: imap4.ItemSize | imap4.ItemPreview}
	const fetch = "UID FETCH 1:* (UID FLAGS RFC822.SIZE PREVIEW)"
	start := func(t *testing.T, exists int) *watching {
		w := watchOver(t, capsPlain+" PREVIEW", imap4.WatchOptions{Fetch: both})
		w.expect("EXAMINE INBOX", fmt.Sprintf("* %d EXISTS", exists), "* OK [UIDVALIDITY 9] ok")
		return w
	}
	for _, c := range []struct {
		name   string
		exists int
		lines  []string
		want   []string
	}{
		{"in two responses", 2, []string{
			"* 1 FETCH (UID 4 FLAGS () RFC822.SIZE 40)", `* 1 FETCH (UID 4 PREVIEW "x" FLAGS (\Seen))`,
			"* 2 FETCH (FLAGS (\\Seen))", `* 2 FETCH (UID 5 FLAGS () RFC822.SIZE 50 PREVIEW "y")`,
		}, []string{`new INBOX 4 [\Seen] size 40`, "new INBOX 5 [] size 50"}},
		{"an item that the server has not", 2, []string{
			"* 1 FETCH (UID 4 FLAGS () RFC822.SIZE 40 PREVIEW NIL)", "* 2 FETCH (UID 5 FLAGS () RFC822.SIZE 50 PREVIEW NIL)",
		}, []string{"new INBOX 4 [] size 40", "new INBOX 5 [] size 50"}},
		{"gone before the rest has come", 2, []string{
			"* 1 FETCH (UID 4 FLAGS () RFC822.SIZE 40)", "* 1 EXPUNGE", `* 1 FETCH (UID 5 FLAGS () RFC822.SIZE 50 PREVIEW "y")`,
		}, []string{"new INBOX 5 [] size 50"}},
		{"damaged, but with its UID", 1, []string{
			"* 1 FETCH (UID 4 RFC822.SIZE many)",
		}, []string{`new INBOX 4 [] size 0`}},
		{"flags of one that was told just now", 1, []string{
			`* 1 FETCH (UID 4 FLAGS () RFC822.SIZE 40 PREVIEW "x")`, `* 1 FETCH (FLAGS (\Seen))`,
		}, []string{"new INBOX 4 [] size 40", `flags INBOX 4 [\Seen]`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := start(t, c.exists)
			w.expect(fetch, c.lines...)
			got := w.take()
			for i, event := range got {
				got[i], _, _ = strings.Cut(event, " (imap4:")
			}
			wantEvents(t, got, append(append([]string{"up"}, c.want...), "synced"))
		})
	}
	t.Run("flags only: it is asked for again", func(t *testing.T) {
		w := start(t, 1)
		w.expect(fetch, "* 2 EXISTS", `* 2 FETCH (UID 5 FLAGS (\Seen))`, `* 1 FETCH (UID 4 FLAGS () RFC822.SIZE 40 PREVIEW "x")`)
		w.expect("UID FETCH 5 (UID FLAGS RFC822.SIZE PREVIEW)", "* 2 FETCH (UID 5 FLAGS ())", // and that is all there is
			`* 2 FETCH (FLAGS (\Flagged))`)
		w.happened("up", "new INBOX 4 [] size 40", `new INBOX 5 [\Flagged] size 0`, "synced")
	})
	t.Run("damaged, and no UID", func(t *testing.T) {
		w := start(t, 2)
		w.expect(fetch, "* 1 FETCH (RFC822.SIZE many)", `* 2 FETCH (UID 5 FLAGS () RFC822.SIZE 50 PREVIEW "y")`)
		w.expect("UID FETCH 1:4,6:* (UID FLAGS)", `* 1 FETCH (UID 4 FLAGS (\Seen))`)
		got := w.take()
		if len(got) != 4 || !strings.HasPrefix(got[2], `new INBOX 4 [\Seen] size 0 (imap4: syntax error`) {
			t.Errorf("events: got %q, want 4 to be new with a syntax error", got)
		}
	})
	t.Run("the server refuses one message", func(t *testing.T) {
		w := start(t, 3)
		w.answer("NO [SERVERBUG] cannot read it", fetch, `* 1 FETCH (UID 4 FLAGS () RFC822.SIZE 40 PREVIEW "x")`)
		w.expect("UID FETCH 1:3,5:* (UID FLAGS)", "* 2 FETCH (UID 5 FLAGS ())", "* 3 FETCH (UID 6 FLAGS ())")
		w.expect("UID FETCH 1:3,6:* (UID FLAGS RFC822.SIZE PREVIEW)", `* 3 FETCH (UID 6 FLAGS () RFC822.SIZE 60 PREVIEW "z")`)
		w.happened("up", "new INBOX 4 [] size 40", `new INBOX 5 [] size 0 (imap4: UID FETCH: the server said NO [SERVERBUG] "cannot read it")`,
			"new INBOX 6 [] size 60", "synced")
	})
	t.Run("the server refuses all", func(t *testing.T) {
		w := start(t, 1)
		w.answer("BAD what", fetch)
		w.clock.Turn()
		w.happened("up", `down: imap4: UID FETCH: the server said BAD "what"`)
	})
	t.Run("an item that the server does not offer", func(t *testing.T) {
		w := watchOver(t, capsPlain, imap4.WatchOptions{Fetch: both})
		w.expect("EXAMINE INBOX", "* 1 EXISTS", "* OK [UIDVALIDITY 9] ok")
		w.clock.Turn()
		w.happened("up", "down: imap4: UID FETCH: the server does not offer PREVIEW")
	})
	t.Run("a count that is never reached costs one look", func(t *testing.T) {
		w := start(t, 3)
		w.expect(fetch, `* 1 FETCH (UID 4 FLAGS () RFC822.SIZE 40 PREVIEW "x")`)
		w.expect("UID FETCH 5:* (UID FLAGS RFC822.SIZE PREVIEW)")
		w.expect("UID FETCH 1:* (UID FLAGS)", "* 1 FETCH (UID 4 FLAGS ())")
		w.expect("UID FETCH 5:* (UID FLAGS RFC822.SIZE PREVIEW)")
		w.happened("up", "new INBOX 4 [] size 40", "synced")
	})
	t.Run("a message with a lower UID than expected", func(t *testing.T) {
		w := start(t, 1)
		w.expect(fetch, `* 1 FETCH (UID 9 FLAGS () RFC822.SIZE 90 PREVIEW "x")`, "* 2 EXISTS")
		w.expect("UID FETCH 10:* (UID FLAGS RFC822.SIZE PREVIEW)")
		w.expect("UID FETCH 1:* (UID FLAGS)", "* 1 FETCH (UID 3 FLAGS ())", "* 2 FETCH (UID 9 FLAGS ())")
		w.expect("UID FETCH 3:8,10:* (UID FLAGS RFC822.SIZE PREVIEW)", `* 1 FETCH (UID 3 FLAGS () RFC822.SIZE 30 PREVIEW "y")`)
		w.happened("up", "new INBOX 9 [] size 90", "new INBOX 3 [] size 30", "synced")
	})
}

// TestWatchOutOfStep: what contradicts itself is asked for anew.
func TestWatchOutOfStep(t *testing.T) {
	for name, line := range map[string]string{
		"another UID at a number":       "* 1 FETCH (UID 5 FLAGS ())",
		"a message beyond the last":     "* 3 FETCH (UID 8 FLAGS ())",
		"an EXPUNGE beyond the last":    "* 9 EXPUNGE",
		"EXISTS that goes down":         "* 1 EXISTS",
		"VANISHED that was not enabled": "* VANISHED 4",
	} {
		t.Run(name, func(t *testing.T) {
			w := withTwo(t, capsPlain, imap4.WatchOptions{Fetch: sizes})
			w.tell(line)
			w.leaves("A4")
			w.expect("EXAMINE INBOX", "* 1 EXISTS", "* OK [UIDVALIDITY 9] ok")
			w.expect("UID FETCH 1:* (UID FLAGS)", `* 1 FETCH (UID 7 FLAGS (\Seen))`)
			w.happened("vanished INBOX 4", "synced")
		})
	}
	t.Run("UIDs that do not ascend", func(t *testing.T) {
		w := withTwo(t, capsPlain, imap4.WatchOptions{Fetch: sizes})
		w.tell("* 3 EXISTS")
		w.leaves("A4")
		w.expect("UID FETCH 8:* (UID FLAGS RFC822.SIZE)", "* 3 FETCH (UID 6 FLAGS () RFC822.SIZE 60)", "* 2 FETCH (FLAGS ())")
		w.expect("EXAMINE INBOX", "* 2 EXISTS", "* OK [UIDVALIDITY 9] ok")
		w.expect("UID FETCH 1:* (UID FLAGS)", "* 1 FETCH (UID 4 FLAGS ())", "* 2 FETCH (UID 7 FLAGS ())")
		w.happened("flags INBOX 7 []", "synced")
	})
	t.Run("while the messages are asked for: none that is there has vanished", func(t *testing.T) {
		w := withTwo(t, capsPlain, imap4.WatchOptions{Fetch: sizes})
		w.cut()
		w.greet(capsPlain)
		w.expect("EXAMINE INBOX", "* 2 EXISTS", "* OK [UIDVALIDITY 9] ok")
		w.expect("UID FETCH 1:* (UID FLAGS)", "* 1 FETCH (UID 4 FLAGS ())", "* 9 EXPUNGE", `* 2 FETCH (UID 7 FLAGS (\Seen))`)
		w.expect("EXAMINE INBOX", "* 2 EXISTS", "* OK [UIDVALIDITY 9] ok")
		w.expect("UID FETCH 1:* (UID FLAGS)", "* 1 FETCH (UID 4 FLAGS ())", `* 2 FETCH (UID 7 FLAGS (\Seen))`)
		w.happened("down: "+reactor.ErrConnectionLost.Error(), "up", "synced")
	})
	t.Run("while the changes are asked for: they are asked for again", func(t *testing.T) {
		w := withTwo(t, capsCondStore, imap4.WatchOptions{Fetch: sizes})
		w.cut()
		w.greet(capsCondStore)
		for _, lines := range [][]string{{"* 9 EXPUNGE"}, nil} {
			w.expect("EXAMINE INBOX (CONDSTORE)", "* 2 EXISTS", "* OK [UIDVALIDITY 9] ok", "* OK [HIGHESTMODSEQ 20] ok")
			w.expect("UID FETCH 1:* (UID)", "* 1 FETCH (UID 4)", "* 2 FETCH (UID 7)")
			w.expect("UID FETCH 1:7 (UID FLAGS MODSEQ) (CHANGEDSINCE 10)", append(lines, `* 1 FETCH (UID 4 FLAGS (\Seen) MODSEQ (12))`)...)
		}
		w.happened("down: "+reactor.ErrConnectionLost.Error(), "up", `flags INBOX 4 [\Seen]`, "synced")
	})
	t.Run("again and again", func(t *testing.T) {
		w := withTwo(t, capsPlain, imap4.WatchOptions{Fetch: sizes})
		w.tell("* 1 EXISTS")
		w.leaves("A4")
		for range 5 {
			w.expect("EXAMINE INBOX", "* 2 EXISTS", "* OK [UIDVALIDITY 9] ok")
			w.expect("UID FETCH 1:* (UID FLAGS)", "* 1 FETCH (UID 4 FLAGS ())", `* 2 FETCH (UID 7 FLAGS (\Seen))`, "* 1 EXISTS")
		}
		w.clock.Turn()
		w.happened("down: imap4: the server contradicts itself about the messages of a mailbox")
	})
	t.Run("too many messages", func(t *testing.T) {
		w := watchOver(t, capsPlain, imap4.WatchOptions{MaxMessages: 5})
		w.expect("EXAMINE INBOX", "* 5 EXISTS", "* OK [UIDVALIDITY 9] ok", "* 4294967295 EXISTS")
		w.clock.Turn()
		w.happened("up", "down: imap4: limit Messages of 5 exceeded")
	})
	t.Run("messages beyond all that there can be", func(t *testing.T) {
		w := watchOver(t, capsQResync, imap4.WatchOptions{MaxMessages: 1})
		w.expect("EXAMINE INBOX (CONDSTORE)", "* 1 EXISTS", "* OK [UIDVALIDITY 9] ok", "* OK [HIGHESTMODSEQ 10] ok")
		w.tell("* 1 FETCH (UID 1 FLAGS () MODSEQ (1))", "* 1 FETCH (UID 2 FLAGS () MODSEQ (1))")
		w.clock.Turn()
		w.happened("up", "new INBOX 1 [] size 0", "down: imap4: limit Messages of 1 exceeded")
	})
	t.Run("many changes: the mailbox is opened anew, and nothing is told again", func(t *testing.T) {
		w := withTwo(t, capsQResync, imap4.WatchOptions{Fetch: sizes})
		w.tell("* 10003 EXISTS")
		w.leaves("A5")
		var lines []string
		for uid := 8; uid <= 10008; uid++ {
			lines = append(lines, fmt.Sprintf("* %d FETCH (UID %d FLAGS () RFC822.SIZE 1 MODSEQ (%d))", uid-5, uid, uid+100))
		}
		w.expect("UID FETCH 8:* (UID FLAGS RFC822.SIZE MODSEQ)", strings.Join(lines, "\r\n"))
		w.idling()
		w.take()
		w.tell(`* 1 FETCH (UID 4 FLAGS (\Flagged) MODSEQ (20000))`)
		w.leaves("A7")
		w.expect("EXAMINE INBOX (QRESYNC (9 10 1:10008))", "* 10003 EXISTS", "* OK [UIDVALIDITY 9] ok", "* OK [HIGHESTMODSEQ 20000] ok",
			`* 1 FETCH (UID 4 FLAGS (\Flagged) MODSEQ (20000))`, "* 3 FETCH (UID 8 FLAGS () MODSEQ (108))")
		w.happened(`flags INBOX 4 [\Flagged]`, "synced")
		if got := w.State().Mailboxes["INBOX"].ModSeq; got != 20000 {
			t.Errorf("ModSeq: got %d, want 20000", got)
		}
	})
}

// TestWatchConnections: logins, waits and ends.
func TestWatchConnections(t *testing.T) {
	waits := func(t *testing.T, w *watching, d time.Duration) {
		t.Helper()
		w.take()
		before := w.connected
		w.clock.Advance(d - time.Second)
		if w.connected != before {
			t.Errorf("connected again before %v", d)
		}
		if w.clock.Advance(2 * time.Second); w.connected != before+1 {
			t.Errorf("not connected again after %v", d)
		}
	}
	login := func(c *imap4.Client) *deferred.Deferred[struct{}] { return c.Login("alice", "secret") }
	t.Run("a login", func(t *testing.T) {
		w := newWatching(t, imap4.WatchOptions{Login: login})
		w.Start()
		w.clock.Turn()
		w.tell("* OK [CAPABILITY IMAP4rev1 LITERAL+] ready")
		w.expect("LOGIN alice secret")
		w.expect("CAPABILITY", "* CAPABILITY IMAP4rev1 IDLE")
		w.happened("up")
		w.expect("EXAMINE INBOX", "* 0 EXISTS", "* OK [UIDVALIDITY 9] ok")
		w.happened("synced")
	})
	t.Run("a login that is refused waits", func(t *testing.T) {
		w := newWatching(t, imap4.WatchOptions{Login: login})
		w.Start()
		w.clock.Turn()
		w.tell("* OK [CAPABILITY IMAP4rev1] ready")
		w.answer("NO [AUTHENTICATIONFAILED] no", "LOGIN alice secret")
		w.clock.Turn()
		w.happened(`down: imap4: LOGIN: the server said NO [AUTHENTICATIONFAILED] "no"`)
		waits(t, w, imap4.RefusedDelay)
	})
	t.Run("a server that asks for a wait", func(t *testing.T) {
		w := withTwo(t, capsPlain, imap4.WatchOptions{Fetch: sizes})
		w.tell("* BYE [UNAVAILABLE] try again in 90 seconds")
		w.tr.Lose(reactor.ErrConnectionDone)
		w.clock.Turn()
		w.happened(`down: imap4: the server said BYE "try again in 90 seconds"`)
		waits(t, w, 90*time.Second)
	})
	t.Run("SELECT that is refused: later and later", func(t *testing.T) {
		var asked []int
		w := newWatching(t, imap4.WatchOptions{Service: clientservice.Options{RetryPolicy: func(n int) time.Duration {
			asked = append(asked, n)
			return time.Second
		}}})
		w.Start()
		w.clock.Turn()
		for range 3 {
			w.greet(capsPlain)
			w.answer("NO not now", "EXAMINE INBOX")
			w.clock.Turn()
			w.happened("up", `down: imap4: EXAMINE: the server said NO "not now"`)
			w.clock.Advance(time.Second)
		}
		if !slices.Equal(asked, []int{1, 2, 3}) || w.Counts().Connected != 3 {
			t.Errorf("failures as the policy gets them, Connected: got %v, %d, want [1 2 3], 3", asked, w.Counts().Connected)
		}
	})
	t.Run("the options of the service are called, too", func(t *testing.T) {
		var calls []string
		w := newWatching(t, imap4.WatchOptions{Service: clientservice.Options{
			Prepare: func(p reactor.Protocol) *deferred.Deferred[struct{}] {
				calls = append(calls, fmt.Sprintf("prepare %v", p != nil))
				return nil
			},
			OnConnected: func(reactor.Protocol, clientservice.Counts) { calls = append(calls, "connected") },
			OnLost:      func(error, clientservice.Counts) { calls = append(calls, "lost") },
			OnFailure:   func(error, clientservice.Counts) { calls = append(calls, "failure") },
		}})
		w.Start()
		w.clock.Turn()
		w.greet(capsPlain)
		w.cut()
		w.cut()
		want := []string{"prepare true", "connected", "lost", "prepare true", "failure", "prepare true"}
		if !slices.Equal(calls, want) {
			t.Errorf("calls: got %q, want %q", calls, want)
		}
	})
	t.Run("Stop, and Start again", func(t *testing.T) {
		w := withTwo(t, capsPlain, imap4.WatchOptions{Fetch: sizes})
		stopped := w.Stop()
		w.tell("* 1 EXPUNGE")
		w.clock.Turn()
		if _, err, done := stopped.Result(); !done || err != nil {
			t.Errorf("Stop: got %v, %v, want fired without error", done, err)
		}
		w.clock.Advance(time.Hour)
		w.happened()
		w.Start()
		w.clock.Turn()
		w.greet(capsPlain)
		w.expect("EXAMINE INBOX", "* 1 EXISTS", "* OK [UIDVALIDITY 9] ok")
		w.expect("UID FETCH 1:* (UID FLAGS)", `* 1 FETCH (UID 7 FLAGS (\Seen))`)
		w.happened("up", "vanished INBOX 4", "synced")
	})
	t.Run("Stop within a call: nothing more is told", func(t *testing.T) {
		events := []string{"up", "new INBOX 4", "synced", "vanished INBOX 7", "flags INBOX 4", "down: "}
		for i, last := range events {
			w := newWatching(t, imap4.WatchOptions{Fetch: sizes})
			w.told = func(event string) {
				if strings.HasPrefix(event, last) {
					w.Stop()
				}
			}
			w.Start()
			w.clock.Turn()
			w.server("* PREAUTH [CAPABILITY " + capsPlain + "] ready\r\n* CAPABILITY " + capsPlain + "\r\nA1 OK done\r\n")
			w.tell("* 2 EXISTS", "* OK [UIDVALIDITY 9] ok", "A2 OK done",
				"* 1 FETCH (UID 4 FLAGS () RFC822.SIZE 40)", "* 2 FETCH (UID 7 FLAGS () RFC822.SIZE 40)", "A3 OK done")
			w.tell("* 2 EXPUNGE", "* 1 FETCH (FLAGS (\\Seen))")
			w.tr.Lose(reactor.ErrConnectionLost)
			w.clock.Turn()
			w.clock.Advance(time.Minute)
			if got := w.take(); len(got) < i/2+1 || !strings.HasPrefix(got[len(got)-1], last) {
				t.Errorf("Stop in %q: got %q, want nothing behind it", last, got)
			}
		}
	})
	t.Run("a nil endpoint, a bad state", func(t *testing.T) {
		for name, f := range map[string]func(){
			"endpoint": func() { imap4.NewWatch(nil, imap4.WatchOptions{}) },
			"state": func() {
				imap4.NewWatch(&watching{}, imap4.WatchOptions{Resume: &imap4.WatchState{Mailboxes: map[string]imap4.MailboxState{
					"INBOX": {UIDs: imap4.AllUIDs()},
				}}})
			},
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: got no panic", name)
					}
				}()
				f()
			}()
		}
	})
}

// TestWatchCut cuts a session at each byte of the server's. The next connection tells what is missing, and nothing twice.
func TestWatchCut(t *testing.T) {
	for caps, step := range map[string]int{capsQResync: 1, capsCondStore: 2, capsPlain: 1, capsNotify: 3} { // all would take long
		t.Run(caps, func(t *testing.T) {
			for n := 0; ; n += step {
				sim := newMailSim(7, caps)
				m := newMirror(t)
				m.all, m.compare = strings.Contains(caps, "NOTIFY"), !sim.has("CONDSTORE")
				work := sim.create("Work")
				box := sim.boxes[0]
				sim.cut = func() int {
					if sim.made == 2 {
						return n
					}
					return -1
				}
				for range 3 {
					sim.deliver(box)
				}
				w := imap4.NewWatch(sim, watchOptions(m))
				w.Start()
				sim.run()
				sim.clock.Advance(time.Second)
				sim.run()
				sim.conns[0].left = 0
				sim.run() // the first connection is lost
				sim.expunge(box, 0)
				sim.flag(box, 0, `\Seen`)
				sim.deliver(box)
				sim.deliver(work)
				sim.clock.Advance(time.Second)
				sim.run()
				sim.clock.Advance(time.Second)
				sim.run()
				sim.deliver(box)
				sim.expunge(box, 1)
				sim.flag(box, 0, "")
				sim.push()
				sim.clock.Advance(time.Second)
				sim.run()
				whole := sim.made == 2
				sim.clock.Advance(3 * time.Minute)
				sim.run()
				sim.push()
				names := []string{"INBOX"}
				if m.all {
					names = append(names, "Work")
				}
				m.check(sim, names...)
				w.Stop()
				sim.run()
				if t.Failed() {
					t.Fatalf("cut after %d bytes:\n%s", n, strings.Join(sim.log, "\n"))
				}
				if whole {
					if n < 300 {
						t.Errorf("length of the session: got %d, want at least 300", n)
					}
					return
				}
			}
		})
	}
}

func TestWatchState(t *testing.T) {
	t.Run("JSON and back", func(t *testing.T) {
		state := imap4.WatchState{Mailboxes: map[string]imap4.MailboxState{
			"INBOX": {UIDValidity: 9, ModSeq: 1 << 62, Next: 11, UIDs: imap4.UIDRange(1, 10)},
			"b\xff": {UIDValidity: 3, Next: 1, UIDs: imap4.UIDs()},
		}}
		text, err := json.Marshal(state)
		const want = `[{"mailbox":"INBOX","uidvalidity":9,"modseq":4611686018427387904,"next":11,"uids":"1:10"},{"raw":"Yv8=","uidvalidity":3,"next":1}]`
		if err != nil || string(text) != want {
			t.Fatalf("got %s, %v, want %s", text, err, want)
		}
		var again imap4.WatchState
		if err := json.Unmarshal(text, &again); err != nil || fmt.Sprint(again) != fmt.Sprint(state) {
			t.Errorf("got %v, %v, want %v", again, err, state)
		}
	})
	for name, text := range map[string]string{
		"no JSON":     `{`,
		"no list":     `{"INBOX":{}}`,
		"an open set": `[{"mailbox":"INBOX","uids":"1:*"}]`,
		"no set":      `[{"mailbox":"INBOX","uids":"a"}]`,
		"a saved set": `[{"mailbox":"INBOX","uids":"$"}]`,
		"64 bits":     `[{"mailbox":"INBOX","modseq":9223372036854775808}]`,
	} {
		t.Run(name, func(t *testing.T) {
			var state imap4.WatchState
			if err := json.Unmarshal([]byte(text), &state); err == nil || state.Mailboxes != nil {
				t.Errorf("got %v, %v, want an error and nothing read", state, err)
			}
		})
	}
	t.Run("sequence numbers are refused", func(t *testing.T) {
		state := imap4.WatchState{Mailboxes: map[string]imap4.MailboxState{"INBOX": {UIDs: imap4.SeqNums(1)}}}
		var bad *imap4.ArgumentError
		if _, err := json.Marshal(state); !errors.As(err, &bad) {
			t.Errorf("got %v, want *ArgumentError", err)
		}
	})
	t.Run("without UIDVALIDITY the UIDs mean nothing to the next program", func(t *testing.T) {
		for _, skip := range []bool{false, true} {
			state := imap4.WatchState{Mailboxes: map[string]imap4.MailboxState{"INBOX": {Next: 8, UIDs: imap4.UIDs(4, 7)}}}
			w := watchOver(t, capsPlain, imap4.WatchOptions{Fetch: sizes, SkipExisting: skip, Resume: &state})
			w.expect("EXAMINE INBOX", "* 1 EXISTS", "* OK hello")
			if skip {
				w.expect("UID FETCH 1:* (UID FLAGS)", "* 1 FETCH (UID 4 FLAGS ())")
				w.happened("up", "reset INBOX 0", "synced")
				continue
			}
			w.expect("UID FETCH 1:* (UID FLAGS RFC822.SIZE)", "* 1 FETCH (UID 4 FLAGS () RFC822.SIZE 40)")
			w.happened("up", "reset INBOX 0", "new INBOX 4 [] size 40", "synced")
		}
	})
	t.Run("what is told counts in the call already", func(t *testing.T) {
		w := newWatching(t, imap4.WatchOptions{Fetch: sizes})
		var states []string
		w.told = func(string) { states = append(states, w.State().Mailboxes["INBOX"].UIDs.String()) }
		w.Start()
		w.clock.Turn()
		w.greet(capsPlain)
		w.expect("EXAMINE INBOX", "* 2 EXISTS", "* OK [UIDVALIDITY 9] ok")
		w.expect("UID FETCH 1:* (UID FLAGS RFC822.SIZE)", "* 1 FETCH (UID 4 FLAGS () RFC822.SIZE 40)", "* 2 FETCH (UID 7 FLAGS () RFC822.SIZE 70)")
		w.tell("* 1 EXPUNGE")
		if want := []string{"", "4", "4,7", "4,7", "7", "7"}; !slices.Equal(states, want) {
			t.Errorf("states: got %q, want %q", states, want)
		}
	})
}
