package imap4

import (
	"mime"
	"strings"
	"unicode/utf8"
)

// DecodeText makes a header's text readable: encoded words (RFC 2047) in UTF-8, US-ASCII and ISO-8859-1 are decoded,
// those in other character sets stay as they are, and bytes that are no UTF-8 become U+FFFD. It never fails. For other character sets
// give the text as sent to a mime.WordDecoder that knows them.
func DecodeText(s string) string {
	if strings.Contains(s, "=?") {
		var d mime.WordDecoder
		if decoded, err := d.DecodeHeader(s); err == nil {
			s = decoded
		} else {
			s = decodeEachWord(s)
		}
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return s
}

// decodeEachWord decodes what can be decoded of a text in which something cannot.
func decodeEachWord(s string) string {
	var d mime.WordDecoder
	words := strings.Split(s, " ")
	for i, word := range words {
		if strings.HasPrefix(word, "=?") && strings.HasSuffix(word, "?=") {
			if decoded, err := d.Decode(word); err == nil {
				words[i] = decoded
			}
		}
	}
	return strings.Join(words, " ")
}
