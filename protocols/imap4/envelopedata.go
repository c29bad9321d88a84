package imap4

import "github.com/tconn/tconn/protocols/imap4/internal/wire"

// readEnvelope: "ENVELOPE" SP envelope. NIL is none.
func (f *fetchDecoder) readEnvelope() {
	f.msg.named |= ItemEnvelope
	if e := f.envelope(); e != nil && f.d.Err() == nil {
		f.msg.Envelope = e
		f.has(ItemEnvelope)
	}
}

// envelope reads an envelope into one of f's own.
//
//	envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP env-to SP env-cc SP env-bcc SP
//	           env-in-reply-to SP env-message-id ")"
//
// Accepted beyond it: NIL, which answers nil; values left out at the end, which are empty, and more values, which are dropped.
func (f *fetchDecoder) envelope() *Envelope {
	d := &f.d
	if d.Nil() || !f.spend(costEnvelope) {
		return nil
	}
	f.envelopes = append(f.envelopes, Envelope{})
	e := &f.envelopes[len(f.envelopes)-1]
	d.Open()
	e.Date = f.text()
	e.Subject = f.text()
	e.From = f.addressList()
	e.Sender = f.addressList()
	e.ReplyTo = f.addressList()
	e.To = f.addressList()
	e.Cc = f.addressList()
	e.Bcc = f.addressList()
	e.InReplyTo = f.text()
	e.MessageID = f.text()
	f.dropRest()
	return e
}

// text reads the next value of an open list, a string or NIL. A list in its place counts as NIL.
func (f *fetchDecoder) text() string {
	s, kind := f.d.Field()
	if kind == wire.FieldList {
		f.d.SkipValue()
	}
	return textview(s)
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

func (f *fetchDecoder) addressOrNone() {
	d := &f.d
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
	f.address(name)
}

// address: address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")", behind the name.
func (f *fetchDecoder) address(name []byte) {
	a := Address{Name: textview(name), Route: f.text()}
	mailbox, mailboxKind := f.d.Field()
	host, hostKind := f.d.Field()
	f.dropRest()
	a.Mailbox, a.Host = textview(mailbox), textview(host)
	switch {
	case hostKind == wire.FieldString:
		if isPlaceholder(a.Host) {
			a.Host = ""
		}
	case mailboxKind == wire.FieldString:
		a.mark = markGroupStart
	case a.Name == "":
		a.mark = markGroupEnd
	}
	if isPlaceholder(a.Mailbox) {
		a.Mailbox = ""
	}
	if f.spend(costAddress) {
		f.addresses = append(f.addresses, a)
	}
}

// isPlaceholder tells what servers put for a part of an address that the message does not have.
func isPlaceholder(s string) bool {
	if len(s) < len("MISSING_DOMAIN") || s[0] != 'M' && s[0] != '.' {
		return false
	}
	return s == "MISSING_DOMAIN" || s == "MISSING_MAILBOX" || s == ".MISSING-HOST-NAME."
}
