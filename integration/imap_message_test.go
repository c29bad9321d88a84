package integration

import (
	"errors"
	"slices"
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/imap4"
)

// flagTexts are the flags of the messages, by number, without \Recent, which depends on who looks first.
func flagTexts(e *env, set imap4.MessageSet) map[uint32]string {
	e.t.Helper()
	texts := map[uint32]string{}
	for n, m := range must(e, e.c.FetchFlags(set)) {
		texts[n] = flagText(m.Flags)
	}
	return texts
}

func flagText(flags []imap4.Flag) string {
	var words []string
	for _, f := range flags {
		if f != imap4.FlagRecent {
			words = append(words, string(f))
		}
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// messageCases change messages.
var messageCases = []imapCase{
	{name: "flags", mails: mailservers.Mails(4), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		must(e, e.c.SetFlags(imap4.SeqNums(1, 2), []imap4.Flag{imap4.FlagFlagged, imap4.FlagDraft}))
		must(e, e.c.AddFlags(imap4.SeqRange(2, 3), []imap4.Flag{imap4.FlagAnswered}))
		must(e, e.c.RemoveFlags(imap4.UIDs(1), []imap4.Flag{imap4.FlagDraft}))
		must(e, e.c.SetFlags(imap4.UIDs(4), nil))
		flags := flagTexts(e, imap4.AllMessages())
		want(e, "1", flags[1], `\Flagged`)
		want(e, "2", flags[2], `\Answered \Draft \Flagged`)
		want(e, "3", flags[3], `\Answered`)
		want(e, "4", flags[4], "")
	}},
	{name: "flags that are told", mails: mailservers.Mails(2), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		stored := must(e, e.c.AddFlags(imap4.UIDs(2), []imap4.Flag{imap4.FlagFlagged}, imap4.StoreOptions{Tell: true}))
		if stored.Messages[2] == nil {
			e.fatalf("got nothing of message 2, want its flags: %+v", stored)
		}
		want(e, "flags", flagText(stored.Messages[2].Flags), `\Flagged`)
	}},
	{name: "keywords", on: []string{onDovecot, onCyrus, onCourier}, mails: mailservers.Mails(1), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		must(e, e.c.AddFlags(imap4.SeqNums(1), []imap4.Flag{imap4.FlagForwarded, "tconn"}))
		want(e, "keywords", flagTexts(e, imap4.SeqNums(1))[1], `$Forwarded \Seen tconn`)
		found := must(e, e.c.Search(imap4.Query{Keyword: "tconn"}))
		wantSet(e, "search", found.Messages, "1")
		var bad *imap4.ArgumentError
		_, err := wait(e, e.c.AddFlags(imap4.SeqNums(1), []imap4.Flag{"two words"}))
		wantTrue(e, errors.As(err, &bad), "ArgumentError, got %v", err)
	}},
	{name: "copy", caps: []string{"UIDPLUS"}, mails: mailservers.Mails(4), run: func(e *env) {
		must(e, e.c.Create(e.box("Copies")))
		must(e, e.c.Select("INBOX"))
		copied := must(e, e.c.Copy(imap4.UIDs(2, 4), e.box("Copies")))
		want(e, "source", copied.Source.String(), "2,4")
		want(e, "destination", copied.Dest.Set().String(), "1:2")
		copied = must(e, e.c.Copy(imap4.SeqNums(1), e.box("Copies")))
		want(e, "third", copied.Dest.String(), "3")
		info := must(e, e.c.Select(e.box("Copies")))
		want(e, "UIDVALIDITY", info.UIDValidity, copied.UIDValidity)
		want(e, "messages", info.Exists, 3)
		refused(e, "Copy", e.c.Copy(imap4.SeqNums(1), e.box("None")), imap4.ErrTryCreate)
	}},
	{name: "copy without uidplus", on: []string{onTwisted}, mails: mailservers.Mails(2), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		wantTrue(e, must(e, e.c.Copy(imap4.SeqNums(1, 2), "Archive")).IsEmpty(), "nothing is told")
		want(e, "messages", must(e, e.c.Select("Archive")).Exists, 2)
	}},
	{name: "expunge", mails: mailservers.Mails(5), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		must(e, e.c.AddFlags(imap4.SeqNums(2, 3, 5), []imap4.Flag{imap4.FlagDeleted}))
		gone := must(e, e.c.Expunge())
		if gone.SeqNums[0] == 5 {
			wantAll(e, "gone, from the last to the first", gone.SeqNums, 5, 3, 2)
		} else {
			wantAll(e, "gone", gone.SeqNums, 2, 2, 3)
		}
		wantAll(e, "heard", e.expunged, gone.SeqNums...)
		want(e, "messages", exists(e), 2)
		uids := must(e, e.c.FetchUID(imap4.AllMessages()))
		want(e, "UID of 1", uids[1].UID, 1)
		want(e, "UID of 2", uids[2].UID, 4)
	}},
	{name: "expunge some", caps: []string{"UIDPLUS"}, mails: mailservers.Mails(4), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		must(e, e.c.AddFlags(imap4.UIDs(1, 2, 4), []imap4.Flag{imap4.FlagDeleted}))
		wantAll(e, "gone", must(e, e.c.UIDExpunge(imap4.UIDRange(2, 3))).SeqNums, 2)
		wantSet(e, "left", must(e, e.c.UIDSearch(imap4.Query{})).Messages, "1,3:4")
	}},
	{name: "close expunges", mails: mailservers.Mails(3), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		must(e, e.c.AddFlags(imap4.SeqNums(1), []imap4.Flag{imap4.FlagDeleted}))
		must(e, e.c.Close())
		want(e, "messages", must(e, e.c.Select("INBOX")).Exists, 2)
	}},
	{name: "move", caps: []string{"MOVE", "UIDPLUS"}, mails: mailservers.Mails(3), run: func(e *env) {
		must(e, e.c.Create(e.box("Old")))
		must(e, e.c.Select("INBOX"))
		moved := must(e, e.c.Move(imap4.UIDs(1, 3), e.box("Old")))
		want(e, "source", moved.Source.String(), "1,3")
		want(e, "destination", moved.Dest.Set().String(), "1:2")
		wantTrue(e, !moved.Copied && !moved.Left, "by MOVE: %+v", moved)
		want(e, "left", exists(e), 1)
		want(e, "there", must(e, e.c.Status(e.box("Old"), imap4.StatusMessages)).Messages, 2)
	}},
	{name: "move where there is no move", on: []string{onCourier, onTwisted}, mails: mailservers.Mails(3), run: func(e *env) {
		to := e.box("Old")
		must(e, e.c.Create(to))
		must(e, e.c.Select("INBOX"))
		must(e, e.c.AddFlags(imap4.UIDs(2), []imap4.Flag{imap4.FlagDeleted}))
		moved := must(e, e.c.Move(imap4.UIDs(1, 3), to))
		wantTrue(e, moved.Copied, "by COPY: %+v", moved)
		want(e, "left in the mailbox", moved.Left, e.is(onTwisted))
		if e.is(onCourier) {
			want(e, "source", moved.Source.String(), "1,3")
			wantSet(e, "nothing else is expunged", must(e, e.c.UIDSearch(imap4.Query{})).Messages, "2")
		}
		want(e, "there", must(e, e.c.Status(to, imap4.StatusMessages)).Messages, 2)
	}},
	{name: "a set that means nothing", mails: mailservers.Mails(1), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		var bad *imap4.ArgumentError
		for _, set := range []imap4.MessageSet{{}, imap4.UIDs(0), imap4.SeqNums().Union(imap4.SeqNums(1)).Remove(imap4.SeqNums(1))} {
			_, err := wait(e, e.c.FetchFlags(set))
			wantTrue(e, errors.As(err, &bad), "%v: ArgumentError, got %v", set, err)
		}
		none := must(e, e.c.FetchFlags(imap4.UIDs(4711)))
		want(e, "messages with an unknown UID", len(none), 0)
		_, err := wait(e, e.c.FetchFlags(imap4.SeqNums(4711)))
		var no *imap4.ResponseError
		wantTrue(e, err == nil || errors.As(err, &no), "a number too high is the server's to judge, got %v", err)
		must(e, e.c.Noop())
	}},
	{name: "many commands at once", live: true, mails: mailservers.Mails(30), run: func(e *env) {
		e.c.Options.Pipelining = imap4.Safe
		must(e, e.c.Select("INBOX"))
		must(e, e.c.Create(e.box("Other")))
		one := e.c.FetchFlags(imap4.AllMessages())
		two := e.c.Noop()
		three := e.c.Status(e.box("Other"), imap4.StatusMessages)
		four := e.c.Search(imap4.Query{})
		five := e.c.UIDSearch(imap4.Query{}.In(imap4.UIDs(7)))
		six := e.c.List("", "*")
		want(e, "flags", len(must(e, one)), 30)
		must(e, two)
		want(e, "status", must(e, three).Mailbox, e.box("Other"))
		wantSet(e, "search", must(e, four).Messages, "1:30")
		wantSet(e, "search by UID", must(e, five).Messages, "7")
		wantTrue(e, hasName(namesOf(must(e, six)), e.box("Other")), "Other in the list")
	}},
	{name: "many searches at once", live: true, mails: mailservers.Mails(20), run: func(e *env) {
		e.c.Options.Pipelining = imap4.Safe
		must(e, e.c.Select("INBOX"))
		var all [20]*deferred.Deferred[*imap4.SearchData]
		for i := range all {
			all[i] = e.c.UIDSearch(imap4.Query{}.In(imap4.UIDRange(uint32(i+1), 20)))
		}
		for i, d := range all {
			want(e, "messages", must(e, d).Messages.Equal(imap4.UIDRange(uint32(i+1), 20)), true)
		}
	}},
	{name: "many fetches at once", live: true, mails: mailservers.Mails(20), run: func(e *env) {
		e.c.Options.Pipelining = imap4.Safe
		must(e, e.c.Select("INBOX"))
		var all [20]*deferred.Deferred[map[uint32]*imap4.Message]
		for i := range all {
			if set := imap4.UIDs(uint32(i + 1)); i%2 == 0 {
				all[i] = e.c.FetchMessage(set)
			} else {
				all[i] = e.c.FetchEnvelope(set)
			}
		}
		for i, d := range all {
			m := must(e, d)[uint32(i+1)]
			if i%2 == 0 {
				want(e, "body", string(m.Body()), string(mailservers.Mail(i).Raw))
			} else {
				wantTrue(e, m.Envelope != nil && strings.HasPrefix(m.Envelope.MessageID, "<mail-"), "envelope %+v", m.Envelope)
			}
		}
	}},
}
