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
	d.Byte('(')
	if d.err != nil || !d.enter() {
		return
	}
	defer d.leave()
	for first := true; ; first = false {
		if !d.Strict {
			d.skipSpaces()
		}
		if d.TryByte(')') || d.err != nil {
			return
		}
		if d.Strict && !first {
			d.betweenItems()
		}
		from := d.pos
		if item(d); d.err == nil && d.pos == from {
			d.Expected("value or \")\"")
		}
	}
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
			d.chars("value", isAnyValueChar, "")
		}
		if d.depth == base {
			break
		}
	}
	return d.since(from)
}

func (d *Decoder) skipString() {
	if _, ok := d.PeekLiteral(); ok {
		d.PassLiteral()
		return
	}
	d.quoted()
}

// isAnyValueChar is for atoms of any kind: ASTRING-CHAR, flags, and "*" as in "\*" or 1:*.
func isAnyValueChar(c byte) bool { return isAStringChar(c) || c == '\\' || c == '*' }
