package mailservers

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// Message is a mail to fill a mailbox with.
type Message struct {
	Name  string    // what is special about it
	Raw   []byte    // as it is sent, with CRLF
	Flags []string  // such as \Seen
	Date  time.Time // when it was received; with whole seconds
}

// firstDate is the date of Mail(0).
var firstDate = time.Date(2023, time.November, 14, 22, 0, 0, 0, time.UTC)

// Mail makes the ordinary mail number i, always the same for the same i: of plain text, HTML, alternatives, with attachments, forwarded
// mails, and with headers that are long, folded, encoded, or have groups and comments in their addresses. Lines end in CRLF, bodies are ASCII.
func Mail(i int) Message {
	kind := mailKinds[i%len(mailKinds)]
	m := Message{Name: kind.name, Date: firstDate.Add(time.Duration(i) * time.Minute)}
	if i%3 == 0 {
		m.Flags = []string{`\Seen`}
	}
	m.Raw = crlf(commonHeader(i, kind.subject, m.Date) + kind.rest(i))
	return m
}

// Mails are Mail(0) to Mail(n-1).
func Mails(n int) []Message {
	all := make([]Message, n)
	for i := range all {
		all[i] = Mail(i)
	}
	return all
}

// Sized is a plain text mail of about size octets, all of them counted, with lines that begin with a dot here and there.
func Sized(i, size int) Message {
	m := Message{Name: "sized", Date: firstDate.Add(time.Duration(i) * time.Minute)}
	var b strings.Builder
	b.WriteString(commonHeader(i, "A mail of a certain size", m.Date))
	b.WriteString("Content-Type: text/plain; charset=us-ascii\n\n")
	for n := 0; b.Len()+n < size; n++ { // n line ends become two octets
		line := words(i+n, 4+n%9)
		if n%16 == 15 {
			line = "." + line
		}
		b.WriteString(line + "\n")
	}
	m.Raw = crlf(b.String())
	return m
}

var mailKinds = []struct {
	name, subject string
	rest          func(i int) string // headers of the content, blank line, body
}{
	{"plain text", "Message %d", func(i int) string {
		return textPart("plain", paragraph(i))
	}},
	{"encoded subject", "=?utf-8?q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln?= %d", func(i int) string {
		return "Content-Transfer-Encoding: quoted-printable\n" + textPart("plain", "=C3=A4=C3=B6=C3=BC =E2=80=93 =E4=B8=96=E7=95=8C\n"+paragraph(i))
	}},
	{"alternative", "Message %d in two forms", func(i int) string {
		return severalParts("alternative", i, textPart("plain", paragraph(i)), textPart("html", "<p>"+paragraph(i)+"</p>\n"))
	}},
	{"attachment", "Message %d with a file", func(i int) string {
		return severalParts("mixed", i, textPart("plain", "See the file.\n"), attachment("bytes.bin", i, 700))
	}},
	{"long folded subject", "Message %d, which has so much to tell in its subject that the line\n had to be folded, once\n\tand again with a tab", func(i int) string {
		return textPart("plain", paragraph(i))
	}},
	{"forwarded", "Fwd: message %d", func(i int) string {
		inner := commonHeader(i+1000, "The message %d in it", firstDate) + textPart("plain", paragraph(i+1))
		return severalParts("mixed", i, textPart("plain", "Look at this.\n"), "Content-Type: message/rfc822\n\n"+inner)
	}},
	{"nested", "Message %d, parts in parts", func(i int) string {
		both := severalParts("alternative", i+1, textPart("plain", paragraph(i)), textPart("html", "<p>both</p>\n"))
		return severalParts("mixed", i, both, attachment("table.csv", i, 90), attachment("=?utf-8?q?=C3=BCber.txt?=", i, 30))
	}},
	{"many recipients", "Message %d to all", func(i int) string {
		var b strings.Builder
		b.WriteString("Cc: ")
		for n := range 30 {
			fmt.Fprintf(&b, "\"Person, %d\" <person%d@example.org>,\n ", n, n)
		}
		return b.String() + "last@example.org\n" + textPart("plain", paragraph(i))
	}},
	{"groups and comments", "Message %d from (somebody)", func(i int) string {
		return "Cc: A Group: one@example.org, \"T. \\\"Two\\\"\" <two@example.org>;, undisclosed-recipients:;\n" +
			"Bcc: three@example.org (a comment (in a comment))\nReply-To: <answers@example.org>, \"\" <quoted@[192.0.2.1]>\n" + textPart("plain", paragraph(i))
	}},
	{"HTML only", "Message %d in colours", func(i int) string {
		return "Content-Language: en\nContent-Location: http://example.org/page\n" + textPart("html", "<html><body>"+paragraph(i)+"</body></html>\n")
	}},
	{"dots", "Message %d has dots", func(int) string {
		return textPart("plain", ".\n..\n...\n.leading dot\n..two of them\nend\n")
	}},
	{"empty body", "Message %d says nothing", func(int) string {
		return textPart("plain", "")
	}},
}

