package main

import (
	"fmt"
	"strings"
)

// smallBody is the size of the messages of which there are many, largeBody of those of which there are few.
const (
	smallBody = 3 << 10
	largeBody = 10_000_000
)

var (
	mailPeople  = []string{"Ada Lovelace", "Grace Hopper", "Alan Turing", "Barbara Liskov", "Edsger Dijkstra", "Margaret Hamilton", "Donald Knuth"}
	mailDomains = []string{"example.org", "mail.example.com", "lists.example.net", "example.edu"}
	mailTopics  = []string{"Minutes of the meeting", "=?UTF-8?Q?Entw=C3=BCrfe_f=C3=BCr_morgen?=", "Re: the figures of this quarter", "Invoice 2026-0417", "[dev] a patch for the parser", "Fwd: tickets"}
	mailFlags   = []string{"\\Seen", "\\Seen \\Answered", "", "\\Seen \\Flagged $Forwarded", "\\Seen NonJunk"}
	mailMonths  = []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
)

// mail is message i of the mailboxes, counted from 1.
type mail int

func pick(list []string, i int) string { return list[i%len(list)] }

func (m mail) address(i int) (name, mailbox, domain string) {
	name = pick(mailPeople, int(m)+i)
	mailbox, _, _ = strings.Cut(strings.ToLower(name), " ")
	return name, mailbox + fmt.Sprint(int(m)%97), pick(mailDomains, int(m)/3+i)
}

func (m mail) subject() string { return fmt.Sprintf("%s (%d)", pick(mailTopics, int(m)), int(m)) }

func (m mail) id(i int) string {
	return fmt.Sprintf("<2026%d.%07d@%s>", 1+i, i+int(m), mailDomains[0])
}

func (m mail) day() int      { return 1 + int(m)%28 }
func (m mail) month() string { return pick(mailMonths, int(m)/28) }
func (m mail) clock() string { return fmt.Sprintf("%02d:%02d:%02d", int(m)%24, int(m)%60, int(m)*7%60) }

// date is that of the header, arrived that of the server.
func (m mail) date() string {
	return fmt.Sprintf("%d %s 2026 %s +0100", m.day(), m.month(), m.clock())
}

func (m mail) arrived() string {
	return fmt.Sprintf("%2d-%s-2026 %s +0000", m.day(), m.month(), m.clock())
}

func (m mail) flags() string { return pick(mailFlags, int(m)) }

// addresses is an address list of ENVELOPE with n members, the first of them member from.
func (m mail) addresses(from, n int) string {
	if n == 0 {
		return "NIL"
	}
	var b strings.Builder
	for i := range n {
		name, mailbox, domain := m.address(from + i)
		fmt.Fprintf(&b, "(%q NIL %q %q)", name, mailbox, domain)
	}
	return "(" + b.String() + ")"
}

// envelope is ENVELOPE (RFC 9051 section 7.5.2).
func (m mail) envelope() string {
	from := m.addresses(0, 1)
	return fmt.Sprintf("(%q %q %s %s %s %s %s NIL %q %q)",
		m.date(), m.subject(), from, from, from, m.addresses(1, 1+int(m)%3/2), m.addresses(3, (int(m)+1)%2), m.id(1), m.id(0))
}

// structure is BODYSTRUCTURE of a text in two forms with an attachment.
func (m mail) structure() string {
	return fmt.Sprintf(`((("text" "plain" ("charset" "utf-8") NIL NIL "quoted-printable" %d %d NIL NIL NIL NIL)`+
		`("text" "html" ("charset" "utf-8") NIL NIL "quoted-printable" %d %d NIL NIL NIL NIL) "alternative" ("boundary" "%s") NIL NIL NIL)`+
		`("application" "pdf" NIL NIL NIL "base64" %d NIL ("attachment" ("filename" "report-%d.pdf")) NIL NIL)`+
		` "mixed" ("boundary" "%s") NIL NIL NIL)`,
		400+int(m)%300, 12, 700+int(m)%400, 20, m.boundary("alt"), 1500+int(m)%200, int(m), m.boundary("mix"))
}

func (m mail) boundary(kind string) string { return fmt.Sprintf("=_%s%07x", kind, int(m)) }

// metadata is the server's line about the message.
func (m mail) metadata() string {
	return fmt.Sprintf("* %d FETCH (UID %d FLAGS (%s) INTERNALDATE %q RFC822.SIZE %d ENVELOPE %s BODYSTRUCTURE %s)\r\n",
		int(m), m.uid(), m.flags(), m.arrived(), smallBody, m.envelope(), m.structure())
}

// unlike is metadata with a structure that no other message has.
func (m mail) unlike() string {
	return strings.Replace(m.metadata(), `"pdf"`, fmt.Sprintf(`"x-%d"`, int(m)), 1)
}

func (m mail) uid() int { return 1000 + 2*int(m) }

// text is the message itself, of smallBody bytes.
func (m mail) text() string { return m.sized(smallBody, fullLine) }

// sized is the message of so many bytes, its attachment in lines of so many.
func (m mail) sized(size, line int) string {
	mix, alt := m.boundary("mix"), m.boundary("alt")
	person := func(i int) string {
		name, mailbox, domain := m.address(i)
		return fmt.Sprintf("%s <%s@%s>", name, mailbox, domain)
	}
	head := fmt.Sprintf("Date: %s\r\nFrom: %s\r\nTo: %s, %s\r\nCc: %s\r\nSubject: %s\r\nMessage-ID: %s\r\nIn-Reply-To: %s\r\n"+
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"%s\"\r\n\r\n",
		m.date(), person(0), person(1), person(2), person(3), m.subject(), m.id(0), m.id(1), mix)
	part := "Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n%s\r\n"
	head += fmt.Sprintf("--%s\r\nContent-Type: multipart/alternative; boundary=\"%s\"\r\n\r\n--%s\r\n"+part+"--%s\r\n"+part+"--%s--\r\n", mix, alt,
		alt, "plain", strings.Repeat("Nothing of note happened today.\r\n", 8),
		alt, "html", "<html><body>\r\n"+strings.Repeat("<p>Nothing of note happened today.</p>\r\n", 8)+"</body></html>", alt)
	head += fmt.Sprintf("--%s\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"report-%d.pdf\"\r\n"+
		"Content-Transfer-Encoding: base64\r\n\r\n", mix, int(m))
	tail := fmt.Sprintf("\r\n--%s--\r\n", mix)
	return head + lined(size-len(head)-len(tail), line) + tail
}

// fullLine is the length of a line of base64 without its end (RFC 2045 section 6.8).
const fullLine = 76

// filling is n bytes in lines of 76.
func filling(n int) string { return lined(n, fullLine) }

// lined is n bytes in lines of so many.
func lined(n, length int) string {
	line := strings.Repeat("JVBERi0xLjQK", 7)[:length] + "\r\n"
	s := []byte(strings.Repeat(line, n/len(line)+1)[:n])
	if n > 0 && s[n-1] == '\r' { // a lone CR is not allowed
		s[n-1] = 'A'
	}
	return string(s)
}
