package imap4

import (
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// What is learned of a response outlives its bytes: here of a part that calls itself a multipart and has what other parts have.
func TestWhatIsLearnedIsNotInTheResponse(t *testing.T) {
	const line = `* 1 FETCH (BODYSTRUCTURE ("multipart" "mixed" NIL "<id>" "a text" "7bit" NIL))`
	want := readOwned(new(fetchDecoder), line, nil)
	var f fetchDecoder
	for range firstToLearn + 2 {
		b := []byte(line)
		r, err := wire.DecodeResponse(wire.Unit{Kind: wire.Line, Bytes: b}, nil)
		if err != nil {
			t.Fatal(err)
		}
		m, err := f.borrow(r.Number, &r.Args)
		if got := (fetched{m, err}).show(); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
		clear(b)
	}
	if f.forms.hits == 0 {
		t.Error("got no structure that was known, want some")
	}
}

// A list of flags costs the same whether it is known or not: an empty one nothing, and one of which something is dropped that, too.
func TestKnownFlagsCostWhatTheyCost(t *testing.T) {
	for _, flags := range []string{"()", "(a)", "(a (x) (y) (z))"} {
		e := experienced{limits: &wire.Limits{Line: 16}}
		e.learn("* 1 FETCH (FLAGS " + flags + ")")
		for n := range 100 {
			e.check(t, "* 1 FETCH (X-GM-LABELS ("+strings.Repeat("l ", n)+") FLAGS "+flags+")")
			if t.Failed() {
				return
			}
		}
		if known, _ := e.hits(); known == 0 {
			t.Errorf("%s: got no list that was known, want some", flags)
		}
	}
}

// A value that cannot be read is passed over whatever it begins with.
func TestUsualItemsArePassedOverAsOthers(t *testing.T) {
	for _, name := range []string{"FLAGS", "UID", "RFC822.SIZE", "INTERNALDATE", "ENVELOPE", "BODYSTRUCTURE"} {
		line := "* 1 FETCH (" + name + " [odd] MODSEQ (5))"
		want := readOwned(new(fetchDecoder), strings.Replace(line, name, strings.ToLower(name), 1), nil)
		if got := readOwned(new(fetchDecoder), line, nil); got != want {
			t.Errorf("%s: got %s, want %s", line, got, want)
		}
	}
}

// A mailbox of structures that have no form does not make a decoder try for ever.
func TestStructuresWithoutAFormAreGivenUp(t *testing.T) {
	var f fetchDecoder
	for range firstToLearn + fewLooks*maxLearned {
		readOwned(&f, `* 1 FETCH (BODYSTRUCTURE ("text" "plain" NIL NIL NIL "7bit" 5 1 NIL NIL ("en") NIL))`, nil)
	}
	if f.forms.vain != 0 {
		t.Errorf("a structure of which it shows at once: got %d tries to learn it, want none", f.forms.vain)
	}
	for range fewLooks * maxLearned {
		readOwned(&f, `* 1 FETCH (BODYSTRUCTURE ("text" "plain" ("name" "a \"b\"") NIL NIL "7bit" 5 1))`, nil)
	}
	if f.forms.mayLearn() {
		t.Error("got another try to learn a structure, want none")
	}
}
