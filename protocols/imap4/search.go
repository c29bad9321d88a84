package imap4

import (
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// ErrUIDOnly: a command about sequence numbers, of which there are none in this session since UIDONLY was enabled (RFC 9586). It comes in
// a *CommandError whose Sent is false, and matches ErrState, too.
var ErrUIDOnly error = uidOnlyError{}

type uidOnlyError struct{}

func (uidOnlyError) Error() string {
	return "imap4: there are no sequence numbers since UIDONLY was enabled"
}

func (uidOnlyError) Is(target error) bool { return target == ErrState }

// SearchOptions say what a search is to answer, and what else it is to do. The zero value asks for All.
//
// All, Min, Max and Count are answered by every server: where it cannot (ESEARCH, ESORT) the client works them out. The others fail unsent
// with *UnsupportedError where the server has not the capability they name.
//
// Source: RFC 9051 section 6.4.4 (search-return-opts), RFC 5267.
type SearchOptions struct {
	// All is the messages, Min and Max the lowest and the highest of them (of a sort: the first and the last), Count how many they are. All
	// brings the other three with it.
	All, Min, Max, Count bool
	// Save keeps the result at the server, for SavedResult (SEARCHRES, RFC 5182). If only Save is set nothing is answered.
	Save bool
	// Partial asks for a part of the result: First 1 and Last 500 are the first 500 (PARTIAL, RFC 9394; CONTEXT=SEARCH or CONTEXT=SORT, RFC
	// 5267), -1 and -500 the last 500 (PARTIAL). The zero value is no part. It does not go with All.
	Partial PartialRange
	// Relevancy asks how well each message matches a Fuzzy query (SEARCH=FUZZY, RFC 6203).
	Relevancy bool
	// Context tells the server that the same will be asked again, so that it may prepare for that (CONTEXT=SEARCH or CONTEXT=SORT).
	Context bool
	// Update is told how the result changes, until CancelUpdate or until the mailbox is not selected any more (CONTEXT=SEARCH or
	// CONTEXT=SORT). In the order of the wire: the first may come before the Deferred fires. After Cancel of that it is not called.
	// Goroutine: reactor.
	Update func(SearchUpdate)
}

// SearchData is what a search has found. What was not asked for is zero.
//
// Lifetime: the caller's for ever.
type SearchData struct {
	// Messages are those found, as UIDs or as sequence numbers; ready to be given to Fetch and the like.
	Messages MessageSet
	// Sorted are the same numbers in the order of a Sort; nil of a Search.
	Sorted []uint32
	// Min and Max are the lowest and the highest of them, of a sort the first and the last; zero if none was found.
	Min, Max uint32
	Count    uint32
	// ModSeq is the highest mod-sequence of those found, if the query asked for mod-sequences (CONDSTORE).
	ModSeq uint64
	// Partial is the part that was asked for, nil if the server has not told it.
	Partial *PartialData
	// Relevancy is one score from 1 to 100 for each message of Messages or Sorted, in their order.
	Relevancy []uint8
	// Saved: the server keeps the result.
	Saved bool
	// UpdateTag names the search while its updates come; see CancelUpdate. "" if the server sends none.
	UpdateTag string
	// Incomplete is set when the server has not looked at all messages, because they are too many (MESSAGELIMIT, RFC 9738): it says from
	// which on upwards it has.
	Incomplete *MessageLimitError
}

// PartialData is a part of a result.
type PartialData struct {
	Range    PartialRange // as the server says it
	Messages MessageSet   // empty if there is nothing in that range
	Sorted   []uint32     // the same in the order of a Sort; nil of a Search
}

// Search looks for messages in the selected mailbox and answers their sequence numbers. At most one o.
//
// Several may be out together where the server has ESEARCH, which says what is the answer to which.
//
// Command: SEARCH (RFC 9051 section 6.4.4, RFC 4731). Legal in: selected.
// Fires with: what was found, also when that is nothing.
// Fails with: *CharsetError if the server does not know UTF-8, *ResponseError, *UnsupportedError, *ArgumentError, *CommandError; ErrUIDOnly;
// *LimitError if the result has more than Limits.Untagged ranges, *SyntaxError if it cannot be read.
// Source: Twisted's search.
func (c *Client) Search(q Query, o ...SearchOptions) *deferred.Deferred[*SearchData] {
	return newSearch(c, "SEARCH", q, o).issue()
}

// UIDSearch is Search that answers UIDs.
//
// Command: UID SEARCH (RFC 9051 section 6.4.9). Legal in: selected. Fires with and fails with: see Search.
func (c *Client) UIDSearch(q Query, o ...SearchOptions) *deferred.Deferred[*SearchData] {
	return newSearch(c, "UID SEARCH", q, o).issue()
}

// search is a SEARCH or a SORT.
type search struct {
	c       *Client
	cmd     *command
	program *program
	options SearchOptions
	fault   string

	data     *SearchData
	all      found
	partial  found
	uid      bool
	extended bool // sent with RETURN, answered with ESEARCH
	refused  bool // the server sends no updates
}

func newSearch(c *Client, name string, q Query, o []SearchOptions) *search {
	s := &search{c: c, program: compile(q), data: new(SearchData), uid: name[0] == 'U'}
	s.cmd = &command{name: name, needs: inSelected, adapts: true, class: searchClass(s.uid, s.program), arguments: s.arguments}
	if len(o) > 1 {
		s.fault = "more than one SearchOptions"
	}
	if len(o) == 1 {
		s.options = o[0]
	}
	if o := &s.options; !o.Min && !o.Max && !o.Count && !o.Save && o.Partial.IsZero() {
		o.All = true
	}
	return s
}

// searchClass: a search by sequence number brings no EXPUNGE. One by UID may, and if its keys have sequence numbers it can go with no
// other at all (RFC 9051 section 5.5).
func searchClass(uid bool, p *program) class {
	switch {
	case !uid:
		return classNumbers
	case p.numbers, p.unknown:
		return classAlone
	}
	return classUsual
}

func (s *search) issue() *deferred.Deferred[*SearchData] {
	if s.fault == "" {
		s.fault = s.optionsFault()
	}
	if err := searchFault(s.cmd.name, s.fault, s.program); err != nil {
		return deferred.Fail[*SearchData](err)
	}
	s.needs()
	s.cmd.untagged = s.untagged
	s.cmd.requires, s.cmd.ready = s.c.searchNeeds(s.program, s.uid)
	return withCharsets(issue(s.c, s.cmd, s.result))
}

// searchFault is why a search cannot be sent, nil if it can.
func searchFault(name, fault string, p *program) error {
	if fault == "" {
		fault = p.fault
	}
	if fault == "" {
		return nil
	}
	return &ArgumentError{Command: name, Arg: 1, Reason: fault}
}

func (s *search) optionsFault() string {
	o := &s.options
	switch {
	case o.Relevancy && !s.program.fuzzy:
		return "relevancy is of a Fuzzy query only"
	case o.Partial.IsZero():
		return ""
	case o.All:
		return "Partial and All do not go together"
	case !o.Partial.isValid():
		return "Partial is no range"
	}
	return ""
}

// needs adds what the options need. ESEARCH is among it only if something is asked for that the client cannot work out.
func (s *search) needs() {
	o, p := &s.options, s.program
	form, context := []string{"ESEARCH", "IMAP4rev2"}, "CONTEXT=SEARCH"
	if s.all.inList {
		form, context = []string{"ESORT"}, "CONTEXT=SORT"
	}
	if s.onlyExtended() {
		p.need(form...)
	}
	if o.Save {
		p.need("SEARCHRES", "IMAP4rev2")
	}
	if o.Context || o.Update != nil {
		p.need(context)
	}
	switch {
	case o.Partial.First < 0:
		p.need("PARTIAL")
	case o.Partial.First > 0:
		p.need("PARTIAL", context)
	}
}

// onlyExtended: it cannot be asked without RETURN.
func (s *search) onlyExtended() bool {
	o := &s.options
	return o.Save || !o.Partial.IsZero() || o.Relevancy || o.Context || o.Update != nil
}

// searchNeeds makes of what a program needs what is looked for first and what is looked at last. Where the server has told a part of its
// capabilities only, it is asked.
func (c *Client) searchNeeds(p *program, uid bool) (requires []string, ready func() error) {
	for _, anyOf := range p.needs {
		if !c.offers(anyOf) {
			requires = anyOf
			break
		}
	}
	return requires, func() error {
		if (!uid || p.numbers) && c.isEnabled("UIDONLY") {
			return ErrUIDOnly
		}
		for _, anyOf := range p.needs {
			if !c.offers(anyOf) && c.capsFull {
				return &UnsupportedError{Capability: strings.Join(anyOf, " or ")}
			}
		}
		return nil
	}
}

// arguments is called for the last time when the capabilities are known.
//
//	search = "SEARCH" [search-return-opts] SP search-program
func (s *search) arguments(b *wire.CommandBuilder) {
	s.extended = s.onlyExtended() || s.c.hasESearch()
	s.cmd.answers = answerSearch
	if s.extended {
		s.cmd.answers = 0
		s.returns(b)
	}
	if s.program.wide && !b.UTF8 {
		b.SP().Atom("CHARSET").SP().Atom("UTF-8")
	}
	s.program.appendTo(b)
}

// hasESearch: IMAP4rev2 has it when it was enabled, or when the server has nothing else.
func (c *Client) hasESearch() bool {
	return c.caps.Has("ESEARCH") || c.isEnabled("IMAP4REV2") || c.caps.Has("IMAP4rev2") && !c.caps.Has("IMAP4rev1")
}

// returns: search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"
func (s *search) returns(b *wire.CommandBuilder) {
	o := &s.options
	b.SP().Atom("RETURN").SP().List(func(b *wire.CommandBuilder) {
		between := func() {}
		for _, option := range []struct {
			set  bool
			name string
		}{
			{o.Min, "MIN"}, {o.Max, "MAX"}, {o.All, "ALL"}, {o.Count, "COUNT"}, {o.Save, "SAVE"}, {o.Context, "CONTEXT"},
			{o.Update != nil, "UPDATE"}, {o.Relevancy, "RELEVANCY"}, {!o.Partial.IsZero(), "PARTIAL " + o.Partial.String()},
		} {
			if option.set {
				between()
				b.Raw(option.name)
				between = func() { b.SP() }
			}
		}
	})
}

// result makes what is answered of what has come.
func (s *search) result(r *wire.Response) (*SearchData, error) {
	o, data := &s.options, s.data
	if o.All || !s.extended {
		s.workOut()
	}
	if data.Partial != nil {
		data.Partial.Messages, data.Partial.Sorted = s.partial.set(s.uid), s.partial.sorted
	}
	if !o.All {
		data.Messages, data.Sorted = MessageSet{}, nil
		keepAsked(&data.Min, o.Min)
		keepAsked(&data.Max, o.Max)
		keepAsked(&data.Count, o.Count)
	}
	data.Saved = o.Save
	if o.Update != nil && !s.refused && !s.cmd.gone {
		data.UpdateTag = tagText(s.cmd.tag)
		s.c.addContext(data.UpdateTag, s.uid, o.Update)
	}
	data.Incomplete, _ = messageLimit(s.cmd.name, r).(*MessageLimitError)
	return data, nil
}

// keepAsked: what was not asked for is not told, although it is known.
func keepAsked(n *uint32, asked bool) {
	if !asked {
		*n = 0
	}
}

// workOut fills in what follows from the numbers themselves.
func (s *search) workOut() {
	data := s.data
	data.Messages, data.Sorted = s.all.set(s.uid), s.all.sorted
	count, _ := data.Messages.Len()
	data.Min, data.Max, data.Count = 0, 0, uint32(count)
	if ranges := data.Messages.ranges; len(ranges) > 0 {
		data.Min, data.Max = ranges[0].First, ranges[len(ranges)-1].Last
	}
	if sorted := data.Sorted; len(sorted) > 0 {
		data.Min, data.Max = sorted[0], sorted[len(sorted)-1]
	}
}
