package imap4

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// SearchUpdate is how the result of a search has changed, in the order of the Changes (CONTEXT=SEARCH, RFC 5267).
type SearchUpdate struct {
	Tag     string // SearchData.UpdateTag of the search
	UID     bool   // its numbers are UIDs
	Changes []SearchChange
}

// SearchChange is messages that now belong to a result, or that do no more.
type SearchChange struct {
	Removed bool
	// Position in the result, the first being 1: of those removed, where the first of them was; of those added, where the first of them
	// is. Zero, in a search that is no sort: wherever they belong, as the result is in the order of the mailbox.
	Position uint32
	// Ranges are the messages in the order in which they follow one another; a range is ascending.
	Ranges []Range
}

// searchContext is a search that is told its updates.
type searchContext struct {
	update func(SearchUpdate)
	boxAge uint32 // of the mailbox that was selected
	uid    bool
}

// CancelUpdate ends the updates of searches, named by their SearchData.UpdateTag.
//
// Command: CANCELUPDATE (RFC 5267 section 4.3.5). Legal in: selected.
// Fires when the server has answered; no update comes then.
// Fails with: *ResponseError, *UnsupportedError, *ArgumentError, *CommandError.
func (c *Client) CancelUpdate(tags ...string) *deferred.Deferred[struct{}] {
	const name = "CANCELUPDATE"
	fault := ""
	if len(tags) == 0 {
		fault = "no tags"
	}
	for _, tag := range tags {
		if tagNumber(tag) == 0 {
			fault = "no tag of a search"
		}
	}
	if fault != "" {
		return deferred.Fail[struct{}](&ArgumentError{Command: name, Arg: 1, Reason: fault})
	}
	cmd := &command{
		name: name, needs: inSelected, requires: []string{"CONTEXT=SEARCH", "CONTEXT=SORT"},
		arguments: func(b *wire.CommandBuilder) {
			for _, tag := range tags {
				b.SP().QuotedOrLiteral(tag)
			}
		},
	}
	return issue(c, cmd, func(*wire.Response) (struct{}, error) {
		for _, tag := range tags {
			delete(c.unusual().contexts, tag)
		}
		return struct{}{}, nil
	})
}

// addContext notes who is told the updates of a search, and forgets those of mailboxes that are not selected any more.
func (c *Client) addContext(tag string, uid bool, update func(SearchUpdate)) {
	rare := c.unusual()
	if rare.contexts == nil {
		rare.contexts = make(map[string]searchContext)
	}
	for other, context := range rare.contexts {
		if context.boxAge != rare.boxAge {
			delete(rare.contexts, other)
		}
	}
	rare.contexts[tag] = searchContext{boxAge: rare.boxAge, update: update, uid: uid}
}

// onSearchUpdate takes an ESEARCH that no command has claimed.
func (c *Client) onSearchUpdate(r *wire.Response) bool {
	if c.rare == nil || len(c.rare.contexts) == 0 || r.HasNumber {
		return false
	}
	d := r.Args
	n, tagged := correlator(&d)
	tag := tagText(n)
	context, ok := c.rare.contexts[tag]
	if !tagged || !ok || context.boxAge != c.rare.boxAge {
		return false
	}
	full := false
	room := func(n int) bool {
		full = full || n > c.options().Limits.MaxUntagged()
		return !full
	}
	var changes []SearchChange
	eachReturn(&d, func(name string, d *wire.Decoder) {
		if name != "ADDTO" && name != "REMOVEFROM" {
			d.SkipValue()
			return
		}
		changes = readChanges(changes, name, d, room)
	})
	if d.Err() != nil || full {
		return false
	}
	if len(changes) > 0 {
		context.update(SearchUpdate{Tag: tag, UID: context.uid, Changes: changes})
	}
	return true
}

// readChanges appends what ADDTO or REMOVEFROM tells.
//
//	ret-data-addto = "ADDTO" SP "(" context-position SP sequence-set *(SP context-position SP sequence-set) ")"
func readChanges(changes []SearchChange, name string, d *wire.Decoder, room func(n int) bool) []SearchChange {
	total := len(changes)
	d.List(func(d *wire.Decoder) {
		change := SearchChange{Removed: name == "REMOVEFROM", Position: optNumber(d)}
		d.SP()
		text := d.AString()
		if d.Err() != nil {
			return
		}
		err := eachRange(text, func(r Range) bool {
			if total++; !room(total) {
				return false
			}
			change.Ranges = append(change.Ranges, Range{min(r.First, r.Last), max(r.First, r.Last)})
			return true
		})
		if err != nil {
			d.Fail(err)
			return
		}
		changes = append(changes, change)
	})
	return changes
}
