package integration

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/imap4"
)

var appendDate = time.Date(2021, time.March, 4, 5, 6, 7, 0, time.FixedZone("", 3600))

// appendCases add messages.
var appendCases = []imapCase{
	{name: "append", run: func(e *env) {
		raw := mailservers.Mail(3).Raw
		message := imap4.AppendMessage{Body: bytes.NewReader(raw), Flags: []imap4.Flag{imap4.FlagSeen, imap4.FlagDraft}, Date: appendDate}
		stored := must(e, e.c.Append("INBOX", message))
		want(e, "stored", stored.Stored, 1)
		if e.has("UIDPLUS") {
			want(e, "UID", stored.UIDs.String(), "1")
		}
		must(e, e.c.Append("INBOX", imap4.Bytes([]byte("Subject: small\r\n\r\nx\r\n"))))
		must(e, e.c.Select("INBOX"))
		m := fetched(e, imap4.UIDs(1), imap4.FetchOptions{Items: imap4.ItemsFast, Sections: []imap4.BodySection{{Peek: true}}})[0]
		want(e, "body", string(m.Body()), string(raw))
		want(e, "date", m.InternalDate.Equal(appendDate), true)
		want(e, "flags", flagText(m.Flags), `\Draft \Seen`)
	}},
	{name: "literals that need no consent", caps: []string{"LITERAL+"}, run: func(e *env) {
		must(e, e.c.Append("INBOX", imap4.AppendMessage{Body: strings.NewReader("Subject: a\r\n\r\nb\r\n")}))
		must(e, e.c.Select("INBOX"))
		found := must(e, e.c.Search(imap4.Query{Header: []imap4.HeaderMatch{{Name: "Subject", Text: "a"}}}))
		want(e, "found", found.Count, 1)
	}},
	{name: "append several", run: func(e *env) {
		var messages []imap4.AppendMessage
		for i := range 3 {
			messages = append(messages, imap4.AppendMessage{Body: bytes.NewReader(mailservers.Mail(i).Raw), Date: appendDate})
		}
		stored := must(e, e.c.Append("INBOX", messages...))
		want(e, "stored", stored.Stored, 3)
		if e.has("UIDPLUS") {
			want(e, "UIDs", stored.UIDs.Set().String(), "1:3")
		}
		must(e, e.c.Select("INBOX"))
		wantMails(e, mailservers.Mails(3))
	}},
	{name: "multiappend", caps: []string{"MULTIAPPEND"}, run: func(e *env) {
		one, two := imap4.Bytes(mailservers.Mail(0).Raw), imap4.Bytes(mailservers.Mail(1).Raw)
		stored := must(e, e.c.Append("INBOX", one, two))
		want(e, "UIDs", stored.UIDs.String(), "1:2")
		_, err := wait(e, e.c.Append(e.box("None"), imap4.Bytes([]byte("x")), imap4.Bytes([]byte("y"))))
		wantTrue(e, errors.Is(err, imap4.ErrTryCreate), "ErrTryCreate, got %v", err)
	}},
	{name: "catenate", caps: []string{"CATENATE"}, mails: mailservers.Mails(2), run: func(e *env) {
		validity := must(e, e.c.Status("INBOX", imap4.StatusUIDValidity)).UIDValidity
		header, text := halves(mailservers.Mail(1).Raw)
		url := fmt.Sprintf("/INBOX;UIDVALIDITY=%d/;UID=2/;SECTION=TEXT", validity)
		parts := []imap4.CatenatePart{imap4.CatenateText([]byte("Subject: new\r\n\r\n")), imap4.CatenateURL(url), imap4.CatenateText([]byte("the end\r\n"))}
		must(e, e.c.Append("INBOX", imap4.AppendMessage{Parts: parts, Flags: []imap4.Flag{imap4.FlagSeen}}))
		must(e, e.c.Select("INBOX"))
		got := must(e, e.c.FetchMessage(imap4.UIDs(3)))[3]
		want(e, "body", string(got.Body()), "Subject: new\r\n\r\n"+text+"the end\r\n")
		wantTrue(e, header != "", "there is a header")
		bad := imap4.AppendMessage{Parts: []imap4.CatenatePart{imap4.CatenateURL("/INBOX/;UID=4711")}}
		refused(e, "a URL of nothing", e.c.Append("INBOX", bad), imap4.ErrBadURL)
	}},
	{name: "parts of a URL", caps: []string{"URL-PARTIAL", "CATENATE"}, mails: mailservers.Mails(1), run: func(e *env) {
		validity := must(e, e.c.Status("INBOX", imap4.StatusUIDValidity)).UIDValidity
		url := fmt.Sprintf("/INBOX;UIDVALIDITY=%d/;UID=1/;PARTIAL=0.40", validity)
		must(e, e.c.Append("INBOX", imap4.AppendMessage{Parts: []imap4.CatenatePart{imap4.CatenateURL(url)}}))
		must(e, e.c.Select("INBOX"))
		want(e, "body", string(must(e, e.c.FetchMessage(imap4.UIDs(2)))[2].Body()), string(mailservers.Mail(0).Raw[:40]))
	}},
	{name: "replace", caps: []string{"UIDPLUS"}, mails: mailservers.Mails(3), run: func(e *env) {
		must(e, e.c.Select("INBOX"))
		stored := must(e, e.c.Replace(imap4.UIDs(2), "INBOX", imap4.Bytes([]byte("Subject: other\r\n\r\nx\r\n"))))
		want(e, "UID", stored.UIDs.String(), "4")
		must(e, e.c.Noop())
		wantSet(e, "left", must(e, e.c.UIDSearch(imap4.Query{})).Messages, "1,3:4")
	}},
	{name: "append what is short", live: true, run: func(e *env) {
		_, err := wait(e, e.c.Append("INBOX", imap4.AppendMessage{Body: strings.NewReader("too short"), Size: 100}))
		wantTrue(e, err != nil, "an error")
		status := must(e, e.login(e.user).Status("INBOX", imap4.StatusMessages))
		want(e, "messages", status.Messages, 0)
	}},
	{name: "append a stream", live: true, run: func(e *env) {
		const size = 50 << 20
		body := io.MultiReader(strings.NewReader("Subject: large\r\n\r\n"), &lines{left: size})
		total := int64(size) + 18
		stored := must(e, e.c.Append("INBOX", imap4.AppendMessage{Body: body, Size: total}))
		want(e, "stored", stored.Stored, 1)
		must(e, e.c.Select("INBOX"))
		counted := &counter{}
		options := imap4.FetchOptions{Items: imap4.ItemSize, Sections: []imap4.BodySection{{Peek: true}}}
		options.Sink = func(imap4.LiteralMeta) imap4.LiteralSink { return counted }
		m := fetched(e, imap4.SeqNums(1), options)[0]
		want(e, "size", m.Size, total)
		want(e, "octets", counted.octets, total)
		wantTrue(e, counted.largest <= 1<<20, "pieces are small: %d", counted.largest)
		wantAll(e, "ends", counted.done, nil)
	}},
}

// lines is text of so many octets, lines of 64.
type lines struct{ left int }

// Read gives whole lines, and never much.
func (l *lines) Read(p []byte) (int, error) {
	if l.left == 0 {
		return 0, io.EOF
	}
	n := 0
	for n+64 <= len(p) && l.left > 0 {
		n += copy(p[n:], "0123456789012345678901234567890123456789012345678901234567890.\r\n")
		l.left -= 64
	}
	return n, nil
}

// counter is a sink that keeps nothing.
type counter struct {
	octets  int64
	largest int
	done    []error
}

// Write counts.
func (c *counter) Write(p []byte) (int, error) {
	c.octets += int64(len(p))
	c.largest = max(c.largest, len(p))
	return len(p), nil
}

// Done notes the end.
func (c *counter) Done(err error) { c.done = append(c.done, err) }
