package wire

import (
	"encoding/base64"
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Modified UTF-7 of mailbox names (RFC 3501 section 5.1.3): printable ASCII stands for itself, "&" is "&-", and
// the rest is UTF-16 in a base64 of its own, between "&" and "-".

// ErrUTF7 is DecodeUTF7's error.
var ErrUTF7 = errors.New("imap4: no modified UTF-7")

const reasonNotUTF8 = "is no UTF-8"

var utf7Base64 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").
	WithPadding(base64.NoPadding).Strict()

// EncodeUTF7 encodes a mailbox name given in UTF-8. What is printable ASCII without "&" comes back as it is.
// Errors: *ArgumentError if name is no UTF-8.
func EncodeUTF7(name string) (string, error) {
	if !utf8.ValidString(name) {
		return "", &ArgumentError{Reason: reasonNotUTF8}
	}
	if isDirectUTF7(name) {
		return name, nil
	}
	out := make([]byte, 0, 2*len(name))
	for i := 0; i < len(name); {
		if c := name[i]; isDirect(c) {
			out = append(out, c)
			if c == '&' {
				out = append(out, '-')
			}
			i++
			continue
		}
		end := i
		for end < len(name) && !isDirect(name[end]) {
			end++
		}
		out = appendShifted(out, name[i:end])
		i = end
	}
	return string(out), nil
}

// DecodeUTF7 decodes a mailbox name. Only what EncodeUTF7 makes of some name is accepted, so that two names of a
// server never become one; a caller keeps a name that cannot be decoded as it is.
// Errors: ErrUTF7.
func DecodeUTF7(name string) (string, error) {
	var out strings.Builder
	shifted := false // the last thing was a base64 part, and another may not follow
	for name != "" {
		c := name[0]
		if !isDirect(c) {
			return "", ErrUTF7
		}
		if c != '&' {
			out.WriteByte(c)
			name, shifted = name[1:], false
			continue
		}
		part, rest, ok := strings.Cut(name[1:], "-")
		if !ok {
			return "", ErrUTF7
		}
		name = rest
		if part == "" {
			out.WriteByte('&')
			shifted = false
			continue
		}
		text, ok := decodeShifted(part)
		if !ok || shifted {
			return "", ErrUTF7
		}
		out.WriteString(text)
		shifted = true
	}
	return out.String(), nil
}

// isDirect reports whether c stands for itself, "&" included.
func isDirect(c byte) bool { return c >= 0x20 && c <= 0x7e }

func isDirectUTF7(name string) bool {
	for i := 0; i < len(name); i++ {
		if !isDirect(name[i]) || name[i] == '&' {
			return false
		}
	}
	return true
}

func appendShifted(dst []byte, text string) []byte {
	units := utf16.Encode([]rune(text))
	octets := make([]byte, 0, 2*len(units))
	for _, unit := range units {
		octets = append(octets, byte(unit>>8), byte(unit))
	}
	dst = append(dst, '&')
	dst = utf7Base64.AppendEncode(dst, octets)
	return append(dst, '-')
}

func decodeShifted(part string) (string, bool) {
	if strings.ContainsAny(part, "\r\n") { // which package base64 passes over
		return "", false
	}
	octets, err := utf7Base64.DecodeString(part)
	if err != nil || len(octets)%2 != 0 {
		return "", false
	}
	var text []byte
	for i := 0; i < len(octets); i += 2 {
		r := rune(octets[i])<<8 | rune(octets[i+1])
		if utf16.IsSurrogate(r) {
			if i+3 >= len(octets) {
				return "", false
			}
			i += 2
			r = utf16.DecodeRune(r, rune(octets[i])<<8|rune(octets[i+1]))
			if r == utf8.RuneError {
				return "", false
			}
		}
		if r < utf8.RuneSelf && isDirect(byte(r)) {
			return "", false
		}
		text = utf8.AppendRune(text, r)
	}
	return string(text), true
}
