package imap4

import "strings"

// How an owned message comes by its texts. Most often they are parts of a copy of the whole response. Of a message whose structure has a
// form that is known, the response has few texts that are not in the form: then the copy has those only. Whether a message is like that is
// known when it has been read, so it is tried if the one before was.

// lightItems are the items of light messages: keepTexts knows where their texts are.
const lightItems = ItemUID | ItemFlags | ItemInternalDate | ItemSize | ItemEnvelope | ItemBody | ItemBodyStructure | ItemModSeq | ItemSaveDate |
	ItemGmailMsgID | ItemGmailThreadID

// isLight tells whether the message that was read is light.
func (f *fetchDecoder) isLight() bool {
	m := f.msg
	return m.items&^lightItems == 0 && len(m.Sections)+len(m.Extra) == 0 && f.bodies <= 1 && (m.BodyStructure == nil || f.found.form != nil)
}

// keepTexts copies the texts of a light message that was read where the response lies.
func (f *fetchDecoder) keepTexts(response []byte) {
	for i, flag := range f.msg.Flags {
		if _, in := offsetIn(string(flag), response); in {
			f.msg.Flags[i] = Flag(strings.Clone(string(flag)))
		}
	}
	var texts []bodyPlace
	if f.msg.BodyStructure != nil {
		texts = f.found.form.texts
	}
	size := len(f.envelope)
	for _, t := range texts {
		size += f.pieces[t.piece].To - f.pieces[t.piece].From
	}
	kept := append(make([]byte, 0, size), f.envelope...)
	if e := f.msg.Envelope; e != nil {
		e.move(f.envelope, kept)
	}
	for _, t := range texts {
		p := &f.pieces[t.piece]
		at := len(kept)
		kept = append(kept, f.found.value[p.From:p.To]...)
		p.From, p.To = at, len(kept)
	}
	if texts != nil {
		f.found.setTexts(f.pieces, kept)
	}
}

// move makes the texts of e that are parts of from the same parts of to.
func (e *Envelope) move(from, to []byte) {
	e.Date, e.Subject = movedText(e.Date, from, to), movedText(e.Subject, from, to)
	for _, list := range e.lists() {
		for i := range *list {
			a := &(*list)[i]
			a.Name, a.Route = movedText(a.Name, from, to), movedText(a.Route, from, to)
			a.Mailbox, a.Host = movedText(a.Mailbox, from, to), movedText(a.Host, from, to)
		}
	}
	e.InReplyTo, e.MessageID = movedText(e.InReplyTo, from, to), movedText(e.MessageID, from, to)
}

// movedText is the same part of to as s is of from; s if it is none.
func movedText(s string, from, to []byte) string {
	if at, ok := offsetIn(s, from); ok {
		return textview(to[at : at+len(s)])
	}
	return s
}
