package wire

// The head of a response: what kind of line it is. The scanner frames by it, the decoder goes on behind it.
//
//	response = continue-req / "*" SP (resp-cond-state / ... / number SP ...) / tag SP resp-cond-state  (RFC 9051 section 9)
//
// Accepted beyond it: several spaces; lower case; no text; "* [COPYUID ...]" and "[COPYUID ...]" with "* OK" left out.

// ResponseKind tells what kind of line a Response was.
type ResponseKind uint8

// Kinds of a Response.
const (
	Invalid      ResponseKind = iota // no IMAP response at all
	Continuation                     // + ...
	Untagged                         // * ...
	Tagged                           // tag OK|NO|BAD ...
)

// String names the kind.
func (k ResponseKind) String() string {
	switch k {
	case Invalid:
		return "Invalid"
	case Continuation:
		return "Continuation"
	case Untagged:
		return "Untagged"
	case Tagged:
		return "Tagged"
	}
	return "ResponseKind?"
}

// head tells where the parts of a response's first line lie.
type head struct {
	kind       ResponseKind
	status     bool // text follows the name, not data
	bare       bool // "OK" was left out: the name is none and a code follows
	hasNumber  bool
	number     uint64
	badNumber  bool // more than 64 bits
	tagEnd     int
	name       int // where the name begins
	nameEnd    int
	want       string // Invalid: what is missing, at wantOffset
	wantOffset int
}

// isData reports whether literals can follow.
func (h head) isData() bool { return h.kind == Untagged && !h.status }

// PlainFetch reads the head of a response such as "* 12 FETCH (": the number, and where the parenthesis stands. It is zero for what is
// no such response, or is not written as nearly all servers do: DecodeResponse reads any.
func PlainFetch(line []byte) (number uint32, list int) {
	const (
		number0   = len("* ")
		maxDigits = 9
		word      = " FETCH ("
	)
	if len(line) < number0 || line[0] != '*' || line[1] != ' ' {
		return 0, 0
	}
	i := number0
	for ; i < len(line) && i < number0+maxDigits && isDigit(line[i]); i++ {
		number = number*10 + uint32(line[i]-'0')
	}
	if i == number0 || len(line)-i < len(word) || string(line[i:i+len(word)]) != word {
		return 0, 0
	}
	return number, i + len(word) - 1
}

func (h head) missing(want string, offset int) head {
	return head{want: want, wantOffset: offset}
}

func parseHead(b []byte) head {
	switch {
	case len(b) == 0:
		return head{}.missing("a response", 0)
	case b[0] == '+':
		return continuationHead(b)
	case b[0] == '*':
		return untaggedHead(b)
	}
	return taggedHead(b)
}

func continuationHead(b []byte) head {
	if len(b) > 1 && b[1] != ' ' {
		return head{}.missing("space behind +", 1)
	}
	return head{kind: Continuation, name: 1, nameEnd: 1, status: true}
}

func untaggedHead(b []byte) head {
	i := skipSpaces(b, 1)
	if i == 1 || i == len(b) {
		return head{}.missing("a response behind *", 1)
	}
	h := head{kind: Untagged, tagEnd: 1, name: i, nameEnd: i}
	if b[i] == '[' {
		h.status, h.bare = true, true
		return h
	}
	if digits := skipDigits(b, i); digits > i && (digits == len(b) || isSpace(b[digits])) {
		n, ok := parseNumber(b[i:digits])
		h.hasNumber, h.number, h.badNumber = true, n, !ok
		h.name = skipSpaces(b, digits)
	}
	h.nameEnd = wordEnd(b, h.name)
	h.status = !h.hasNumber && isUntaggedStatus(b[h.name:h.nameEnd])
	if h.nameEnd == h.name {
		return head{}.missing("a response's name", h.name)
	}
	return h
}

func taggedHead(b []byte) head {
	h := head{kind: Tagged, status: true, tagEnd: tagEnd(b)}
	h.name = skipSpaces(b, h.tagEnd)
	h.nameEnd = wordEnd(b, h.name)
	if h.tagEnd > 0 && isTaggedStatus(b[h.name:h.nameEnd]) {
		return h
	}
	if b[0] == '[' && codeEnd(b) > 0 {
		return head{kind: Untagged, status: true, bare: true}
	}
	if h.tagEnd == 0 {
		return head{}.missing("a response", 0)
	}
	return head{}.missing("OK, NO or BAD", h.name)
}

// tagEnd is how many bytes of b make a tag.
//
//	tag = 1*<any ASTRING-CHAR except "+">
func tagEnd(b []byte) int {
	for i, c := range b {
		if !isAStringChar(c) || c == '+' {
			return i
		}
	}
	return len(b)
}

// wordEnd is where the name of a response ends that begins at i.
func wordEnd(b []byte, i int) int {
	for i < len(b) {
		switch b[i] {
		case ' ', '\t', '(', '[', '"':
			return i
		}
		i++
	}
	return i
}

func skipSpaces(b []byte, i int) int {
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	return i
}

func skipDigits(b []byte, i int) int {
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	return i
}

func isTaggedStatus(word []byte) bool {
	return equalFold(word, "OK") || equalFold(word, "NO") || equalFold(word, "BAD")
}

func isUntaggedStatus(word []byte) bool {
	return isTaggedStatus(word) || equalFold(word, "BYE") || equalFold(word, "PREAUTH")
}

// equalFold compares ASCII words; upper is in capitals.
func equalFold(word []byte, upper string) bool {
	if len(word) != len(upper) {
		return false
	}
	for i, c := range word {
		if upperByte(c) != upper[i] {
			return false
		}
	}
	return true
}

func upperByte(c byte) byte {
	if c-'a' <= 'z'-'a' {
		return c - ('a' - 'A')
	}
	return c
}
