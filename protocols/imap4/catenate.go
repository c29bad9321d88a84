package imap4

import (
	"bytes"
	"io"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// CatenatePart is a part of a message that the server puts together: what it finds under a URL, or text that is sent (RFC 4469).
type CatenatePart struct {
	// URL is an IMAP URL (RFC 5092), such as "/Drafts/;UID=20/;SECTION=1.2". The server looks it up; if it finds nothing the command fails
	// with ErrBadURL.
	URL string
	// Text is sent if URL is "". It and Size are like AppendMessage's Body and Size.
	Text io.Reader
	Size int64
}

// CatenateURL is the part that the server finds under url.
func CatenateURL(url string) CatenatePart { return CatenatePart{URL: url} }

// CatenateText is the part that b holds. b must not change until the message is sent.
func CatenateText(b []byte) CatenatePart { return CatenatePart{Text: bytes.NewReader(b)} }

// checkParts answers why a message of these parts cannot be sent, "" if it can.
func checkParts(parts []CatenatePart) string {
	if len(parts) == 0 {
		return "there are no Parts"
	}
	for i := range parts {
		p := &parts[i]
		if p.URL != "" && (p.Text != nil || p.Size != 0) {
			return "a part has either URL or Text"
		}
		if p.URL == "" {
			if fault := checkOctets(p.Text, &p.Size, false); fault != "" {
				return fault
			}
		}
	}
	return ""
}

// appendParts appends a message's parts, and their literals to those that the command streams.
//
//	cat-part = "TEXT" SP literal / "URL" SP astring / "UTF8" SP "(" literal8 ")"
func (c *Client) appendParts(b *wire.CommandBuilder, m *AppendMessage, literals []literal) []literal {
	for i, p := range m.Parts {
		if i > 0 {
			b.SP()
		}
		if p.URL != "" {
			b.Raw("URL").SP().AString(p.URL)
			continue
		}
		one := literal{p.Text, p.Size}
		literals = append(literals, one)
		if !m.UTF8 {
			b.Raw("TEXT").SP()
		}
		c.announce(b, one, false, m.UTF8)
	}
	return literals
}
