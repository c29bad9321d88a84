package imap4

import (
	"slices"
	"strings"
)

// Clone is a copy of m that is the caller's for ever.
func (m *Message) Clone() *Message {
	c := m.detach()
	size := 0
	c.eachText(func(s *string) { size += len(*s) })
	for i := range c.Sections {
		size += len(c.Sections[i].Bytes)
	}
	text := make([]byte, 0, size)
	take := func(b []byte) []byte {
		at := len(text)
		text = append(text, b...)
		return text[at:len(text):len(text)]
	}
	c.eachText(func(s *string) {
		if *s != "" {
			*s = textview(take([]byte(*s)))
		}
	})
	for i := range c.Sections {
		if s := &c.Sections[i]; s.Bytes != nil {
			s.Bytes = take(s.Bytes)
		}
	}
	return c
}

// Clone is a copy of s that shares nothing with it.
func (s BodySection) Clone() BodySection {
	s.Part = slices.Clone(s.Part)
	s.Specifier = Specifier(strings.Clone(string(s.Specifier)))
	s.Fields = slices.Clone(s.Fields)
	for i, field := range s.Fields {
		s.Fields[i] = strings.Clone(field)
	}
	return s
}

// extent is how many things a message consists of.
type extent struct{ addresses, params, parts int }

func (n *extent) message(m *Message) {
	n.envelope(m.Envelope)
	n.body(m.BodyStructure)
}

func (n *extent) envelope(e *Envelope) {
	if e != nil {
		for _, list := range e.lists() {
			n.addresses += len(*list)
		}
	}
}

func (n *extent) body(b *BodyStructure) {
	if b == nil {
		return
	}
	n.parts++
	n.params += len(b.Params) + len(b.Disposition().Params)
	n.envelope(b.Envelope)
	n.body(b.Body)
	for i := range b.Children {
		n.body(&b.Children[i])
	}
}

// mover copies the parts of a message to where there is room for all of them.
type mover struct {
	addresses []Address
	params    []Param
	parts     []BodyStructure
}

// detach is a copy of m that shares only texts with it.
func (m *Message) detach() *Message {
	var n extent
	n.message(m)
	c := *m
	c.Flags = slices.Clone(m.Flags)
	c.GmailLabels = copied(m.GmailLabels)
	c.Extra = copied(m.Extra)
	c.Sections = copied(m.Sections)
	for i := range c.Sections {
		s := &c.Sections[i]
		s.Part, s.Fields = copied(s.Part), copied(s.Fields)
	}
	to := mover{addresses: make([]Address, 0, n.addresses), params: make([]Param, 0, n.params), parts: make([]BodyStructure, 0, n.parts)}
	if m.Envelope != nil {
		e := *m.Envelope
		to.envelope(&e)
		c.Envelope = &e
	}
	if m.BodyStructure != nil {
		c.BodyStructure = to.body(m.BodyStructure)
	}
	return &c
}

// copied is a copy that has no room for more, nil for an empty list.
func copied[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	c := make([]T, len(list))
	copy(c, list)
	return c
}

// moved is a copy of list within room, which has to be large enough.
func moved[T any](room *[]T, list []T) []T {
	if len(list) == 0 {
		return nil
	}
	at := len(*room)
	*room = append(*room, list...)
	return (*room)[at:len(*room):len(*room)]
}

func (to *mover) envelope(e *Envelope) {
	for _, list := range e.lists() {
		*list = moved(&to.addresses, *list)
	}
}

// children moves parts that stand side by side, and what is in them.
func (to *mover) children(parts []BodyStructure) []BodyStructure {
	parts = moved(&to.parts, parts)
	for i := range parts {
		to.inside(&parts[i])
	}
	return parts
}

func (to *mover) body(b *BodyStructure) *BodyStructure {
	at := len(to.parts)
	to.parts = append(to.parts, *b)
	to.inside(&to.parts[at])
	return &to.parts[at]
}

// inside moves what is in a part that has been moved.
func (to *mover) inside(b *BodyStructure) {
	b.Params = moved(&to.params, b.Params)
	if b.Extension != nil {
		e := *b.Extension
		e.Disposition.Params = moved(&to.params, e.Disposition.Params)
		e.Language = copied(e.Language)
		b.Extension = &e
	}
	if b.Envelope != nil {
		e := *b.Envelope
		to.envelope(&e)
		b.Envelope = &e
	}
	if b.Body != nil {
		b.Body = to.body(b.Body)
	}
	b.Children = to.children(b.Children)
}

// lists are the lists of addresses in their order on the wire.
func (e *Envelope) lists() [6]*[]Address {
	return [...]*[]Address{&e.From, &e.Sender, &e.ReplyTo, &e.To, &e.Cc, &e.Bcc}
}

// eachText calls visit for each text of m, sections' bytes apart.
func (m *Message) eachText(visit func(s *string)) {
	for i := range m.Flags {
		visit((*string)(&m.Flags[i]))
	}
	visit(&m.EmailID)
	visit(&m.ThreadID)
	visit(&m.Preview)
	eachOf(m.GmailLabels, visit)
	for i := range m.Sections {
		visit((*string)(&m.Sections[i].Specifier))
		eachOf(m.Sections[i].Fields, visit)
	}
	for i := range m.Extra {
		visit(&m.Extra[i].Name)
		visit(&m.Extra[i].Raw)
	}
	m.Envelope.eachText(visit)
	m.BodyStructure.eachText(visit)
}

func eachOf(texts []string, visit func(s *string)) {
	for i := range texts {
		visit(&texts[i])
	}
}

func (e *Envelope) eachText(visit func(s *string)) {
	if e == nil {
		return
	}
	visit(&e.Date)
	visit(&e.Subject)
	for _, list := range e.lists() {
		for i := range *list {
			a := &(*list)[i]
			visit(&a.Name)
			visit(&a.Route)
			visit(&a.Mailbox)
			visit(&a.Host)
		}
	}
	visit(&e.InReplyTo)
	visit(&e.MessageID)
}

func (b *BodyStructure) eachText(visit func(s *string)) {
	if b == nil {
		return
	}
	visit(&b.Type)
	visit(&b.Subtype)
	b.Params.eachText(visit)
	visit(&b.ID)
	visit(&b.Description)
	visit(&b.Encoding)
	if e := b.Extension; e != nil {
		visit(&e.MD5)
		visit(&e.Disposition.Value)
		e.Disposition.Params.eachText(visit)
		eachOf(e.Language, visit)
		visit(&e.Location)
		visit(&e.Rest)
	}
	b.Envelope.eachText(visit)
	b.Body.eachText(visit)
	for i := range b.Children {
		b.Children[i].eachText(visit)
	}
}

func (p Params) eachText(visit func(s *string)) {
	for i := range p {
		visit(&p[i].Name)
		visit(&p[i].Value)
	}
}
