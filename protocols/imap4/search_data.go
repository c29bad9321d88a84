package imap4

import (
	"math"
	"strings"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// untagged takes what a search or a sort is answered with.
func (s *search) untagged(r *wire.Response) bool {
	switch {
	case r.HasNumber:
		return false
	case r.IsStatus:
		return s.onRefused(r)
	case r.Name == "ESEARCH":
		return s.onESearch(r.Args)
	case r.Name == s.kind():
		return s.onNumbers(r.Args)
	}
	return false
}

// onRefused: resp-text-code =/ "NOUPDATE" SP quoted (RFC 5267)
func (s *search) onRefused(r *wire.Response) bool {
	if r.Code != "NOUPDATE" || s.options.Update == nil {
		return false
	}
	d := r.CodeDecoder(s.c.options().Limits)
	if string(d.AString()) != tagText(s.cmd.tag) {
		return false
	}
	s.refused = true
	return true
}

// onNumbers takes a list that does not say for whom it is.
//
//	mailbox-data =/ "SEARCH" [1*(SP nz-number) SP search-sort-mod-seq]
//	sort-data    =  "SORT" [1*(SP nz-number) SP search-sort-mod-seq] (RFC 5256, RFC 7162)
func (s *search) onNumbers(d wire.Decoder) bool {
	if s.extended && !s.isOnly(s.kind()) {
		return s.ambiguous(&d)
	}
	for s.cmd.failed == nil {
		d.TrySP()
		switch next, more := d.Peek(); {
		case !more:
			s.failed(d.Err())
			return true
		case next == '(':
			s.modSeq(&d)
		default:
			s.all.add(d.Number(), s.room)
		}
	}
	return true
}

// modSeq: search-sort-mod-seq = "(" "MODSEQ" SP mod-sequence-value ")"
func (s *search) modSeq(d *wire.Decoder) {
	d.List(func(d *wire.Decoder) {
		if word := d.Atom(); d.Err() == nil && upper(word) == "MODSEQ" {
			d.SP()
			s.onModSeq(d)
		}
	})
}

func (s *search) onModSeq(d *wire.Decoder) {
	if n, ok := d.OptNumber64(); ok {
		s.data.ModSeq = max(s.data.ModSeq, n)
	}
}

// onESearch takes data that says for whom it is, or does not have to because there is only one.
func (s *search) onESearch(d wire.Decoder) bool {
	tag, tagged := correlator(&d)
	switch {
	case tagged && tag != s.cmd.tag:
		return false
	case !tagged && d.Err() == nil && !s.isOnly(""):
		return s.ambiguous(&d)
	}
	var changes []SearchChange
	eachReturn(&d, func(name string, d *wire.Decoder) {
		switch name {
		case "MIN":
			s.data.Min = optNumber(d)
		case "MAX":
			s.data.Max = optNumber(d)
		case "COUNT":
			s.data.Count = optNumber(d)
		case "ALL":
			s.onSet(&s.all, d)
		case "MODSEQ":
			s.onModSeq(d)
		case "PARTIAL":
			s.onPartial(d)
		case "RELEVANCY":
			s.onRelevancy(d)
		case "ADDTO", "REMOVEFROM":
			changes = readChanges(changes, name, d, s.room)
		default:
			d.SkipValue()
		}
	})
	s.failed(d.Err())
	if s.options.Update != nil && !s.cmd.gone && len(changes) > 0 && d.Err() == nil {
		s.options.Update(SearchUpdate{Tag: tagText(s.cmd.tag), UID: s.uid, Changes: changes})
	}
	return true
}

// correlator takes the tag of the command that ESEARCH is about; no tag of ours is 0. MULTISEARCH has more in the list (RFC 7377).
//
//	search-correlator = SP "(" "TAG" SP tag-string ")"
func correlator(d *wire.Decoder) (tag uint32, tagged bool) {
	if next, _ := d.Peek(); next != '(' {
		return 0, false
	}
	d.List(func(d *wire.Decoder) {
		name := upper(d.Atom())
		d.SP()
		if name != "TAG" {
			d.SkipValue()
			return
		}
		tag, tagged = tagNumber(string(d.AString())), true
	})
	return tag, tagged
}

// eachReturn goes through what ESEARCH tells; take must take the value.
//
//	esearch-response = "ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data)
//	search-ret-data-ext = search-modifier-name SP search-return-value
func eachReturn(d *wire.Decoder, take func(name string, d *wire.Decoder)) {
	for {
		d.TrySP()
		if _, more := d.Peek(); !more {
			return
		}
		name := upper(d.Atom())
		if name == "UID" || d.Err() != nil {
			continue
		}
		d.SP()
		if _, more := d.Peek(); more {
			take(name, d)
		}
	}
}

// onSet takes the numbers themselves; NIL for none.
func (s *search) onSet(into *found, d *wire.Decoder) {
	if d.Nil() {
		return
	}
	text := d.AString()
	if d.Err() != nil || len(text) == 0 {
		return
	}
	if err := into.addSet(text, s.room); err != nil {
		d.Fail(err)
	}
}

// onPartial: ret-data-partial = "PARTIAL" SP "(" partial-range SP partial-results ")" (RFC 9394)
func (s *search) onPartial(d *wire.Decoder) {
	i := 0
	d.List(func(d *wire.Decoder) {
		switch i++; i {
		case 1:
			s.data.Partial = &PartialData{Range: partialRange(d)}
		case 2:
			s.onSet(&s.partial, d)
		default:
			d.SkipValue()
		}
	})
}

// partialRange: partial-range = nz-number ":" nz-number / MINUS nz-number ":" MINUS nz-number
func partialRange(d *wire.Decoder) (r PartialRange) {
	r.First = signed(d)
	d.Byte(':')
	r.Last = signed(d)
	return r
}

func signed(d *wire.Decoder) int64 {
	minus := d.TryByte('-')
	n := int64(d.Number())
	if minus {
		return -n
	}
	return n
}

// onRelevancy: score-list = "(" [score *(SP score)] ")"; score = 1*3DIGIT (RFC 6203)
func (s *search) onRelevancy(d *wire.Decoder) {
	d.List(func(d *wire.Decoder) {
		score := min(d.Number(), math.MaxUint8)
		if s.room(len(s.data.Relevancy) + 1) {
			s.data.Relevancy = append(s.data.Relevancy, uint8(score))
		}
	})
}

// optNumber takes a number, or what servers send for none.
func optNumber(d *wire.Decoder) uint32 {
	n, _ := d.OptNumber64()
	return uint32(min(n, math.MaxUint32))
}

// room tells whether what is collected may become so long.
func (s *search) room(n int) bool { return s.c.limitUntagged(s.cmd, n) }

// failed notes that data was for this command and could not be read: its result would not be whole.
func (s *search) failed(err error) {
	if err != nil && s.cmd.failed == nil {
		s.cmd.failed = &CommandError{Command: s.cmd.name, Sent: true, Err: err}
	}
}

// ambiguous: data that says not for whom it is comes while several searches are out. Whose it is would be a guess, so each of them fails.
func (s *search) ambiguous(d *wire.Decoder) bool {
	d.Expected("tag of a command")
	s.failed(d.Err())
	return false
}

// kind is the name of the data that a server without ESEARCH answers with.
func (s *search) kind() string {
	if s.all.inList {
		return "SORT"
	}
	return "SEARCH"
}

// isOnly tells whether no other search or sort is out, or no other of that kind.
func (s *search) isOnly(kind string) bool {
	for out := s.c.out.first; out != nil; out = out.behind {
		isSearch := strings.HasSuffix(out.name, "SEARCH") || strings.HasSuffix(out.name, "SORT")
		if out != s.cmd && isSearch && strings.HasSuffix(out.name, kind) {
			return false
		}
	}
	return true
}
