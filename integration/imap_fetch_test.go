package integration

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/imap4"
)

// fetched is what a FETCH tells, in its order.
func fetched(e *env, set imap4.MessageSet, o imap4.FetchOptions) []*imap4.Message {
	e.t.Helper()
	var all []*imap4.Message
	must(e, e.c.Fetch(set, o, func(m *imap4.Message) { all = append(all, m) }))
	for _, m := range all {
		if m.Err != nil {
			e.t.Errorf("message %d: got %v, want all of it", m.SeqNum, m.Err)
		}
	}
	return all
}

// section is one section of a message, which must be there.
func section(e *env, m *imap4.Message, asked imap4.BodySection) string {
	e.t.Helper()
	s, ok := m.Section(asked)
	if !ok {
		e.fatalf("%v: got no such section of message %d, want one: %+v", asked, m.SeqNum, m.Sections)
	}
	return string(s.Bytes)
}

// header and text of a mail as it was sent.
func halves(raw []byte) (header, text string) {
	before, after, _ := strings.Cut(string(raw), "\r\n\r\n")
	return before + "\r\n\r\n", after
}

// modest are the odd mails that every server gives back as they were.
func modest() []mailservers.Message {
	return slices.DeleteFunc(mailservers.Quirks(), func(m mailservers.Message) bool {
		return len(m.Raw) > 10_000 || slices.Contains([]string{"NUL", "bare CR", "no line end at the end"}, m.Name)
	})
}

func fillQuirks(t *testing.T, server *mailservers.Server, user mailservers.User) {
	server.Fill(t, user, "INBOX", server.Quirks()...)
}

// rawBodies reads the messages of INBOX without the library.
func rawBodies(e *env, n int) []string {
	s := dialTLS(e.t, e.server)
	s.line()
	s.command("r1", `LOGIN "`+e.user.Name+`" "`+e.user.Password+`"`)
	s.command("r2", "EXAMINE INBOX")
	var bodies []string
	for i := range n {
		_, _ = fmt.Fprintf(s.conn, "f%d FETCH %d BODY.PEEK[]\r\n", i, i+1)
		line := s.line()
		size, err := strconv.Atoi(strings.TrimSuffix(line[strings.LastIndexByte(line, '{')+1:], "}"))
		if err != nil {
			e.fatalf("got %q, want a literal", line)
		}
		body := make([]byte, size)
		if _, err := io.ReadFull(s.in, body); err != nil {
			e.fatalf("got %v, want none", err)
		}
		bodies = append(bodies, string(body))
		for !strings.HasPrefix(s.line(), fmt.Sprintf("f%d OK", i)) {
		}
	}
	return bodies
}

// sink keeps what comes.
type sink struct {
	bytes.Buffer
	writes int
	done   []error
}

// Write takes a piece.
func (s *sink) Write(p []byte) (int, error) { s.writes++; return s.Buffer.Write(p) }

// Done notes the end.
func (s *sink) Done(err error) { s.done = append(s.done, err) }

