package mailservers

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Quirks are thirteen mails that are odd, each in its own way, which Name tells. Some break the standards: they come from the wire all the same.
func Quirks() []Message {
	all := []Message{
		quirk("nothing special", "", "Hello.\r\nThis is an ordinary message.\r\n"),
		quirk("dots", "", ".\r\n..\r\n...\r\n.leading dot\r\n..two dots\r\nend\r\n"),
		quirk("no line end at the end", "", "last line has no newline"),
		quirk("empty body", "", ""),
		quirk("lines around 2,048 octets", "", long("A", 2040)+long("B", 2047)+long("C", 2500)),
		quirk("a line of 100,000 octets", "", long("D", 100_000)+"end\r\n"),
		quirk("8bit", "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n", "Grüße, 世界 – наконец\r\n"),
		quirk("binary", "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n", binaryOctets()+"\r\n"),
		quirk("bare CR", "", "bare\rcr inside\rand at end\r\r\nCRLF\r\nagain\r\n"),
		quirk("blank lines and a dot", "", "\r\n\r\n\r\n.\r\n\r\n\r\n"),
		quirk("From at the start of lines", "", "From someone\r\n>From someone\r\n-- \r\nsig\r\n"),
		{Name: "header only", Raw: []byte("Subject: headers only, no blank line\r\n")},
		quirk("NUL", "", "nul \x00 inside\r\n"),
	}
	for i := range all {
		all[i].Date = firstDate.Add(time.Duration(i) * time.Second)
		all[i].Raw = bytes.ReplaceAll(all[i].Raw, []byte("#"), fmt.Append(nil, i+1))
	}
	return all
}

// Quirks are those mails of Quirks that this server takes: Cyrus refuses the one with a NUL.
func (s *Server) Quirks() []Message {
	return slices.DeleteFunc(Quirks(), func(m Message) bool { return s.Product == cyrus.name && m.Name == "NUL" })
}

// quirk is a message with a # in place of its number.
func quirk(name, contentHeader, body string) Message {
	if contentHeader == "" {
		contentHeader = "Content-Type: text/plain; charset=utf-8\r\n"
	}
	header := "Date: Tue, 14 Nov 2023 22:00:00 +0000\r\nFrom: Sender # <sender#@example.org>\r\nTo: test@example.org\r\nSubject: quirk #\r\n" +
		"Message-ID: <quirk-#@example.org>\r\nMIME-Version: 1.0\r\n"
	return Message{Name: name, Raw: []byte(header + contentHeader + "\r\n" + body)}
}

func long(letter string, length int) string { return strings.Repeat(letter, length) + "\r\n" }

// binaryOctets are all but NUL, LF, CR and #, and a few that servers count as line ends.
func binaryOctets() string {
	var b strings.Builder
	for c := 1; c < 256; c++ {
		if c < 10 || c > 13 && c < 32 || c > 126 {
			b.WriteByte(byte(c))
		}
	}
	return b.String()
}
