package wire

// FormMaker makes the form of a value that a Decoder has read, outside of literals. Text and Number tell it the places, one after the other;
// all else stays as it is. It refuses a value that might mean something else with other texts and numbers there.
type FormMaker struct {
	value   []byte
	from    int // behind the place before
	at      int // behind what was seen last
	open    int // lists at at
	refused bool
	form    Form
}

// NewFormMaker begins with the value.
func NewFormMaker(value []byte) FormMaker { return FormMaker{value: value} }

// Text says that value[from:to], the inside of a string, is such a place.
func (m *FormMaker) Text(from, to int) {
	kind, at := m.next()
	for kind == formText && at < from {
		kind, at = m.next()
	}
	if kind != formText || at != from || m.at != to+1 || from == to {
		m.refused = true
		return
	}
	m.add(from, to, false)
}

// Number says that the next number is such a place. It has to be n.
func (m *FormMaker) Number(n int64) {
	kind, at := m.next()
	for kind == formText {
		kind, at = m.next()
	}
	if kind == formNumber {
		got, _ := parseNumber63(m.value[at:m.at])
		if got == n {
			m.add(at, m.at, true)
			return
		}
	}
	m.refused = true
}

// Form answers the form; false if the value is refused, as it is with a number that was not named.
func (m *FormMaker) Form() (Form, bool) {
	kind, _ := m.next()
	for kind == formText {
		kind, _ = m.next()
	}
	m.form.end = string(m.value[m.from:])
	return m.form, kind == formEnd && !m.refused && m.open == 0
}

func (m *FormMaker) add(from, to int, number bool) {
	m.form.places = append(m.form.places, place{string(m.value[m.from:from]), number})
	m.from = to
}

// formToken is what can be a place in a value, or its end.
type formToken uint8

const (
	formEnd formToken = iota
	formText
	formNumber
)

// next goes on to the next token and answers where it begins: a text behind its quote.
func (m *FormMaker) next() (kind formToken, from int) {
	b := m.value
	for ; m.at < len(b) && !m.refused; m.at++ {
		switch c := b[m.at]; {
		case c == '(':
			m.open++
			m.form.depth = max(m.form.depth, m.open)
		case c == ')':
			m.open--
		case c == '"':
			from = m.at + 1
			end := from + nextQuoteOrEscape(b[from:])
			m.refused = end == len(b) || b[end] != '"' || end+1 < len(b) && b[end+1] == '"'
			m.at = end + 1
			return formText, from
		case isDigit(c):
			from = m.at
			m.at = skipDigits(b, from)
			m.refused = from == 0 || b[from-1] != ' ' || m.at == len(b) || b[m.at] != ' ' && b[m.at] != ')' || m.at-from > maxPlainDigits
			return formNumber, from
		}
	}
	return formEnd, len(b)
}
