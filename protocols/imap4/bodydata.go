package imap4

import (
	"strings"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// The trees of BODY and BODYSTRUCTURE. Servers get them wrong more often than anything else, so a part is read by what stands there
// rather than by what should.

// readBodyStructure: "BODY" ["STRUCTURE"] SP body. NIL is none.
func (f *fetchDecoder) readBodyStructure(item Items) {
	f.msg.named |= item
	if f.d.Nil() {
		return
	}
	f.bodies++
	root := f.knownBody()
	if root == nil {
		root = f.unknownBody()
	}
	if root == nil {
		return
	}
	if f.msg.BodyStructure == nil || item == ItemBodyStructure {
		f.msg.BodyStructure = root
	}
	f.has(item)
}

// unknownBody reads a structure that may have any form; nil if it cannot be read.
func (f *fetchDecoder) unknownBody() *BodyStructure {
	from, at := len(f.open), f.d.Offset()
	f.body()
	if f.d.Err() != nil {
		f.open = f.open[:from]
		return nil
	}
	root := &f.keepParts(from)[0]
	f.learnBody(f.d.Since(at), root)
	return root
}

// keepParts moves the parts that are complete from f.open to where they stay, side by side.
func (f *fetchDecoder) keepParts(from int) []BodyStructure {
	f.parts = room(f.parts, len(f.open)-from)
	at := len(f.parts)
	f.parts = append(f.parts, f.open[from:]...)
	f.kept += len(f.open) - from
	f.open = f.open[:from]
	return f.parts[at:len(f.parts):len(f.parts)]
}

// body appends a part to f.open.
//
//	body = "(" (body-type-1part / body-type-mpart) ")"
//
// Accepted beyond it: a multipart without parts as its subtype alone, as in ("ALTERNATIVE" ("BOUNDARY" "x") NIL NIL).
func (f *fetchDecoder) body() {
	f.d.Open()
	if !f.spend(costPart) {
		return
	}
	var types [2][]byte
	if f.d.Strings(types[:]) {
		b := f.newPart()
		b.Type, b.Subtype = internWord(&f.d, types[0]), internWord(&f.d, types[1])
		f.partHead(b)
		f.partRest(b)
		return
	}
	first, kind := f.d.Field()
	if kind == wire.FieldList {
		f.multipart()
		return
	}
	word := internWord(&f.d, first)
	b := f.newPart()
	if c := f.d.NextByte(); c == '(' || c == ')' {
		b.Type, b.Subtype = "multipart", word
		f.multipartExtension(b)
		return
	}
	b.Type, b.Subtype = word, f.word()
	f.partHead(b)
	f.partRest(b)
}

// newPart appends an empty part to f.open.
func (f *fetchDecoder) newPart() *BodyStructure {
	f.open = append(f.open, BodyStructure{})
	return &f.open[len(f.open)-1]
}

// multipart reads the parts and what follows them.
//
//	body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]
//
// Accepted beyond it: spaces between the parts.
func (f *fetchDecoder) multipart() {
	from := len(f.open)
	for f.d.NextByte() == '(' {
		f.body()
	}
	children := f.keepParts(from)
	b := f.newPart()
	b.Type, b.Subtype, b.Children = "multipart", f.word(), children
	f.multipartExtension(b)
}

// multipartExtension: body-ext-mpart = body-fld-param [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc *(SP body-extension)]]]
func (f *fetchDecoder) multipartExtension(b *BodyStructure) {
	if b.Subtype == "" {
		b.Subtype = "mixed"
	}
	b.Params = f.paramList()
	if f.d.TryEnd(" NIL NIL NIL)") {
		return
	}
	f.readExtension(b, "")
}

// partHead reads a part behind its type, up to its encoding.
//
//	body-type-1part = (body-type-basic / body-type-msg / body-type-text) [SP body-ext-1part]
//	body-fields = body-fld-param SP body-fld-id SP body-fld-desc SP body-fld-enc SP body-fld-octets
//
// Accepted beyond it: types that are NIL.
func (f *fetchDecoder) partHead(b *BodyStructure) {
	if b.Type == "" {
		b.Type = "application"
	}
	if b.Subtype == "" && b.Type == "application" {
		b.Subtype = "octet-stream"
	}
	b.Params = f.paramList()
	if !f.d.TryText(" NIL NIL") { // most parts have neither
		b.ID = f.text()
		b.Description = f.text()
	}
	b.Encoding = f.word()
}

// partRest reads a part behind its encoding.
//
//	body-ext-1part = body-fld-md5 [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc *(SP body-extension)]]]
//
// Accepted beyond it: lines of any type; no MD5 before a disposition; see messageRest.
func (f *fetchDecoder) partRest(b *BodyStructure) {
	b.Size = f.d.FieldNumber()
	if b.Type == "message" && (b.Subtype == "rfc822" || b.Subtype == "global") {
		b = f.messageRest(b)
	}
	if c := f.d.NextByte(); startsNumber(c) || b.Type == "text" && c|0x20 == 'n' {
		b.Lines = f.d.FieldNumber()
	}
	if f.d.TryEnd(" NIL NIL NIL NIL)") { // and none of this
		return
	}
	md5 := ""
	if f.d.NextByte() != '(' {
		md5 = f.text()
	}
	f.readExtension(b, md5)
}

// startsNumber tells whether a number begins with c, as servers send it.
func startsNumber(c byte) bool { return c-'0' <= 9 || c == '-' }

// messageRest reads what a message within the message has between its size and its lines, and answers where that part is now.
//
//	body-type-msg = media-message SP body-fields SP envelope SP body SP body-fld-lines
//
// Accepted beyond it: NIL for the envelope; neither envelope nor body.
func (f *fetchDecoder) messageRest(b *BodyStructure) *BodyStructure {
	c := f.d.NextByte()
	if c != '(' && (c|0x20 != 'n' || !isNoEnvelope(f.d)) {
		return b
	}
	b.Envelope = f.anEnvelope()
	return f.embedded()
}

// isNoEnvelope tells whether the NIL at d stands for an envelope, and not for the MD5 of a message that comes without envelope and body.
// Then a body is behind it: a list that begins with a list, or has more than the two values of a disposition, or is before a number of
// lines; or NIL before that number.
func isNoEnvelope(d wire.Decoder) bool {
	d.Fault = nil // what is wrong here is found again when it is read
	if !d.Nil() {
		return false
	}
	if d.NextByte() != '(' {
		return d.Nil() && startsNumber(d.NextByte())
	}
	d.Open()
	for values := 0; d.More(); values++ {
		if c, _ := d.Peek(); values == 0 && c == '(' || values == 2 {
			return true
		}
		d.SkipValue()
	}
	return startsNumber(d.NextByte())
}

// embedded reads the body of a message within the message, which is the last part of f.open, and answers where that is now.
func (f *fetchDecoder) embedded() *BodyStructure {
	at := len(f.open)
	if _, kind := f.d.Field(); kind == wire.FieldList {
		if f.body(); f.d.Err() == nil {
			inner := f.keepParts(at)
			f.open[at-1].Body = &inner[0]
		}
	}
	f.open = f.open[:at]
	return &f.open[at-1]
}

// readExtension reads what is behind the MD5, to the end of the part.
//
//	body-fld-dsp = "(" string SP body-fld-param ")" / nil
//	body-fld-lang = nstring / "(" string *(SP string) ")"
//	body-fld-loc = nstring
func (f *fetchDecoder) readExtension(b *BodyStructure, md5 string) {
	e := BodyExtension{MD5: md5, Disposition: f.disposition(), Language: f.languageList(), Location: f.text(), Rest: f.restOfList()}
	if e.isEmpty() || !f.spend(costExtension) {
		return
	}
	f.extensions = append(room(f.extensions, 1), e)
	b.Extension = &f.extensions[len(f.extensions)-1]
}

func (e *BodyExtension) isEmpty() bool {
	return e.MD5 == "" && e.Disposition.Value == "" && e.Disposition.Params == nil && e.Language == nil && e.Location == "" && e.Rest == ""
}

// disposition reads the next value of an open list.
//
// Accepted beyond the grammar: a disposition without its parentheses; a text in its place that is none is dropped.
func (f *fetchDecoder) disposition() (disposition Disposition) {
	switch value, kind := f.d.Field(); {
	case kind == wire.FieldList:
		f.d.Open()
		disposition = Disposition{Value: f.word(), Params: f.paramList()}
		f.dropRest()
	case isToken(value):
		disposition.Value = internWord(&f.d, value)
	}
	return disposition
}

// restOfList ends an open list and answers what else is in it, as it stands.
func (f *fetchDecoder) restOfList() string {
	d := &f.d
	if d.TryClose() {
		return ""
	}
	from, to := d.Offset(), 0
	for d.More() {
		d.SkipValue()
		to = d.Offset()
	}
	if to == 0 || d.Err() != nil {
		return ""
	}
	return strings.TrimLeft(textview(d.Since(from)[:to-from]), " ")
}

func (f *fetchDecoder) languageList() []string {
	d := &f.d
	from := len(f.languages)
	switch language, kind := d.Field(); {
	case kind == wire.FieldList:
		for d.Open(); f.more(costText); {
			f.languages = append(f.languages, f.text())
		}
	case len(language) > 0:
		f.languages = append(f.languages, textview(language))
	default:
		return nil
	}
	if to := len(f.languages); to > from {
		return f.languages[from:to:to]
	}
	return nil
}

// paramList reads the next value of an open list.
//
//	body-fld-param = "(" string SP string *(SP string SP string) ")" / nil
//
// Accepted beyond it: a string, which is dropped; a name without a value.
func (f *fetchDecoder) paramList() Params {
	d := &f.d
	f.params = room(f.params, 1)
	from := len(f.params)
	var pair [2][]byte
	if d.Tuple(pair[:]) { // most lists have one parameter
		if f.spend(costParam) {
			f.params = append(f.params, Param{Name: internWord(d, pair[0]), Value: textview(pair[1])})
		}
	} else if _, kind := d.Field(); kind == wire.FieldList {
		for d.Open(); f.more(costParam); {
			name := f.word()
			f.params = append(f.params, Param{Name: name, Value: f.text()})
		}
	}
	if to := len(f.params); to > from {
		return f.params[from:to:to]
	}
	return nil
}

// word is text for what is the same in letters of any case.
func (f *fetchDecoder) word() string {
	s, kind := f.d.Field()
	if kind == wire.FieldList {
		f.d.SkipValue()
		return ""
	}
	return internWord(&f.d, s)
}

// isToken tells whether s can be a disposition (RFC 2045 section 5.1).
func isToken(s []byte) bool {
	for _, c := range s {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}

// internWord answers word in lower case, without a copy for the words that most messages have.
func internWord(d *wire.Decoder, word []byte) string {
	if len(word) == 0 || word[0] >= 'a' {
		return textview(d.Lower(word))
	}
	switch string(word) {
	case "TEXT":
		return "text"
	case "PLAIN":
		return "plain"
	case "HTML":
		return "html"
	case "MULTIPART":
		return "multipart"
	case "MIXED":
		return "mixed"
	case "ALTERNATIVE":
		return "alternative"
	case "RELATED":
		return "related"
	case "APPLICATION":
		return "application"
	case "OCTET-STREAM":
		return "octet-stream"
	case "IMAGE":
		return "image"
	case "CHARSET":
		return "charset"
	case "BOUNDARY":
		return "boundary"
	case "NAME":
		return "name"
	case "FILENAME":
		return "filename"
	case "ATTACHMENT":
		return "attachment"
	case "INLINE":
		return "inline"
	case "7BIT":
		return "7bit"
	case "8BIT":
		return "8bit"
	case "BASE64":
		return "base64"
	case "QUOTED-PRINTABLE":
		return "quoted-printable"
	case "PDF":
		return "pdf"
	case "JPEG":
		return "jpeg"
	case "PNG":
		return "png"
	case "SIGNED":
		return "signed"
	case "FORMAT":
		return "format"
	case "FLOWED":
		return "flowed"
	}
	return textview(d.Lower(word))
}
