package wire

import "strings"

// Status is a status line, taken apart.
type Status struct {
	OK       bool   // the line begins with "+"
	Code     string // the response code in capitals, such as "SYS/TEMP" (RFC 2449 section 8); "" for none
	CodeArgs string // what follows it in the brackets, as sent
	Text     string // for people: what follows "+OK" or "-ERR", the code too
}

// ParseStatus takes a status line apart.
//
//	status = ("+OK" / "-ERR") [SP [resp-code SP] text]
//
// Servers have been seen to write small letters, "+" or "-" alone before the text, and no space before the code. Nothing else is a status
// line: what begins with a "+" may be a line of a message.
func ParseStatus(line []byte) (s Status, ok bool) {
	if len(line) == 0 || line[0] != '+' && line[0] != '-' {
		return Status{}, false
	}
	s.OK = line[0] == '+'
	rest := string(line[1:])
	word := "OK"
	if !s.OK {
		word = "ERR"
	}
	switch {
	case len(rest) >= len(word) && strings.EqualFold(rest[:len(word)], word):
		rest = rest[len(word):]
	case rest != "" && rest[0] != ' ':
		return Status{}, false
	}
	s.Text = strings.TrimPrefix(rest, " ")
	s.Code, s.CodeArgs = responseCode(s.Text)
	return s, true
}

// responseCode finds the code at the beginning of a text.
//
//	resp-code  = "[" resp-level *("/" resp-level) "]" (RFC 2449 section 8)
//	resp-level = 1*rchar
func responseCode(text string) (code, args string) {
	if text == "" || text[0] != '[' {
		return "", ""
	}
	end := strings.IndexByte(text, ']')
	if end < 0 {
		return "", ""
	}
	code, args, _ = strings.Cut(text[1:end], " ")
	return strings.ToUpper(code), args
}

// IsContinuation tells whether a line is a challenge of AUTH, and answers what follows "+ ".
//
//	continue-req = "+" SP [base64] CRLF (RFC 5034 section 6)
//
// Some servers leave the space away when nothing follows.
func IsContinuation(line []byte) (text []byte, ok bool) {
	switch {
	case len(line) == 1 && line[0] == '+':
		return nil, true
	case len(line) > 1 && line[0] == '+' && line[1] == ' ':
		return line[2:], true
	}
	return nil, false
}
