package wire

// class says of a byte what it can be part of: one table for all words of the grammar.
type class uint8

const (
	classAtom    class = 1 << iota // ATOM-CHAR = <any CHAR except atom-specials>
	classAString                   // ASTRING-CHAR = ATOM-CHAR / "]"
	classValue                     // atoms of any kind: ASTRING-CHAR, flags, and "*" as in "\*" or 1:*
	classLenient                   // what is found in atoms of servers in the wild, kw[1] and raw UTF-8 among it
	className                      // the same without "[": BODY[TEXT] is a name, a bracket, and so on
	classUpper                     // A to Z
	classLower                     // a to z
	classShape                     // what opens, closes or escapes: see shape
)

var classes = makeClasses()

func makeClasses() (table [256]class) {
	for i := range table {
		c := byte(i)
		set := func(in bool, k class) {
			if in {
				table[i] |= k
			}
		}
		printable := c > 0x1f && c != 0x7f
		atom := printable && c < 0x80 && !isOneOf(c, `(){ %*"\]`)
		lenient := printable && !isOneOf(c, `() "`)
		set(atom, classAtom)
		set(atom || c == ']', classAString)
		set(atom || isOneOf(c, `]\*`), classValue)
		set(lenient, classLenient)
		set(lenient && c != '[', className)
		set(c-'A' <= 'Z'-'A', classUpper)
		set(c-'a' <= 'z'-'a', classLower)
		set(isOneOf(c, `()"\`), classShape)
	}
	return table
}

func isOneOf(c byte, set string) bool {
	for i := 0; i < len(set); i++ {
		if set[i] == c {
			return true
		}
	}
	return false
}

func (k class) has(c byte) bool { return classes[c]&k != 0 }

func isAtomChar(c byte) bool      { return classAtom.has(c) }
func isAStringChar(c byte) bool   { return classAString.has(c) }
func isDigit(c byte) bool         { return c-'0' <= 9 }
func isSpace(c byte) bool         { return c == ' ' || c == '\t' }
func isQuotedSpecial(c byte) bool { return c == '"' || c == '\\' }
