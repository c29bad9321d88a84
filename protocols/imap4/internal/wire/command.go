package wire

// Command is one command of a client, read at its top level (RFC 9051 section 6).
//
// Lifetime: strings are the caller's; Args is a view of the unit.
type Command struct {
	Tag  string
	Name string // in capitals; behind UID, the name of the command that UID stands before
	UID  bool   // "UID FETCH" and the like

	// Args stands behind the name and its space. Its errors do not show what the client sent.
	Args Decoder
}

// DecodeCommand reads a Line unit's top level; the arguments are the caller's to read from Args.
// Limits: nil means the defaults; it goes on to Args. Accepted beyond the grammar: several spaces for one.
// Errors: *SyntaxError; Tag is set if it could be read, so that a server can answer "tag BAD ...".
//
//	command = tag SP (command-any / ...) CRLF;  uid = "UID" SP (copy / move / fetch / search / store / uid-expunge)
func DecodeCommand(u Unit, l *Limits) (Command, error) {
	var c Command
	d := u.Decoder(l)
	d.secret = true
	c.Tag = string(d.tag())
	d.SP()
	c.Name = upperWord(d.commandWord())
	if c.Name == "UID" {
		c.UID = true
		d.SP()
		c.Name = upperWord(d.commandWord())
	}
	if _, more := d.Peek(); more {
		d.SP()
	}
	c.Args = d
	return c, d.err
}

func (d *Decoder) tag() []byte {
	end := tagEnd(d.b)
	if end == 0 {
		d.Expected("tag")
		return nil
	}
	if end < len(d.b) && !isSpace(d.b[end]) {
		d.expectedAt(end, "space behind the tag")
		return nil
	}
	return d.take(end)
}

func (d *Decoder) commandWord() []byte {
	if d.err != nil {
		return nil
	}
	end := d.pos
	for end < d.tokenEnd() && isAtomChar(d.b[end]) {
		end++
	}
	if end == d.pos {
		d.Expected("command")
		return nil
	}
	return d.take(end)
}
