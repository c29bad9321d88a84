package imap4

import (
	"testing"
	"time"
)

func TestEnvelopeTime(t *testing.T) {
	want := time.Date(2024, 7, 17, 2, 44, 25, 0, time.FixedZone("", 7200))
	for _, date := range []string{
		"Wed, 17 Jul 2024 02:44:25 +0200",
		"17 Jul 2024 02:44:25 +0200",
		"Wed,  17 Jul 2024  02:44:25 +0200 (CEST)",
		"Mi, 17 Jul 2024 02:44:25 +0200",
		"Wed, 17 Jul 2024 02:44:25 GMT+02:00",
		"2024-07-17T02:44:25+02:00",
		"Wed, 17 July 2024 02:44:25 +0200",
	} {
		if got, ok := (&Envelope{Date: date}).Time(); !ok || !got.Equal(want) {
			t.Errorf("%s: got %v, %v, want %v", date, got, ok, want)
		}
	}
	for _, date := range []string{"", "d", "yesterday", "99 Foo 2024", "Wed, "} {
		if got, ok := (&Envelope{Date: date}).Time(); ok || !got.IsZero() {
			t.Errorf("%q: got %v, want none", date, got)
		}
	}
}

func TestDecodeText(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"plain", "plain"},
		{"=?utf-8?q?caf=C3=A9?= au =?ISO-8859-1?B?bGFpdOk=?=", "caf\u00e9 au lait\u00e9"},
		{"=?utf-8?B?Y2Fm?=\r\n =?utf-8?B?w6k=?=", "caf\u00e9"},
		{"=?GBK?B?XA==?= and =?utf-8?q?=C3=A9?=", "=?GBK?B?XA==?= and \u00e9"},
		{"=?broken", "=?broken"},
		{"raw caf\u00e9", "raw caf\u00e9"},
		{"\xd6\xd0 caf\u00e9", "\uFFFD caf\u00e9"},
		{"=?utf-8?q?=ff?=", "\uFFFD"},
	} {
		if got := DecodeText(c.in); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
	e := Envelope{Subject: "=?utf-8?q?caf=C3=A9?="}
	if got, want := e.DecodedSubject(), "caf\u00e9"; got != want {
		t.Errorf("subject: got %q, want %q", got, want)
	}
}

func TestAddress(t *testing.T) {
	for _, c := range []struct {
		address      Address
		addr, string string
	}{
		{Address{Mailbox: "a", Host: "b.example"}, "a@b.example", "a@b.example"},
		{Address{Name: "=?utf-8?q?Ren=C3=A9?=", Mailbox: "r", Host: "b"}, "r@b", "Ren\u00e9 <r@b>"},
		{Address{Name: `Doe, "J\"`, Mailbox: "r", Host: "b"}, "r@b", `"Doe, \"J\\\"" <r@b>`},
		{Address{Mailbox: "local"}, "local", "local"},
		{Address{Mailbox: "friends", mark: markGroupStart}, "", "friends:"},
		{Address{mark: markGroupEnd}, "", ";"},
	} {
		if got := c.address.Addr(); got != c.addr {
			t.Errorf("%+v: got %q, want %q", c.address, got, c.addr)
		}
		if got := c.address.String(); got != c.string {
			t.Errorf("%+v: got %q, want %q", c.address, got, c.string)
		}
	}
}

// Envelopes beside the vectors that servers get wrong.
func TestOddEnvelopes(t *testing.T) {
	for _, c := range []struct{ name, envelope, want string }{
		{"NIL", "NIL", "1 uid=7"},
		{"lists around addresses", `("d" "s" ((("n" NIL "u" "h"))) NIL NIL NIL NIL NIL NIL "<m>")`, `1 uid=7 env("d" "s" from:"n"<u@h> id "<m>")`},
		{"a string for addresses", `("d" "s" "x@y" NIL NIL NIL NIL NIL NIL "<m>")`, `1 uid=7 env("d" "s" id "<m>")`},
		{"a list for a text", `("d" ("s" "t") NIL NIL NIL NIL NIL NIL NIL "<m>")`, `1 uid=7 env("d" "" id "<m>")`},
		{"cut short", `("d" "s" (("n" NIL "u")))`, `1 uid=7 env("d" "s" from:group "u"{ id "")`},
		{"too long", `("d" "s" NIL NIL NIL NIL NIL NIL NIL "<m>" "x" (1) NIL)`, `1 uid=7 env("d" "s" id "<m>")`},
		{"address too long", `("d" "s" (("n" NIL "u" "h" "x" NIL)) NIL NIL NIL NIL NIL NIL "<m>")`, `1 uid=7 env("d" "s" from:"n"<u@h> id "<m>")`},
		{"no spaces between lists", `("d" "s"(("n" NIL "u" "h"))NIL NIL NIL NIL NIL NIL "<m>")`, `1 uid=7 env("d" "s" from:"n"<u@h> id "<m>")`},
		{"atoms", `(d s NIL NIL NIL NIL NIL NIL NIL <m>)`, `1 uid=7 env("d" "s" id "<m>")`},
		{"a number, no list", "12", "1 uid=7 !*wire.SyntaxError"},
	} {
		got := fetch(t, "* 1 FETCH (ENVELOPE "+c.envelope+" UID 7)\r\n")[0].show()
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}
