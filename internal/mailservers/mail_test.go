package mailservers

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"
)

func TestMailIsTheSameEachTime(t *testing.T) {
	ids := make(map[string]bool)
	for i := range 3 * len(mailKinds) {
		m, again := Mail(i), Mail(i)
		if !bytes.Equal(m.Raw, again.Raw) || !m.Date.Equal(again.Date) || m.Name != again.Name {
			t.Errorf("Mail(%d): got two that differ, want the same", i)
		}
		if bare := bytes.Count(m.Raw, []byte("\n")) - bytes.Count(m.Raw, []byte("\r\n")); bare != 0 || bytes.Contains(m.Raw, []byte("%!")) {
			t.Errorf("Mail(%d): got %q, want each line to end in CRLF", i, m.Raw)
		}
		parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
		if err != nil {
			t.Fatalf("Mail(%d), %s: got %v, want a mail", i, m.Name, err)
		}
		if date, err := parsed.Header.Date(); err != nil || !date.Equal(m.Date) {
			t.Errorf("Mail(%d): got date %v, %v, want %v", i, date, err, m.Date)
		}
		ids[parsed.Header.Get("Message-ID")] = true
		wantContent(t, m.Name, parsed.Header.Get("Content-Type"), parsed.Body)
	}
	if want := 3 * len(mailKinds); len(ids) != want {
		t.Errorf("Message-IDs: got %d different ones, want %d", len(ids), want)
	}
	if got := Mails(3); len(got) != 3 || !bytes.Equal(got[2].Raw, Mail(2).Raw) {
		t.Errorf("Mails(3): got %d that end otherwise, want Mail(0) to Mail(2)", len(got))
	}
}

// wantContent reads all parts of parts.
func wantContent(t *testing.T, name, contentType string, body io.Reader) {
	t.Helper()
	kind, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatalf("%s: got content type %q, %v, want a good one", name, contentType, err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		return
	}
	parts := multipart.NewReader(body, parameters["boundary"])
	for count := 0; ; count++ {
		part, err := parts.NextPart()
		if err == io.EOF && count >= 2 {
			return
		}
		if err != nil {
			t.Fatalf("%s: got %v after %d parts, want two or more", name, err, count)
		}
		wantContent(t, name, part.Header.Get("Content-Type"), part)
	}
}

func TestSizedHasItsSize(t *testing.T) {
	for _, size := range []int{1000, 5000, 100_000} {
		if got := len(Sized(1, size).Raw); got < size || got > size+100 {
			t.Errorf("Sized(1, %d): got %d octets, want so many and less than a line more", size, got)
		}
	}
	if got := Sized(7, 5000).Raw; !bytes.Contains(got, []byte("\r\n.")) {
		t.Error("Sized(7, 5000): got no line that begins with a dot, want some")
	}
}

func TestQuirksAreWhatTheyAreCalled(t *testing.T) {
	quirks := make(map[string]string)
	for _, m := range Quirks() {
		quirks[m.Name] = string(m.Raw)
	}
	if len(quirks) != 13 {
		t.Errorf("got %d quirks, want 13", len(quirks))
	}
	for name, part := range map[string]string{
		"dots": "\r\n.\r\n..\r\n", "blank lines and a dot": "\r\n\r\n.\r\n\r\n", "bare CR": "bare\rcr", "NUL": "\x00", "8bit": "世界",
		"a line of 100,000 octets": strings.Repeat("D", 100_000), "binary": "\xfe\xff", "From at the start of lines": "\r\nFrom ",
	} {
		if !strings.Contains(quirks[name], part) {
			t.Errorf("%s: got %.300q, want %.60q in it", name, quirks[name], part)
		}
	}
	for name, end := range map[string]string{
		"no line end at the end": "no newline", "empty body": "charset=utf-8\r\n\r\n", "header only": "no blank line\r\n",
	} {
		if !strings.HasSuffix(quirks[name], end) {
			t.Errorf("%s: got %q, want %q at its end", name, quirks[name], end)
		}
	}
	takesAll, takesNoNUL := &Server{Product: "Dovecot"}, &Server{Product: "Cyrus"}
	if all, some := len(takesAll.Quirks()), len(takesNoNUL.Quirks()); all != 13 || some != 12 {
		t.Errorf("quirks for Dovecot and Cyrus: got %d and %d, want 13 and 12", all, some)
	}
}

func TestLettersOfFlags(t *testing.T) {
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{nil, ""},
		{[]string{`\Seen`}, "S"},
		{[]string{`\Deleted`, `\Seen`, `\Answered`, `\Flagged`, `\Draft`, "$Keyword"}, "DFRST"},
	} {
		if got := (Message{Flags: c.flags}).letters(); got != c.want {
			t.Errorf("%q: got %q, want %q", c.flags, got, c.want)
		}
	}
}
