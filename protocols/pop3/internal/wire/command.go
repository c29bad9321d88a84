package wire

// AppendCommand appends a command line. An argument with a control character is refused: it could end the line, and begin another
// command (CR and LF), or be cut off (NUL). An argument may hold spaces; the last one only if the server is to see it as one.
//
//	command = keyword *(SP argument) CRLF (RFC 1939 section 3)
func AppendCommand(dst []byte, name string, args ...string) ([]byte, error) {
	start := len(dst)
	if reason := wrongName(name); reason != "" {
		return dst[:start], &ArgumentError{Reason: reason}
	}
	dst = append(dst, name...)
	for i, a := range args {
		if reason := wrongArgument(a); reason != "" {
			return dst[:start], &ArgumentError{Command: name, Arg: i + 1, Reason: reason}
		}
		dst = append(dst, ' ')
		dst = append(dst, a...)
	}
	return append(dst, '\r', '\n'), nil
}

func wrongName(name string) string {
	if name == "" {
		return "the command has no name"
	}
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c >= 0x7f {
			return "the command's name holds a space or another character that no name has"
		}
	}
	return ""
}

func wrongArgument(a string) string {
	if a == "" {
		return "it is empty"
	}
	for i := range len(a) {
		if c := a[i]; c < ' ' || c == 0x7f {
			return "it holds a control character"
		}
	}
	return ""
}
