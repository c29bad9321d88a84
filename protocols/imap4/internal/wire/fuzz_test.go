package wire

import (
	"bytes"
	"slices"
	"testing"
	"unicode/utf8"
)

// Limits small enough for a fuzzer to reach.
var fuzzLimits = &Limits{Line: 200, Response: 300, Literal: 60, LiteralSize: 1000, Literals: 6, Depth: 5}

var fuzzPolicies = []policy{keepAll, streamAll, skipAll, byRemainder, refuseSync}

// FuzzScanner: no panic, and the same units in any cutting, in both roles, within any limits.
func FuzzScanner(f *testing.F) {
	for i, tt := range framing {
		f.Add([]byte(tt.input), uint8(i))
	}
	for _, tt := range scannerLimits {
		f.Add([]byte(tt.input), uint8(1))
	}
	for i, v := range loadVectors(f) {
		f.Add(v.Data, uint8(i))
	}
	f.Fuzz(func(t *testing.T, input []byte, choice uint8) {
		role := Role(choice & 1)
		limits := []*Limits{nil, fuzzLimits}[choice>>1&1]
		how := fuzzPolicies[int(choice>>2)%len(fuzzPolicies)]
		whole := feedWhole(t, newFeeder(role, limits, how), input)
		want := whole.result()
		if got := feedBytes(t, newFeeder(role, limits, how), input).result(); got != want {
			t.Errorf("byte by byte:\ngot\n%s\nwant\n%s", got, want)
		}
		if got := feedRandom(t, newFeeder(role, limits, how), input, uint64(len(input))).result(); got != want {
			t.Errorf("cut at random:\ngot\n%s\nwant\n%s", got, want)
		}
		if whole.work > uint64(6*len(input)+1000) {
			t.Errorf("looked at %d bytes of %d", whole.work, len(input))
		}
	})
}

// readAll calls every word of the grammar on a copy of d, at every value.
func readAll(t *testing.T, d Decoder) {
	t.Helper()
	for _, strict := range []bool{false, true} {
		d.Strict = strict
		for steps := 0; d.Err() == nil && len(d.Rest()) > 0; steps++ {
			if steps > len(d.b) {
				t.Fatalf("no end at byte %d of %q", d.Offset(), d.b)
			}
			for name, call := range words {
				at := d
				call(&at)
				if at.pos < d.pos || at.pos > len(d.b) {
					t.Fatalf("%s went from %d to %d of %d bytes", name, d.pos, at.pos, len(d.b))
				}
			}
			d.SkipValue()
			d.TrySP()
		}
	}
}

// FuzzDecodeResponse: no panic, no value beyond the unit, and a status line built anew is read as the same.
func FuzzDecodeResponse(f *testing.F) {
	for _, tt := range responses {
		f.Add([]byte(tt.input))
	}
	for _, tt := range decoding {
		f.Add([]byte("* X " + tt.input))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		for _, u := range fuzzUnits(t, Client, input) {
			r, err := DecodeResponse(u, fuzzLimits)
			if (r.Kind == Invalid) != (err != nil && !r.HasNumber && r.Name == "") {
				t.Errorf("%q: kind %v with error %v", u.Bytes, r.Kind, err)
			}
			if err != nil {
				continue
			}
			checkStatusAnew(t, r)
			readAll(t, r.Args)
			readAll(t, r.CodeDecoder(fuzzLimits))
			if _, err := Capabilities(r.Args); err != nil {
				checkErrorKind(t, err, &LimitError{Limit: LimitCapabilities, Max: MaxCapabilities})
			}
		}
	})
}

// fuzzUnits are the units of input, up to the scanner's error.
func fuzzUnits(t *testing.T, role Role, input []byte) []Unit {
	t.Helper()
	s := NewScanner(role, fuzzLimits)
	var units []Unit
	for steps := 0; ; steps++ {
		u, n, err := s.Next(input)
		if err != nil || u.Kind == None {
			return units
		}
		if input = input[n:]; u.Kind == Line {
			u.Bytes, u.Literals = bytes.Clone(u.Bytes), slices.Clone(u.Literals) // they are borrowed
			units = append(units, u)
		}
		if steps > 4*len(input)+len(units)*20+1000 {
			t.Fatal("no end")
		}
	}
}

func checkStatusAnew(t *testing.T, r Response) {
	t.Helper()
	if !r.IsStatus {
		return
	}
	var line []byte
	var err error
	if r.Kind == Tagged {
		line, err = AppendTagged(nil, r.Tag, r.Name, r.RawCode, r.Text)
	} else {
		line, err = AppendUntagged(nil, r.Name, r.RawCode, r.Text)
	}
	if err != nil {
		return // what is accepted of a peer and not sent ourselves
	}
	again, err := DecodeResponse(Unit{Bytes: bytes.TrimSuffix(line, []byte("\r\n"))}, nil)
	if r.Code == "" { // spaces before it are no part of a text
		r.Text = string(bytes.TrimLeft([]byte(r.Text), " \t"))
	}
	if err != nil || again.Tag != r.Tag || again.Name != r.Name || again.RawCode != r.RawCode || again.Text != r.Text {
		t.Errorf("%q, built of %+v, is read as %+v, %v", line, r, again, err)
	}
}

