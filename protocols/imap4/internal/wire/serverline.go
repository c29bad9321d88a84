package wire

import "strings"

// Lines of a server that hold text.

const (
	reasonNoTag      = "the tag is none"
	reasonNoStatus   = "is no status word"
	reasonText       = "the text has CR, LF or NUL"
	reasonEmptyText  = "the text is empty"
	reasonCode       = "is no response code"
	reasonTextAsCode = "the text begins like a response code"
)

// AppendUntagged appends "* status [code] text" and the line end. Status is OK, NO, BAD, BYE or PREAUTH; code is
// what stands between the brackets, "" for none.
// Errors: *ArgumentError if a part is not what it should be, or would be read as another; text must not be empty.
//
//	response-data = "*" SP (resp-cond-state / resp-cond-bye / ...) CRLF
func AppendUntagged(dst []byte, status, code, text string) ([]byte, error) {
	if !isUntaggedStatus([]byte(status)) {
		return dst, &ArgumentError{Reason: reasonNoStatus}
	}
	return appendStatus(dst, "*", status, code, text)
}

// AppendTagged appends "tag status [code] text" and the line end. Status is OK, NO or BAD; the rest is as for
// AppendUntagged.
//
//	response-tagged = tag SP resp-cond-state CRLF
func AppendTagged(dst []byte, tag, status, code, text string) ([]byte, error) {
	if tag == "" || tagEnd([]byte(tag)) != len(tag) {
		return dst, &ArgumentError{Reason: reasonNoTag}
	}
	if !isTaggedStatus([]byte(status)) {
		return dst, &ArgumentError{Reason: reasonNoStatus}
	}
	return appendStatus(dst, tag, status, code, text)
}

// AppendContinuation appends "+ text" and the line end; text may be empty, as a SASL challenge can be.
//
//	continue-req = "+" SP (resp-text / base64) CRLF
func AppendContinuation(dst []byte, text string) ([]byte, error) {
	if !isLine(text) {
		return dst, &ArgumentError{Reason: reasonText}
	}
	dst = append(append(dst, "+ "...), text...)
	return append(dst, '\r', '\n'), nil
}

func appendStatus(dst []byte, tag, status, code, text string) ([]byte, error) {
	if reason := statusFault(code, text); reason != "" {
		return dst, &ArgumentError{Reason: reason}
	}
	dst = append(append(dst, tag...), ' ')
	dst = append(append(dst, status...), ' ')
	if code != "" {
		dst = append(append(append(dst, '['), code...), "] "...)
	}
	dst = append(dst, text...)
	return append(dst, '\r', '\n'), nil
}

func statusFault(code, text string) string {
	switch {
	case !isLine(text):
		return reasonText
	case strings.Trim(text, " \t") == "":
		return reasonEmptyText
	case code != "" && !isCode(code):
		return reasonCode
	case code == "" && strings.TrimLeft(text, " \t")[0] == '[':
		return reasonTextAsCode
	}
	return ""
}

// isCode reports whether a peer finds the end of "[code]" where it is.
func isCode(code string) bool {
	return isLine(code) && codeWordEnd([]byte(code), 0) > 0 && codeEnd([]byte("["+code+"]")) == len(code)+1
}

func isLine(s string) bool { return !strings.ContainsAny(s, "\r\n\x00") }
