package wire

// List takes a list and calls item once for each of its values, with d at the value's first byte; item must take
// that value. Lenient: NIL for an empty list, and spaces anywhere between.
// Lists in lists count to Limits.Depth.
//
//	list = "(" [value *(SP value)] ")"
func (d *Decoder) List(item func(d *Decoder)) {
	if !d.Strict && d.Nil() {
		return
	}
	d.list(item)
}

// NList takes a list or NIL, for which it answers false.
func (d *Decoder) NList(item func(d *Decoder)) bool {
	if d.Nil() {
		return false
	}
	d.list(item)
	return d.err == nil
}

func (d *Decoder) list(item func(d *Decoder)) {
	d.Open()
	for d.More() {
		item(d)
	}
}

// Open takes "(". While More then answers true, a value of the list is next, which the caller takes:
//
//	for d.Open(); d.More(); {
//		take(d)
//	}
//
// It is List for those who need no function, to the same rules. A list that is opened must be read to its end.
func (d *Decoder) Open() {
	d.item = 0
	if c, ok := d.Peek(); !ok || c != '(' {
		d.Byte('(')
		return
	}
	d.pos++
	d.enter()
}

// More reports whether another value of the list is next; if not, it has taken the ")". After an error there are no more.
func (d *Decoder) More() bool {
	if d.err != nil {
		return false
	}
	if !d.Strict {
		d.pos = skipSpaces(d.b, d.pos)
	}
	if d.pos < len(d.b) && d.b[d.pos] == ')' {
		d.pos++
		d.leave()
		return false
	}
	if d.pos == d.item {
		d.Expected("value or \")\"")
		return false
	}
	if d.Strict && d.b[d.pos-1] != '(' {
		d.betweenItems()
	}
	d.item = d.pos
	return d.err == nil
}

// betweenItems takes the one space between two items, which the grammar leaves out between some lists only:
// addresses, body parts, namespaces, threads.
func (d *Decoder) betweenItems() {
	if d.TryByte(' ') {
		return
	}
	if c, ok := d.Peek(); ok && c == '(' && d.b[d.pos-1] == ')' {
		return
	}
	d.Expected("space or \")\"")
}

func (d *Decoder) enter() bool {
	if limit := d.limits.depth(); d.depth >= limit {
		d.Fail(&LimitError{Limit: LimitDepth, Max: int64(limit)})
		return false
	}
	d.depth++
	return true
}

func (d *Decoder) leave() { d.depth-- }

// SkipValue takes one value of any kind and returns it as it stands: an atom, a string, a literal whatever became
// of it, or a list with all that is in it. For what one does not know.
func (d *Decoder) SkipValue() []byte {
	from, base := d.pos, d.depth
	for d.err == nil {
		switch c, _ := d.Peek(); {
		case c == '(':
			if d.enter() {
				d.pos++
			}
		case c == ')' && d.depth > base:
			d.leave()
			d.pos++
		case c == ' ' && d.depth > base:
			d.pos++
		case d.atString():
			d.skipString()
		default:
			d.chars("value", classValue)
		}
		if d.depth == base {
			break
		}
	}
	return d.Since(from)
}

func (d *Decoder) skipString() {
	if _, ok := d.PeekLiteral(); ok {
		d.PassLiteral()
		return
	}
	d.quoted()
}
