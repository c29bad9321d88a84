package imap4

import (
	"strings"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// What a form may have at most, in bytes: what is written, and what stands for it in memory.
const (
	maxBodyFormSize = 1 << 10
	maxBodyFormCost = 2 << 10
	// maxBodyFormPlaces is how many places it has at most.
	maxBodyFormPlaces = 64
)

// learnBody learns the structure root, which is written so, if it is worth while and if it is one of those that have a form.
func (f *fetchDecoder) learnBody(written []byte, root *BodyStructure) {
	if f.messages < firstToLearn || !f.forms.mayLearn() || len(written) > maxBodyFormSize || !root.isUsual() {
		return
	}
	l := bodyLearner{written: written, maker: wire.NewFormMaker(written), form: new(bodyForm)}
	l.group([]BodyStructure{*root})
	form, ok := l.maker.Form()
	cost := len(l.form.parts)*costPart + len(l.form.params)*costParam + len(l.form.extensions)*costExtension
	if !ok || cost > maxBodyFormCost || form.Len() > maxBodyFormPlaces {
		f.forms.vain++
		return
	}
	l.form.written, l.form.cost = form, cost
	f.addForm(l.form)
}

func (f *fetchDecoder) addForm(form *bodyForm) {
	form.slot = len(f.forms.known)
	if replaced := f.forms.add(form); replaced != nil {
		form.slot = replaced.slot
	}
	for _, other := range f.forms.known {
		n := int8(form.written.Common(&other.written))
		form.common[other.slot], other.common[form.slot] = n, n
	}
	if n := form.written.Len(); n > len(f.pieces) {
		f.pieces = make([]wire.Piece, n)
	}
}

// bodyLearner makes a bodyForm. It goes through the structure in the order in which it is written.
type bodyLearner struct {
	written []byte
	maker   wire.FormMaker
	pieces  int
	form    *bodyForm
}

// isUsual tells whether b can have a form: no message is in it, and no extension data that few servers send.
func (b *BodyStructure) isUsual() bool {
	e := b.Extension
	if b.Envelope != nil || b.Body != nil || e != nil && (e.MD5 != "" || e.Language != nil || e.Location != "" || e.Rest != "") {
		return false
	}
	for i := range b.Children {
		if !b.Children[i].isUsual() {
			return false
		}
	}
	return true
}

// group takes parts that stand side by side, and what is in them.
func (l *bodyLearner) group(parts []BodyStructure) span {
	at := len(l.form.parts)
	l.form.parts = append(l.form.parts, parts...)
	l.form.links = append(l.form.links, make([]bodyLinks, len(parts))...)
	for i := range parts {
		l.part(at+i, parts[i])
	}
	return span{at, at + len(parts)}
}

// part takes part i of the form, which is b.
func (l *bodyLearner) part(i int, b BodyStructure) {
	links := bodyLinks{children: l.group(b.Children), params: l.paramList(b.Params)}
	if !b.IsMultipart() {
		b.ID = l.text(partID, i, b.ID)
		b.Description = l.text(partDescription, i, b.Description)
		l.number(partSize, i, b.Size)
		l.number(partLines, i, b.Lines)
	}
	if e := b.Extension; e != nil {
		links.disposition = l.paramList(e.Disposition.Params)
		l.form.extensions = append(l.form.extensions, BodyExtension{Disposition: Disposition{Value: strings.Clone(e.Disposition.Value)}})
		links.extension = len(l.form.extensions)
	}
	l.form.links[i] = links
	l.form.parts[i] = BodyStructure{Type: strings.Clone(b.Type), Subtype: strings.Clone(b.Subtype), ID: strings.Clone(b.ID),
		Description: strings.Clone(b.Description), Encoding: strings.Clone(b.Encoding)}
}

func (l *bodyLearner) paramList(list Params) span {
	at := len(l.form.params)
	for i, p := range list {
		l.form.params = append(l.form.params, Param{Name: strings.Clone(p.Name), Value: l.text(paramValue, at+i, p.Value)})
	}
	return span{at, at + len(list)}
}

// text notes where s is written and answers what the form has in its place.
func (l *bodyLearner) text(field bodyField, index int, s string) string {
	from, ok := offsetIn(s, l.written)
	if !ok { // it is empty, or had escapes, with which the maker refuses it
		return strings.Clone(s)
	}
	l.maker.Text(from, from+len(s))
	l.form.texts = append(l.form.texts, bodyPlace{l.pieces, field, index})
	l.pieces++
	return ""
}

// number notes that n is the next number. Zero may be written as one, which the maker then misses, or in any other way.
func (l *bodyLearner) number(field bodyField, index int, n int64) {
	if n == 0 {
		return
	}
	l.maker.Number(n)
	l.form.numbers = append(l.form.numbers, bodyPlace{l.pieces, field, index})
	l.pieces++
}
