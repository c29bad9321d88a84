package wire

// FieldKind tells what the next value of a list is.
type FieldKind uint8

// Kinds of a field.
const (
	FieldNone   FieldKind = iota // NIL, or left out at the end of the list
	FieldString                  // a string
	FieldList                    // a list, which has not been taken
)

// Field takes the next value of a list that consists of different ones, such as an envelope, with the spaces before it: a string, or
// NIL. A list it leaves where it is. To lists that are long because there are many messages it is the fast way.
// Lenient: as NString, and no space.
func (d *Decoder) Field() (s []byte, kind FieldKind) {
	i := d.pos
	if i < len(d.b) && d.b[i] == ' ' {
		i++
	}
	if i+3 >= len(d.b) || d.err != nil || d.Strict || len(d.literals) > 0 {
		return d.slowField()
	}
	switch d.b[i] {
	case '"':
		n := nextQuoteOrEscape(d.b[i+1:])
		if end := i + 1 + n; n > 0 && end < len(d.b) && d.b[end] == '"' {
			d.pos = end + 1
			return d.b[i+1 : end : end], FieldString
		}
	case 'N':
		if d.b[i+1] == 'I' && d.b[i+2] == 'L' && (d.b[i+3] == ' ' || d.b[i+3] == ')') {
			d.pos = i + 3
			return nil, FieldNone
		}
	case '(':
		d.pos = i
		return nil, FieldList
	}
	return d.slowField()
}

func (d *Decoder) slowField() (s []byte, kind FieldKind) {
	if c, ok := d.Peek(); d.Strict && (!ok || d.b[d.pos-1] != '(' && c != ')') {
		d.Byte(' ')
	} else {
		d.TrySP()
	}
	if c, ok := d.Peek(); ok && c == '(' {
		return nil, FieldList
	}
	s, ok := d.NString()
	if !ok {
		return nil, FieldNone
	}
	return s, FieldString
}

// TryClose takes ")" if it is next, the end of a list that was opened, and reports that.
func (d *Decoder) TryClose() bool {
	if d.err != nil || d.pos >= len(d.b) || d.b[d.pos] != ')' {
		return false
	}
	d.pos++
	d.depth--
	return true
}

// Mark is a place to come back to.
type Mark struct {
	pos, depth int
	literals   []Literal
}

// Mark answers the place of the next byte.
func (d *Decoder) Mark() Mark { return Mark{d.pos, d.depth, d.literals} }

// Return goes back to a place, also after an error, which is forgotten.
func (d *Decoder) Return(m Mark) {
	d.pos, d.depth, d.literals = m.pos, m.depth, m.literals
	d.item, d.err = 0, nil
}