// commonHeader has a %d in its subject for the number.
func commonHeader(i int, subject string, date time.Time) string {
	if strings.Contains(subject, "%d") {
		subject = fmt.Sprintf(subject, i)
	}
	return fmt.Sprintf("Return-Path: <sender%d@example.org>\nReceived: from a.example.org by b.example.org; %s\nDate: %s\n"+
		"From: Sender %d <sender%d@example.org>\nTo: Test <test@example.org>\nSubject: %s\nMessage-ID: <mail-%d@example.org>\n"+
		"In-Reply-To: <mail-%d@example.org>\nReferences: <mail-%d@example.org>\nMIME-Version: 1.0\n",
		i, date.Format(time.RFC1123Z), date.Format(time.RFC1123Z), i, i, subject, i, i-i%4, i-i%4)
}

func textPart(kind, body string) string {
	return "Content-Type: text/" + kind + "; charset=utf-8\n\n" + body
}

func severalParts(kind string, i int, parts ...string) string {
	boundary := fmt.Sprintf("=_%s_%d", kind, i)
	var b strings.Builder
	fmt.Fprintf(&b, "Content-Type: multipart/%s; boundary=\"%s\"\n\nThis is a message of several parts.\n", kind, boundary)
	for _, part := range parts {
		b.WriteString("--" + boundary + "\n" + part)
		if !strings.HasSuffix(part, "\n") {
			b.WriteString("\n")
		}
	}
	b.WriteString("--" + boundary + "--\n")
	return b.String()
}

func attachment(name string, i, size int) string {
	data := make([]byte, size)
	for n := range data {
		data[n] = byte(n*7 + i)
	}
	encoded := base64.StdEncoding.EncodeToString(data)
	var b strings.Builder
	fmt.Fprintf(&b, "Content-Type: application/octet-stream; name=\"%s\"\nContent-Disposition: attachment; filename=\"%s\"\n", name, name)
	fmt.Fprintf(&b, "Content-ID: <part-%d@example.org>\nContent-Description: a file\nContent-Transfer-Encoding: base64\n\n", i)
	for len(encoded) > 72 {
		b.WriteString(encoded[:72] + "\n")
		encoded = encoded[72:]
	}
	b.WriteString(encoded + "\n")
	return b.String()
}

var vocabulary = strings.Fields("the reactor calls a protocol when data comes in and never waits for it so that one thread is enough for many connections")

func words(seed, count int) string {
	chosen := make([]string, count)
	for n := range chosen {
		chosen[n] = vocabulary[(seed*5+n*7+seed*n)%len(vocabulary)]
	}
	return strings.Join(chosen, " ")
}

func paragraph(i int) string {
	var b strings.Builder
	for n := range 3 + i%5 {
		b.WriteString(words(i+n, 6+(i+n)%6) + "\n")
	}
	return b.String()
}

// crlf turns lone LFs into CRLF.
func crlf(text string) []byte { return []byte(strings.ReplaceAll(text, "\n", "\r\n")) }
