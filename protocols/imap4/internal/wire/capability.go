package wire

import "bytes"

// Capabilities reads the words of a CAPABILITY response or response code: all that args still holds, in the
// order and letters sent. Accepted: any number of spaces before, between and behind.
// Errors: *LimitError above MaxCapabilities words, with the first MaxCapabilities; args' own error if it has one.
//
//	capability-data = "CAPABILITY" *(SP capability)
//	capability = ("AUTH=" auth-type) / atom
func Capabilities(args Decoder) ([]string, error) {
	if err := args.Err(); err != nil {
		return nil, err
	}
	var words []string
	for word := range bytes.FieldsFuncSeq(args.Rest(), isSpaceRune) {
		if len(words) == MaxCapabilities {
			return words, &LimitError{Limit: LimitCapabilities, Max: MaxCapabilities}
		}
		words = append(words, string(word))
	}
	return words, nil
}

func isSpaceRune(r rune) bool { return r == ' ' || r == '\t' }

// CapabilityLine is Capabilities in one string, single spaces between.
func CapabilityLine(args Decoder) (string, error) {
	if err := args.Err(); err != nil {
		return "", err
	}
	var short [1024]byte
	line, words := short[:0], 0
	for rest := args.Rest(); ; {
		for len(rest) > 0 && isSpace(rest[0]) {
			rest = rest[1:]
		}
		if len(rest) == 0 {
			return string(line), nil
		}
		if words++; words > MaxCapabilities {
			return string(line), &LimitError{Limit: LimitCapabilities, Max: MaxCapabilities}
		}
		end := 0
		for end < len(rest) && !isSpace(rest[end]) {
			end++
		}
		if len(line) > 0 {
			line = append(line, ' ')
		}
		line, rest = append(line, rest[:end]...), rest[end:]
	}
}