// FuzzDecodeCommand: no panic, no value beyond the unit, and nothing sent shows in an error.
func FuzzDecodeCommand(f *testing.F) {
	for _, tt := range commands {
		f.Add([]byte(tt.input))
	}
	f.Add([]byte("A1 LOGIN {3+}\r\nbob \"x\"\r\nA2 UID SEARCH {1}\r\nx\r\n"))
	f.Fuzz(func(t *testing.T, input []byte) {
		for _, u := range fuzzUnits(t, Server, append(input, "\r\n"...)) {
			c, err := DecodeCommand(u, fuzzLimits)
			if (c.Tag == "" || c.Name == "") && err == nil {
				t.Errorf("%q: no error for tag %q, name %q", u.Bytes, c.Tag, c.Name)
			}
			if err == nil {
				readAll(t, c.Args)
				c.Args.Expected("nothing")
				err = c.Args.Err()
			}
			if syntax, ok := err.(*SyntaxError); ok && syntax.Got != gotSecret && syntax.Got != gotEnd {
				t.Errorf("%q: the error shows %s", u.Bytes, syntax.Got)
			}
		}
	})
}

// FuzzUTF7: what is encoded is decoded to the same, and what can be decoded is encoded to the same.
func FuzzUTF7(f *testing.F) {
	for _, s := range []string{"", "&", "&-", "Entwürfe", "Entw&APw-rfe", "日本語/&", "&2D3eAA-", "&2D0-", "a\r\n\x00", "&AOk-&AOk-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		wire, err := EncodeUTF7(s)
		if (err == nil) != utf8.ValidString(s) {
			t.Fatalf("encode %q: got error %v", s, err)
		}
		if err == nil {
			if got, err := DecodeUTF7(wire); got != s || err != nil {
				t.Errorf("%q is sent as %q and read as %q, %v", s, wire, got, err)
			}
			if !isQuotable(wire) || bytes.ContainsAny([]byte(wire), "\r\n\t") {
				t.Errorf("%q is sent as %q, want printable ASCII", s, wire)
			}
		}
		if name, err := DecodeUTF7(s); err == nil {
			if again, err := EncodeUTF7(name); again != s || err != nil {
				t.Errorf("%q is read as %q and sent as %q, %v", s, name, again, err)
			}
		}
	})
}

// FuzzRoundTrip: what is built is framed and read to the same, in any mode, by either side.
func FuzzRoundTrip(f *testing.F) {
	for i, s := range []string{"", "a", "NIL", "a b", `q"\`, "caf\u00e9", "a\r\nb", "\xff", "x{3}", "{3+}", "]", "a\x00", "\r", "* OK"} {
		f.Add(s, "second", uint8(i))
		f.Add("first", s, uint8(i))
	}
	f.Fuzz(func(t *testing.T, first, second string, mode uint8) {
		checkCommandAnew(t, first, second, LiteralMode(mode%3))
		checkResponseAnew(t, first, second)
	})
}

func checkCommandAnew(t *testing.T, first, second string, mode LiteralMode) {
	t.Helper()
	b := &CommandBuilder{Mode: mode}
	e, err := b.Begin("A1", "X").SP().AString(first).SP().List(func(b *CommandBuilder) { b.SecretAString(second) }).Done()
	hasNUL := bytes.IndexByte([]byte(first+second), 0) >= 0
	if (err != nil) != hasNUL {
		t.Fatalf("%q, %q: got error %v", first, second, err)
	}
	if hasNUL {
		return
	}
	s := NewScanner(Server, nil)
	var u Unit
	for i, segment := range e.Segments {
		for len(segment) > 0 {
			var n int
			if u, n, err = s.Next(segment); err != nil {
				t.Fatalf("segment %d of %q: %v", i, e.Segments, err)
			}
			segment = segment[n:]
		}
	}
	c, err := DecodeCommand(u, nil)
	if err != nil {
		t.Fatalf("%q: %v", e.Segments, err)
	}
	for _, strict := range []bool{true, false} {
		d := c.Args
		d.Strict = strict
		checkPair(t, d, first, second)
	}
	// What a trace shows does not depend on the secret.
	other, err := b.Begin("A1", "X").SP().AString(first).SP().List(func(b *CommandBuilder) { b.SecretAString("other") }).Done()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := e.AppendRedacted(nil), other.AppendRedacted(nil); !bytes.Equal(got, want) {
		t.Errorf("redacted: got %q, want %q", got, want)
	}
}

func checkResponseAnew(t *testing.T, first, second string) {
	t.Helper()
	line, err := AppendAString([]byte("* X "), first)
	if err == nil {
		line, err = AppendString(append(line, " ("...), second)
	}
	if err != nil {
		return
	}
	line = append(line, ")\r\n"...)
	units := scanLines(t, Client, nil, string(line))
	if len(units) != 1 {
		t.Fatalf("%q: got %d units, want 1", line, len(units))
	}
	r, err := DecodeResponse(units[0], nil)
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	checkPair(t, r.Args, first, second)
}

// checkPair reads "first (second)".
func checkPair(t *testing.T, d Decoder, first, second string) {
	t.Helper()
	got1, got2 := string(d.AString()), ""
	d.SP()
	d.List(func(d *Decoder) { got2 = string(d.AString()) })
	d.EOL()
	if got1 != first || got2 != second || d.Err() != nil {
		t.Errorf("read %q and %q, %v, want %q and %q", got1, got2, d.Err(), first, second)
	}
}
