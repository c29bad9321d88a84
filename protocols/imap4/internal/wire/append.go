package wire

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// The grammar's words, appended to a caller's buffer. On an error the buffer comes back as it was. Errors are
// *ArgumentError and never hold the value.

const (
	reasonEmptyAtom   = "is empty, an atom is not"
	reasonAtomChar    = "has a character that no atom has"
	reasonNUL         = "contains NUL"
	reasonNotQuotable = "cannot be quoted: it has CR, LF, NUL or 8-bit characters"
	reasonFlag        = "is no flag"
	reasonSet         = "is no sequence set"
	reasonRaw         = "cannot be sent as it stands"
)

// AppendAtom appends s, which must be an atom.
func AppendAtom(dst []byte, s string) ([]byte, error) {
	if reason := atomFault(s); reason != "" {
		return dst, &ArgumentError{Reason: reason}
	}
	return append(dst, s...), nil
}

// AppendQuoted appends s in quotes. It must be 7-bit, without CR, LF and NUL.
func AppendQuoted(dst []byte, s string) ([]byte, error) {
	if !isQuotable(s) {
		return dst, &ArgumentError{Reason: reasonNotQuotable}
	}
	return appendQuoted(dst, s), nil
}

// AppendLiteral appends s as a literal in one piece: for a server, and with nonSync for a client whose server has
// LITERAL+. A client's synchronising literals need CommandBuilder. NUL is the caller's affair (RFC 9051 section 4.3).
func AppendLiteral(dst []byte, s string, nonSync bool) []byte {
	return append(appendAnnouncement(dst, int64(len(s)), nonSync), s...)
}

// AppendAString appends s as atom, quoted string or literal, the first of them that can hold it: the literal in
// one piece, as a server sends it. NUL is refused.
func AppendAString(dst []byte, s string) ([]byte, error) {
	if isAString(s) {
		return append(dst, s...), nil
	}
	return AppendString(dst, s)
}

// AppendString appends s as quoted string or, if that cannot hold it, as literal in one piece. NUL is refused.
func AppendString(dst []byte, s string) ([]byte, error) {
	if isQuotable(s) {
		return appendQuoted(dst, s), nil
	}
	if strings.IndexByte(s, 0) >= 0 {
		return dst, &ArgumentError{Reason: reasonNUL}
	}
	return AppendLiteral(dst, s, false), nil
}

// AppendNString is AppendString, or NIL if ok is false.
func AppendNString(dst []byte, s string, ok bool) ([]byte, error) {
	if !ok {
		return append(dst, "NIL"...), nil
	}
	return AppendString(dst, s)
}

// AppendMailbox appends a mailbox name given in UTF-8, as a server sends it: see CommandBuilder.Mailbox.
func AppendMailbox(dst []byte, name string) ([]byte, error) {
	encoded, err := encodeMailbox(name)
	if err != nil {
		return dst, err
	}
	return AppendAString(dst, encoded)
}

// AppendFlag appends a flag: a keyword, or a backslash and an atom, or "\*".
func AppendFlag(dst []byte, flag string) ([]byte, error) {
	if !isFlag(flag) {
		return dst, &ArgumentError{Reason: reasonFlag}
	}
	return append(dst, flag...), nil
}

// AppendNumber appends n in decimal.
func AppendNumber(dst []byte, n uint64) []byte { return strconv.AppendUint(dst, n, 10) }

func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		if isQuotedSpecial(s[i]) {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}

func appendAnnouncement(dst []byte, size int64, nonSync bool) []byte {
	dst = append(dst, '{')
	dst = strconv.AppendInt(dst, size, 10)
	if nonSync {
		dst = append(dst, '+')
	}
	return append(dst, "}\r\n"...)
}

// encodeMailbox gives the wire's form of a mailbox name.
//
//	mailbox = "INBOX" / astring ; INBOX is case-insensitive
func encodeMailbox(name string) (string, error) {
	if equalFold([]byte(name), "INBOX") {
		return "INBOX", nil
	}
	return EncodeUTF7(name)
}

// atomFault tells why s is no atom, "" if it is one.
func atomFault(s string) string {
	if s == "" {
		return reasonEmptyAtom
	}
	for i := 0; i < len(s); i++ {
		if !isAtomChar(s[i]) {
			return reasonAtomChar
		}
	}
	return ""
}

// isAString reports whether s can stand without quotes. NIL could, but peers take it for the absence of a value.
func isAString(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isAStringChar(s[i]) {
			return false
		}
	}
	return s != "" && !equalFold([]byte(s), "NIL")
}

// isQuotable: TEXT-CHAR = <any CHAR except CR and LF>, and CHAR is 7-bit without NUL.
func isQuotable(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == 0 || s[i] == '\r' || s[i] == '\n' || s[i] > 0x7f {
			return false
		}
	}
	return true
}

// isQuotableUTF8 is isQuotable where the peer takes UTF-8 in quoted strings (RFC 9051 section 4.3).
func isQuotableUTF8(s string) bool { return utf8.ValidString(s) && !strings.ContainsAny(s, "\r\n\x00") }

func isFlag(s string) bool {
	return s == `\*` || atomFault(strings.TrimPrefix(s, `\`)) == ""
}

// isSet: what sequence sets are made of, without their sense.
//
//	sequence-set = (seq-number / seq-range) ["," sequence-set] / seq-last-command
func isSet(s string) bool {
	if s == "$" {
		return true
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isDigit(c) && c != ',' && c != ':' && c != '*' {
			return false
		}
	}
	return s != ""
}