// fetchCases ask about messages.
var fetchCases = []imapCase{
	{name: "fetch envelopes", mails: mailservers.Mails(12), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		all := must(e, e.c.FetchAll(imap4.AllMessages()))
		want(e, "messages", len(all), 12)
		for i := range 12 {
			mail, m := mailservers.Mail(i), all[uint32(i+1)]
			want(e, "size of "+mail.Name, m.Size, int64(len(mail.Raw)))
			wantTrue(e, m.Envelope != nil, "an envelope: %+v", m)
			if !e.is(onTwisted) { // whose messages are appended without a date
				want(e, "INTERNALDATE", m.InternalDate.Unix(), mail.Date.Unix())
			}
			want(e, "\\Seen", m.HasFlag(imap4.FlagSeen), i%3 == 0)
			date, ok := m.Envelope.Time()
			want(e, "Date", ok && date.Equal(mail.Date), true)
		}
		want(e, "subject", all[2].Envelope.DecodedSubject(), "Grüße aus Köln 1")
		want(e, "from", all[1].Envelope.From[0].String(), "Sender 0 <sender0@example.org>")
		want(e, "message id", all[1].Envelope.MessageID, "<mail-0@example.org>")
		want(e, "in reply to", all[2].Envelope.InReplyTo, "<mail-0@example.org>")
		want(e, "Cc of mail to many", len(all[8].Envelope.Cc), 31)
	}},
	{name: "fetch structures", mails: mailservers.Mails(12), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		all := must(e, e.c.FetchBodyStructure(imap4.AllMessages()))
		plain := all[1].BodyStructure
		want(e, "plain", plain.Type+"/"+plain.Subtype, "text/plain")
		want(e, "charset", plain.Params.Get("charset"), "utf-8")
		alternative := all[3].BodyStructure
		want(e, "alternative", alternative.Type+"/"+alternative.Subtype, "multipart/alternative")
		want(e, "parts", len(alternative.Children), 2)
		want(e, "second part", alternative.Part(2).Subtype, "html")
		if e.is(onTwisted) {
			return // it tells neither dispositions nor the parts of messages in messages
		}
		want(e, "file name", all[4].BodyStructure.Part(2).Filename(), "bytes.bin")
		want(e, "encoding", all[4].BodyStructure.Part(2).Encoding, "base64")
		inner := all[6].BodyStructure.Part(2)
		want(e, "forwarded", inner.Type+"/"+inner.Subtype, "message/rfc822")
		want(e, "its envelope", inner.Envelope.Subject, "The message 1005 in it")
		want(e, "its body", inner.Body.Type, "text")
		nested := all[7].BodyStructure
		want(e, "nested", nested.Part(1, 2).Subtype, "html")
		want(e, "its file", nested.Part(3).Filename(), "über.txt")
		short := must(e, e.c.FetchSimplifiedBody(imap4.SeqNums(7)))[7].BodyStructure
		want(e, "short form", short.Part(1, 2).Subtype, "html")
	}},
	{name: "fetch forms", mails: mailservers.Mails(3), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		set := imap4.SeqNums(2)
		header, text := halves(mailservers.Mail(1).Raw)
		want(e, "UID", must(e, e.c.FetchUID(set))[2].UID, 2)
		want(e, "size", must(e, e.c.FetchSize(set))[2].Size, int64(len(header)+len(text)))
		wantTrue(e, must(e, e.c.FetchInternalDate(set))[2].Has(imap4.ItemInternalDate), "a date")
		wantTrue(e, must(e, e.c.FetchFast(set))[2].Has(imap4.ItemsFast), "FAST")
		wantTrue(e, must(e, e.c.FetchFull(set))[2].Has(imap4.ItemsFull), "FULL")
		wantTrue(e, must(e, e.c.FetchEnvelope(set))[2].Has(imap4.ItemEnvelope), "ENVELOPE")
		m := must(e, e.c.FetchHeaders(set))[2]
		if !e.is(onTwisted) { // it writes headers anew
			want(e, "header", section(e, m, imap4.BodySection{Specifier: imap4.SpecifierHeader}), header)
		}
		want(e, "\\Seen after that", must(e, e.c.FetchFlags(set))[2].HasFlag(imap4.FlagSeen), false)
		m = must(e, e.c.FetchBody(set))[2]
		want(e, "text", section(e, m, imap4.BodySection{Specifier: imap4.SpecifierText}), text)
		m = must(e, e.c.FetchMessage(imap4.UIDs(2)))[2]
		want(e, "message", string(m.Body()), header+text)
		if !e.is(onTwisted) {
			want(e, "\\Seen after that", must(e, e.c.FetchFlags(set))[2].HasFlag(imap4.FlagSeen), true)
		}
	}},
	{name: "fetch sections", mails: mailservers.Mails(12), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		asked := []imap4.BodySection{
			{Peek: true, Part: []int{1}},
			{Peek: true, Part: []int{2}, Specifier: imap4.SpecifierMIME},
			{Peek: true, Specifier: imap4.SpecifierHeaderFields, Fields: []string{"Subject", "X-None"}},
			{Peek: true, Specifier: imap4.SpecifierHeaderFieldsNot, Fields: []string{"Received", "Return-Path", "Message-ID", "In-Reply-To", "References", "Date"}},
		}
		all := fetched(e, imap4.SeqNums(4), imap4.FetchOptions{Sections: asked})
		if len(all) == 0 {
			e.fatalf("got no message, want one")
		}
		m := all[0]
		want(e, "part 1", section(e, m, asked[0]), "See the file.")
		if e.is(onTwisted) {
			return // its MIME headers and fields are not those that were sent
		}
		wantTrue(e, strings.HasPrefix(section(e, m, asked[1]), "Content-Type: application/octet-stream; name=\"bytes.bin\"\r\n"), "%q", section(e, m, asked[1]))
		want(e, "fields", section(e, m, asked[2]), "Subject: Message 3 with a file\r\n\r\n")
		got := section(e, m, asked[3])
		wantTrue(e, strings.HasPrefix(got, "From: Sender 3 <sender3@example.org>\r\n") && !strings.Contains(got, "Received"), "%q", got)
		inner := imap4.BodySection{Peek: true, Part: []int{2}, Specifier: imap4.SpecifierHeader}
		m = fetched(e, imap4.UIDs(6), imap4.FetchOptions{Sections: []imap4.BodySection{inner}})[0]
		wantTrue(e, strings.Contains(section(e, m, inner), "Subject: The message 1005 in it\r\n"), "%q", section(e, m, inner))
	}},
	{name: "fetch parts of a message", on: []string{onDovecot, onCyrus, onCourier}, mails: mailservers.Mails(2), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		raw := string(mailservers.Mail(0).Raw)
		read := func(offset, count int64) string {
			m := must(e, e.c.FetchSpecific(imap4.UIDs(1), imap4.BodySection{Peek: true, Offset: offset, Count: count}))[1]
			return section(e, m, imap4.BodySection{Offset: offset})
		}
		want(e, "the beginning", read(0, 100), raw[:100])
		want(e, "the middle", read(100, 50), raw[100:150])
		want(e, "up to the end", read(int64(len(raw)-10), 100), raw[len(raw)-10:])
		want(e, "behind the end", read(int64(len(raw)+10), 100), "")
	}},
	{name: "fetch a part that is not there", mails: mailservers.Mails(1), on: []string{onDovecot, onCyrus, onCourier}, run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		asked := imap4.BodySection{Peek: true, Part: []int{9}}
		for _, m := range fetched(e, imap4.SeqNums(1), imap4.FetchOptions{Sections: []imap4.BodySection{asked}}) {
			s, ok := m.Section(asked)
			wantTrue(e, ok && len(s.Bytes) == 0, "nothing: %+v", s)
		}
	}},
	{name: "odd mails", mails: modest(), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		wantMails(e, modest())
		all := must(e, e.c.FetchFull(imap4.AllMessages()))
		want(e, "messages", len(all), len(modest()))
		for n, m := range all {
			want(e, "damage", m.Err, nil)
			wantTrue(e, m.BodyStructure != nil && m.Envelope != nil, "message %d: structure and envelope", n)
		}
	}},
	{name: "all odd mails", live: true, prepare: fillQuirks, run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		raw := rawBodies(e, len(e.server.Quirks()))
		all := fetched(e, imap4.AllUIDs(), imap4.FetchOptions{Items: imap4.ItemsFull, Sections: []imap4.BodySection{{Peek: true}}})
		want(e, "messages", len(all), len(raw))
		for i, m := range all {
			want(e, e.server.Quirks()[i].Name, string(m.Body()), raw[i])
			want(e, "size", m.Size, int64(len(raw[i])))
		}
	}},
	{name: "fetch to a sink", mails: mailservers.Mails(12), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		sinks := map[uint32]*sink{}
		options := imap4.FetchOptions{Sections: []imap4.BodySection{{Peek: true}}}
		options.Sink = func(m imap4.LiteralMeta) imap4.LiteralSink {
			sinks[m.SeqNum] = &sink{}
			return sinks[m.SeqNum]
		}
		all := fetched(e, imap4.AllUIDs(), options)
		want(e, "messages", len(all), 12)
		for i, m := range all {
			mail := mailservers.Mail(i)
			s := sinks[m.SeqNum]
			if s == nil {
				e.fatalf("got no literal of message %d, want one", m.SeqNum)
			}
			want(e, mail.Name, s.String(), string(mail.Raw))
			wantAll(e, "ends of "+mail.Name, s.done, nil)
			wantTrue(e, m.Body() == nil, "nothing is kept")
		}
	}},
	{name: "fetch borrowed messages", mails: mailservers.Mails(6), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		var kept []*imap4.Message
		options := imap4.FetchOptions{Items: imap4.ItemsFull, Sections: []imap4.BodySection{{Peek: true}}, Borrow: true}
		n := must(e, e.c.Fetch(imap4.AllMessages(), options, func(m *imap4.Message) { kept = append(kept, m.Clone()) }))
		want(e, "messages", n, 6)
		for i, m := range kept {
			want(e, "body", string(m.Body()), string(mailservers.Mail(i).Raw))
		}
	}},
	{name: "binary", caps: []string{"BINARY"}, mails: mailservers.Mails(6), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		asked := imap4.BodySection{Peek: true, Part: []int{2}, Binary: true}
		m := fetched(e, imap4.SeqNums(4), imap4.FetchOptions{Sections: []imap4.BodySection{asked}, BinarySizes: [][]int{{2}}})[0]
		data := make([]byte, 700)
		for n := range data {
			data[n] = byte(n*7 + 3)
		}
		want(e, "octets", section(e, m, asked), string(data))
		var size int64
		for _, s := range m.Sections {
			if s.State == imap4.SectionSizeOnly {
				size = s.Size
			}
		}
		want(e, "BINARY.SIZE", size, 700)
		message := "Subject: octets\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n\x01\xff\x02\r\n"
		must(e, e.c.Append("INBOX", imap4.AppendMessage{Body: strings.NewReader(message), Binary: true}))
		must(e, e.c.Noop())
		m = fetched(e, imap4.SeqNums(7), imap4.FetchOptions{Sections: []imap4.BodySection{{Peek: true, Part: []int{1}, Binary: true}}})[0]
		want(e, "octets again", section(e, m, imap4.BodySection{Part: []int{1}, Binary: true}), "\x01\xff\x02\r\n")
	}},
	{name: "save dates", caps: []string{"SAVEDATE"}, mails: mailservers.Mails(2), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		m := fetched(e, imap4.SeqNums(1), imap4.FetchOptions{Items: imap4.ItemSaveDate | imap4.ItemInternalDate})[0]
		wantTrue(e, m.SaveDate.Sub(m.InternalDate) > 24*time.Hour, "saved long after %v: %v", m.InternalDate, m.SaveDate)
		found := must(e, e.c.Search(imap4.Query{SavedSince: m.SaveDate.AddDate(0, 0, -2)}))
		wantSet(e, "saved since two days before", found.Messages, "1:2")
		found = must(e, e.c.Search(imap4.Query{SavedBefore: m.SaveDate.AddDate(0, 0, -2)}))
		want(e, "saved before", found.Count, 0)
		found = must(e, e.c.Search(imap4.Query{SaveDateSupported: true}))
		wantSet(e, "SAVEDATESUPPORTED", found.Messages, "1:2")
	}},
	{name: "previews", caps: []string{"PREVIEW"}, mails: mailservers.Mails(3), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		all := fetched(e, imap4.AllMessages(), imap4.FetchOptions{Items: imap4.ItemPreview})
		want(e, "messages", len(all), 3)
		_, text := halves(mailservers.Mail(0).Raw)
		start := strings.Join(strings.Fields(text)[:4], " ")
		if e.is(onDovecot) {
			wantTrue(e, strings.HasPrefix(all[0].Preview, start), "%q begins with %q", all[0].Preview, start)
		}
		lazy := fetched(e, imap4.AllMessages(), imap4.FetchOptions{Items: imap4.ItemPreview, PreviewLazy: true})
		want(e, "messages", len(lazy), 3)
	}},
	{name: "digests", caps: []string{"DIGEST=SHA1"}, mails: mailservers.Mails(1), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		m := fetched(e, imap4.SeqNums(1), imap4.FetchOptions{Extra: []string{"DIGEST.SHA1"}})[0]
		sum := sha1.Sum(mailservers.Mail(0).Raw)
		wantTrue(e, len(m.Extra) == 1 && strings.EqualFold(m.Extra[0].Raw, hex.EncodeToString(sum[:])), "%+v", m.Extra)
	}},
	{name: "items of one's own", caps: []string{"PREVIEW=FUZZY"}, mails: mailservers.Mails(1), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		m := fetched(e, imap4.SeqNums(1), imap4.FetchOptions{Extra: []string{"X-GUID"}})[0]
		wantTrue(e, len(m.Extra) == 1 && m.Extra[0].Name == "X-GUID" && m.Extra[0].Raw != "", "%+v", m.Extra)
	}},
}

// wantMails compares the messages of the selected mailbox with those that were sent, to the octet.
func wantMails(e *env, mails []mailservers.Message) {
	e.t.Helper()
	all := fetched(e, imap4.AllUIDs(), imap4.FetchOptions{Items: imap4.ItemSize, Sections: []imap4.BodySection{{Peek: true}}})
	want(e, "messages", len(all), len(mails))
	for i, m := range all {
		want(e, "size of "+mails[i].Name, m.Size, int64(len(mails[i].Raw)))
		if got := m.Body(); !bytes.Equal(got, mails[i].Raw) {
			e.t.Errorf("%s: got %.300q, want %.300q", mails[i].Name, got, mails[i].Raw)
		}
	}
}
