package wire

// Form is how a value is written, with places in it where others that are written alike have another text or another number. What has the
// form of a value that was read before means the same, but for those.
type Form struct {
	places []place
	end    string // what is written behind the last place
	depth  int    // of its lists
}

// place is where a text or a number stands.
type place struct {
	before string // what is written from the place before to this
	number bool
}

// Piece is what stands at a place.
type Piece struct {
	From, To int   // where, as indexes in what Rest answered before; a text without its quotes
	Number   int64 // if it is a number
}

// Len is how many places there are.
func (f *Form) Len() int { return len(f.places) }

// Common is how many places f and other begin with that are the same, with what is written before them.
func (f *Form) Common(other *Form) int {
	n := 0
	for n < min(len(f.places), len(other.places)) && f.places[n] == other.places[n] {
		n++
	}
	return n
}

// TryForm takes the next value if it has the form, and puts what stands at its places into pieces. At a place may be any text that is not
// empty and has no escapes, and any number that PlainNumber takes. Else it takes nothing; ok is false, and reached is how many places it has
// found. The first from places are not looked at: they are those of another form, for which they were found.
func (d *Decoder) TryForm(f *Form, pieces []Piece, from int) (reached int, ok bool) {
	if !d.IsPlain() || d.depth+f.depth > d.limits.depth() {
		return 0, false
	}
	b, i := d.b[d.pos:], 0
	if from > 0 {
		i = pieces[from-1].To
	}
	pieces = pieces[:len(f.places)]
	for k := from; k < len(f.places); k++ {
		p := &f.places[k]
		n := len(p.before)
		if n > len(b)-i || string(b[i:i+n]) != p.before {
			return k, false
		}
		i += n
		start := i
		if p.number {
			number := int64(0)
			for i < len(b) && isDigit(b[i]) {
				number = number*10 + int64(b[i]-'0')
				i++
			}
			if i-start > maxPlainDigits {
				return k, false
			}
			pieces[k].Number = number
		} else {
			i += nextQuoteOrEscape(b[i:]) // if it is no quote, what follows is not as it must be
		}
		if i == start {
			return k, false
		}
		pieces[k].From, pieces[k].To = start, i
	}
	if n := len(f.end); n > len(b)-i || string(b[i:i+n]) != f.end {
		return len(f.places), false
	}
	d.pos += i + len(f.end)
	return len(f.places), true
}
