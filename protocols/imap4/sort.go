package imap4

import (
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// SortKey is what messages are sorted by; Reverse turns it round. Another word than those below is sent as it is.
type SortKey string

// Keys (RFC 5256).
const (
	SortArrival SortKey = "ARRIVAL" // when they came to the mailbox
	SortCC      SortKey = "CC"      // first address, the part before the @
	SortDate    SortKey = "DATE"    // the messages' own date
	SortFrom    SortKey = "FROM"
	SortSize    SortKey = "SIZE"
	SortSubject SortKey = "SUBJECT" // without "Re:" and the like
	SortTo      SortKey = "TO"

	SortDisplayFrom SortKey = "DISPLAYFROM" // the name shown (SORT=DISPLAY, RFC 5957)
	SortDisplayTo   SortKey = "DISPLAYTO"   // the same
	SortRelevancy   SortKey = "RELEVANCY"   // of a Fuzzy query, the best first (SEARCH=FUZZY, RFC 6203)
)

const reverse = "REVERSE "

// Reverse is the same key from its end on; of a reversed one it is the key itself.
func (k SortKey) Reverse() SortKey {
	if key, ok := strings.CutPrefix(string(k), reverse); ok {
		return SortKey(key)
	}
	return reverse + k
}

// Sort looks for messages in the selected mailbox and answers their sequence numbers, sorted by the first key, those that are
// equal by the second, and so on. SearchData.Sorted has them in that order. At most one o.
//
// Command: SORT (RFC 5256, RFC 5267). Legal in: selected.
// Fires with: what was found, also when that is nothing. Fails with: see Search; *UnsupportedError without SORT, or SORT=DISPLAY for those keys.
func (c *Client) Sort(by []SortKey, q Query, o ...SearchOptions) *deferred.Deferred[*SearchData] {
	return newSort(c, "SORT", by, q, o).issue()
}

// UIDSort is Sort that answers UIDs.
//
// Command: UID SORT (RFC 5256). Legal in: selected. Fires with and fails with: see Sort.
func (c *Client) UIDSort(by []SortKey, q Query, o ...SearchOptions) *deferred.Deferred[*SearchData] {
	return newSort(c, "UID SORT", by, q, o).issue()
}

func newSort(c *Client, name string, by []SortKey, q Query, o []SearchOptions) *search {
	s := newSearch(c, name, q, o)
	s.all.inList, s.partial.inList = true, true
	if len(by) == 0 {
		s.fault = "nothing to sort by"
	}
	keys := make([]string, 0, len(by))
	s.program.need("SORT")
	for _, key := range by {
		switch keys = append(keys, string(key)); strings.TrimPrefix(string(key), reverse) {
		case string(SortDisplayFrom), string(SortDisplayTo):
			s.program.need("SORT=DISPLAY")
		case string(SortRelevancy):
			s.program.need("SEARCH=FUZZY")
			if !s.program.fuzzy {
				s.fault = "relevancy is of a Fuzzy query only"
			}
		}
	}
	s.cmd.arguments = func(b *wire.CommandBuilder) { s.sortArguments(b, keys) }
	return s
}

// sortArguments: sort = ["UID" SP] "SORT" [search-return-opts] SP sort-criteria SP search-criteria
func (s *search) sortArguments(b *wire.CommandBuilder, keys []string) {
	s.extended = s.onlyExtended() || s.c.caps.Has("ESORT")
	s.cmd.answers = answerSort
	if s.extended {
		s.cmd.answers = 0
		s.returns(b)
	}
	b.SP().List(func(b *wire.CommandBuilder) {
		for i, key := range keys {
			if i > 0 {
				b.SP()
			}
			if k, ok := strings.CutPrefix(key, reverse); ok {
				b.Atom("REVERSE").SP().Atom(k)
			} else {
				b.Atom(key)
			}
		}
	})
	b.SP().Atom("UTF-8")
	s.program.appendTo(b)
}
