package imap4

import "github.com/tconn/tconn/protocols/imap4/internal/wire"

// Many messages of a mailbox have the same structure: the same parts of the same types, and only their sizes, boundaries and file names
// differ. A decoder learns the structures that it meets, and how they are written. Such a one it then knows at a glance.

// bodyForm is a structure, with what it is made of side by side, and how it is written.
type bodyForm struct {
	written    wire.Form
	texts      []bodyPlace // those that differ
	numbers    []bodyPlace // the same
	parts      []BodyStructure
	params     []Param
	extensions []BodyExtension
	links      []bodyLinks // of each part
	cost       int
	slot       int              // its own among those that are known
	common     [maxLearned]int8 // how many places it begins with that another begins with, too, by its slot
}

// bodyPlace is a field that differs: of one of the parts, or the value of one of the params.
type bodyPlace struct {
	piece int // of written
	field bodyField
	index int
}

type bodyField uint8

const (
	partSize bodyField = iota
	partLines
	partID
	partDescription
	paramValue
)

// bodyLinks are what a part has of the other parts, of the params and of the extensions.
type bodyLinks struct {
	children, params, disposition span
	extension                     int // how many there are up to it; 0 if it has none
}

type span struct{ from, to int }

func within[T any](list []T, s span) []T {
	if s.from == s.to {
		return nil
	}
	return list[s.from:s.to:s.to]
}

// foundBody is a structure that was read by its form.
type foundBody struct {
	form   *bodyForm
	value  []byte // which begins with it
	parts  []BodyStructure
	params []Param
}

// knownBody reads a structure that has a form which is known. Else it answers nil.
func (f *fetchDecoder) knownBody() *BodyStructure {
	value := f.d.Rest()
	form := f.findForm()
	if form == nil || !f.spend(form.cost) {
		return nil
	}
	f.parts = append(room(f.parts, len(form.parts)), form.parts...)
	f.params = append(room(f.params, len(form.params)), form.params...)
	f.extensions = append(room(f.extensions, len(form.extensions)), form.extensions...)
	parts := f.parts[len(f.parts)-len(form.parts):]
	params := f.params[len(f.params)-len(form.params):]
	extensions := f.extensions[len(f.extensions)-len(form.extensions):]
	for i := range form.links {
		b, has := &parts[i], &form.links[i]
		b.Children = within(parts, has.children)
		b.Params = within(params, has.params)
		if has.extension > 0 {
			b.Extension = &extensions[has.extension-1]
			b.Extension.Disposition.Params = within(params, has.disposition)
		}
	}
	for _, n := range form.numbers {
		b, number := &parts[n.index], f.pieces[n.piece].Number
		if n.field == partSize {
			b.Size = number
		} else {
			b.Lines = number
		}
	}
	found := foundBody{form, value, parts, params}
	found.setTexts(f.pieces, value)
	if f.borrowed == 0 {
		f.found = found
	}
	return &parts[0]
}

// setTexts makes the texts that differ those which the pieces say, of value.
func (found *foundBody) setTexts(pieces []wire.Piece, value []byte) {
	for _, t := range found.form.texts {
		text := textview(value[pieces[t.piece].From:pieces[t.piece].To])
		switch t.field {
		case paramValue:
			found.params[t.index].Value = text
		case partID:
			found.parts[t.index].ID = text
		case partDescription:
			found.parts[t.index].Description = text
		}
	}
}

// findForm takes the next value if it has a form that is known, and answers that. What forms have in common it looks at once: the structures
// of a mailbox begin alike.
func (f *fetchDecoder) findForm() *bodyForm {
	if !f.forms.look() {
		return nil
	}
	var last *bodyForm // that was tried
	reached := 0       // by it
	for i, form := range f.forms.known {
		from := 0
		if last != nil {
			if from = int(last.common[form.slot]); from > reached {
				continue
			}
		}
		n, ok := f.d.TryForm(&form.written, f.pieces, from)
		if ok {
			return f.forms.hit(i)
		}
		last, reached = form, n
	}
	return nil
}
