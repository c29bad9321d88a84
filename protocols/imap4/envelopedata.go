package imap4

import "github.com/tconn/tconn/protocols/imap4/internal/wire"

// readEnvelope: "ENVELOPE" SP envelope. NIL is none.
func (f *fetchDecoder) readEnvelope() {
	f.msg.named |= ItemEnvelope
	from := f.d.Offset()
	if e := f.anEnvelope(); e != nil && f.d.Err() == nil {
		f.msg.Envelope = e
		if f.borrowed == 0 {
			f.envelope = f.d.Since(from)
		}
		f.has(ItemEnvelope)
	}
}

// anEnvelope reads an envelope into one of f's own.
//
//	envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP env-to SP env-cc SP env-bcc SP
//	           env-in-reply-to SP env-message-id ")"
//
// Accepted beyond it: NIL, which answers nil; values left out at the end, which are empty, and more values, which are dropped.
func (f *fetchDecoder) anEnvelope() *Envelope {
	d := &f.d
	if d.Nil() || !f.spend(costEnvelope) {
		return nil
	}
	f.envelopes = append(room(f.envelopes, 1), Envelope{})
	e := &f.envelopes[len(f.envelopes)-1]
	d.Open()
	e.Date, e.Subject = f.twoTexts()
	from := d.Offset()
	e.From = f.addressList()
	same := d.Since(from)
	e.Sender = f.addressListAgain(same, e.From)
	e.ReplyTo = f.addressListAgain(same, e.From)
	e.To = f.addressList()
	e.Cc = f.addressList()
	e.Bcc = f.addressList()
	e.InReplyTo, e.MessageID = f.twoTexts()
	f.dropRest()
	return e
}

// twoTexts is text, twice.
func (f *fetchDecoder) twoTexts() (first, second string) {
	var values [2][]byte
	if f.d.Strings(values[:]) {
		return textview(values[0]), textview(values[1])
	}
	first = f.text()
	return first, f.text()
}

// text reads the next value of an open list, a string or NIL. A list in its place counts as NIL.
func (f *fetchDecoder) text() string { return textview(f.field()) }

func (f *fetchDecoder) field() []byte {
	s, kind := f.d.Field()
	if kind == wire.FieldList {
		f.d.SkipValue()
	}
	return s
}

// dropRest ends an open list, whatever else is in it.
func (f *fetchDecoder) dropRest() {
	if f.d.TryClose() {
		return
	}
	for f.d.More() {
		f.d.SkipValue()
	}
}

// addressList reads the next value of an open list.
//
//	env-from = "(" 1*address ")" / nil
//
// Accepted beyond it: an empty list; NIL and strings among the addresses, which are dropped; spaces between them; lists around them.
func (f *fetchDecoder) addressList() []Address {
	if _, kind := f.d.Field(); kind != wire.FieldList {
		return nil
	}
	f.addresses = room(f.addresses, 1)
	from := len(f.addresses)
	for f.d.Open(); f.d.More(); {
		f.addressOrNone()
	}
	to := len(f.addresses)
	if from == to {
		return nil
	}
	return f.addresses[from:to:to]
}

// addressListAgain is addressList for one that most often is written as list was before it, as value. Then it is that list.
func (f *fetchDecoder) addressListAgain(value []byte, list []Address) []Address {
	if len(list) == 0 || !f.d.TryText(textview(value)) {
		return f.addressList()
	}
	return list
}

func (f *fetchDecoder) addressOrNone() {
	d := &f.d
	if name, mailbox, host := d.TryAddress(); host != nil {
		f.address(name, nil, mailbox, host)
		return
	}
	if c, _ := d.Peek(); c != '(' {
		d.SkipValue()
		return
	}
	d.Open()
	name, kind := d.Field()
	if kind == wire.FieldList { // a list around addresses
		for d.More() {
			f.addressOrNone()
		}
		return
	}
	route := f.field()
	mailbox, host := f.field(), f.field()
	f.dropRest()
	f.address(name, route, mailbox, host)
}

// address: address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")". What is NIL is nil.
func (f *fetchDecoder) address(name, route, mailbox, host []byte) {
	if !f.spend(costAddress) {
		return
	}
	f.addresses = append(f.addresses, Address{})
	a := &f.addresses[len(f.addresses)-1] // filled where it stays
	a.Name, a.Route = textview(name), textview(route)
	if !isPlaceholder(mailbox) {
		a.Mailbox = textview(mailbox)
	}
	switch {
	case host != nil:
		if !isPlaceholder(host) {
			a.Host = textview(host)
		}
	case mailbox != nil:
		a.mark = markGroupStart
	case a.Name == "":
		a.mark = markGroupEnd
	}
}

// isPlaceholder tells what servers put for a part of an address that the message does not have.
func isPlaceholder(s []byte) bool {
	if len(s) < len("MISSING_DOMAIN") || s[0] != 'M' && s[0] != '.' {
		return false
	}
	return string(s) == "MISSING_DOMAIN" || string(s) == "MISSING_MAILBOX" || string(s) == ".MISSING-HOST-NAME."
}
