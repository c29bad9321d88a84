// Package prep prepares user names and passwords by SASLprep (RFC 4013), a profile of stringprep (RFC 3454): the same name typed on
// two keyboards becomes the same bytes.
//
// Unicode is that of version 3.2, as the RFCs want it, and its normalization form KC is here. ASCII takes a short way and loads no table.
package prep

import (
	"errors"
	"unicode/utf8"
)

// What cannot be prepared. The errors do not tell which character it is, because the string may be a password.
var (
	ErrEncoding      = errors.New("is not valid UTF-8")
	ErrProhibited    = errors.New("has a character that SASLprep prohibits (RFC 4013 section 2.3)")
	ErrBidirectional = errors.New("mixes directions of writing in a way that SASLprep prohibits (RFC 3454 section 6)")
)

// SASLprep prepares s. Code points that Unicode 3.2 did not know pass unchanged: they are allowed in queries, and a password may
// have them that was set where nothing was prepared.
func SASLprep(s string) (string, error) {
	if isASCII(s) {
		for _, b := range []byte(s) {
			if b < ' ' || b == 0x7f {
				return "", ErrProhibited
			}
		}
		return s, nil
	}
	if !utf8.ValidString(s) {
		return "", ErrEncoding
	}
	t := load()
	out := t.nfkc(t.mapped(s))
	for _, r := range out {
		if t.prohibited.has(r) {
			return "", ErrProhibited
		}
	}
	if !t.oneDirection(out) {
		return "", ErrBidirectional
	}
	return string(out), nil
}

func isASCII(s string) bool {
	for _, b := range []byte(s) {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// mapped: spaces become SPACE, and what is mapped to nothing goes (RFC 4013 section 2.1). What is in both tables is a space.
func (t *tables) mapped(s string) []rune {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		switch {
		case t.space.has(r):
			out = append(out, ' ')
		case !t.nothing.has(r):
			out = append(out, r)
		}
	}
	return out
}

// oneDirection: a string with a character written from right to left has none written from left to right, and begins and ends with
// the former (RFC 3454 section 6).
func (t *tables) oneDirection(s []rune) bool {
	right, left := false, false
	for _, r := range s {
		right = right || t.rightToLeft.has(r)
		left = left || t.leftToRight.has(r)
	}
	if !right {
		return true
	}
	return !left && t.rightToLeft.has(s[0]) && t.rightToLeft.has(s[len(s)-1])
}
