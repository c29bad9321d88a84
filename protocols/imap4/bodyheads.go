package imap4

import (
	"strings"
)

// Most parts of the messages of a mailbox begin in one of a few ways: "text" "plain" ("charset" "utf-8") NIL NIL "quoted-printable". A
// decoder learns those that it meets, and then knows them at a glance.

// partStart is such a beginning, from the type to the encoding, and what it says.
type partStart struct {
	written string
	part    BodyStructure
}

const (
	maxPartStarts    = 8
	maxPartStartSize = 96
)

// knownPart appends a part to f.open if it begins in a way that is known, and goes behind that. Else it answers nil.
func (f *fetchDecoder) knownPart() *BodyStructure {
	rest := f.d.Rest()
	for i := range f.starts {
		start := &f.starts[i]
		last := len(start.written) - 1
		if last >= len(rest) || rest[last] != '"' || !f.d.TryNested(start.written) {
			continue
		}
		b := f.newPart()
		*b = start.part
		if n := len(b.Params); n > 0 && f.spend(n*costParam) {
			f.params = room(f.params, n)
			from := len(f.params)
			f.params = append(f.params, b.Params...)
			b.Params = f.params[from : from+n : from+n]
		}
		return b
	}
	return nil
}

// learnPart notes how a part begins, and what that says, if others may begin so, too. A decoder that reads one message learns nothing.
func (f *fetchDecoder) learnPart(written []byte, b *BodyStructure) {
	if f.messages < 2 || len(f.starts) == maxPartStarts || len(written) > maxPartStartSize || b.ID != "" || b.Description != "" || !isPlainStart(textview(written)) {
		return
	}
	for _, p := range b.Params {
		if p.Name != "charset" && p.Name != "format" && p.Name != "delsp" {
			return
		}
	}
	part := *b
	part.Params = append(Params(nil), b.Params...)
	part.eachText(func(s *string) { *s = strings.Clone(*s) })
	f.starts = append(f.starts, partStart{string(written), part})
}

// isPlainStart tells whether the same bytes mean the same wherever they stand: what is quoted has no escapes, is not empty, and ends it, and
// no list is in its list of parameters.
func isPlainStart(written string) bool {
	return strings.HasSuffix(written, `"`) && strings.Count(written, "(") <= 1 &&
		!strings.ContainsAny(written, "\\\n") && !strings.Contains(written, `""`)
}
