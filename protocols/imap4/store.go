package imap4

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// StoreOptions says how flags are stored. The zero value is Twisted's way: without asking for an answer.
type StoreOptions struct {
	// Tell asks the server for the flags that the messages have then.
	Tell bool
	// UnchangedSince leaves messages alone whose mod-sequence is higher (CONDSTORE, RFC 7162). Zero stores in all.
	UnchangedSince uint64
}

// StoreData is what the server told of a STORE.
type StoreData struct {
	// Messages is what was told of the messages, by sequence number or, for a set of UIDs, by UID: flags with StoreOptions.Tell,
	// mod-sequences where CONDSTORE is in use.
	Messages map[uint32]*Message
	// Modified are the messages that were left alone because of StoreOptions.UnchangedSince, in the kind of the set.
	Modified MessageSet
}

// SetFlags gives the messages in set these flags and no others; none takes all away. The server keeps \Recent to itself.
//
// A set that is too long for one command is sent in several.
// Command: STORE, UID STORE (RFC 9051 sections 6.4.6 and 6.4.9). Legal in: selected, in a mailbox that was not opened with EXAMINE.
// Fires with: what the server told; of several StoreOptions, the last counts.
// Fails with: *ResponseError, whose code is MODIFIED if some of the messages are gone, *UnsupportedError, *ArgumentError,
// *MessageLimitError, *CommandError. Source: Twisted's setFlags.
func (c *Client) SetFlags(set MessageSet, flags []Flag, o ...StoreOptions) *deferred.Deferred[*StoreData] {
	return c.storeFlags(set, "FLAGS", flags, o)
}

// AddFlags adds flags to the messages in set; else it is as SetFlags. Source: Twisted's addFlags.
func (c *Client) AddFlags(set MessageSet, flags []Flag, o ...StoreOptions) *deferred.Deferred[*StoreData] {
	return c.storeFlags(set, "+FLAGS", flags, o)
}

// RemoveFlags takes flags away from the messages in set; else it is as SetFlags. Source: Twisted's removeFlags.
func (c *Client) RemoveFlags(set MessageSet, flags []Flag, o ...StoreOptions) *deferred.Deferred[*StoreData] {
	return c.storeFlags(set, "-FLAGS", flags, o)
}

// SetLabels gives the messages these labels of Gmail and no others: names of mailboxes, or words with a backslash such as \Starred
// (X-GM-EXT-1). Else it is as SetFlags.
func (c *Client) SetLabels(set MessageSet, labels []string, o ...StoreOptions) *deferred.Deferred[*StoreData] {
	return c.storeLabels(set, "X-GM-LABELS", labels, o)
}

// AddLabels adds labels of Gmail; else it is as SetLabels.
func (c *Client) AddLabels(set MessageSet, labels []string, o ...StoreOptions) *deferred.Deferred[*StoreData] {
	return c.storeLabels(set, "+X-GM-LABELS", labels, o)
}

// RemoveLabels takes labels of Gmail away; else it is as SetLabels.
func (c *Client) RemoveLabels(set MessageSet, labels []string, o ...StoreOptions) *deferred.Deferred[*StoreData] {
	return c.storeLabels(set, "-X-GM-LABELS", labels, o)
}

// store is one kind of STORE.
type store struct {
	item   string // with its sign
	values func(b *wire.CommandBuilder)
	size   int // bytes of the values, at most
	answer Items
	needs  [][]string
	o      StoreOptions
}

func (c *Client) storeFlags(set MessageSet, item string, flags []Flag, o []StoreOptions) *deferred.Deferred[*StoreData] {
	s := store{item: item, answer: ItemFlags}
	for _, f := range flags {
		s.size += len(f) + 1
		if f.Is(FlagRecent) || f == FlagAny {
			return storeFault(set, string(f)+" cannot be stored")
		}
	}
	if len(flags) == 0 && item != "FLAGS" {
		return storeFault(set, "there are no flags to add or to remove")
	}
	s.values = func(b *wire.CommandBuilder) { listOf(b, flags, func(f Flag) { b.Flag(string(f)) }) }
	return c.store(set, s, o)
}

func (c *Client) storeLabels(set MessageSet, item string, labels []string, o []StoreOptions) *deferred.Deferred[*StoreData] {
	s := store{item: item, answer: ItemGmailLabels, needs: [][]string{{"X-GM-EXT-1"}}}
	for _, l := range labels {
		s.size += 3*len(l) + 3
	}
	if len(labels) == 0 && item != "X-GM-LABELS" {
		return storeFault(set, "there are no labels to add or to remove")
	}
	s.values = func(b *wire.CommandBuilder) {
		listOf(b, labels, func(l string) {
			if Flag(l).IsSystem() {
				b.Flag(l)
			} else {
				b.Mailbox(l)
			}
		})
	}
	return c.store(set, s, o)
}

func storeFault(set MessageSet, reason string) *deferred.Deferred[*StoreData] {
	return deferred.Fail[*StoreData](&ArgumentError{Command: byUID("STORE", set), Arg: 3, Reason: reason})
}

// listOf appends "(" and the values with spaces between, and ")".
func listOf[T any](b *wire.CommandBuilder, values []T, put func(T)) {
	b.List(func(b *wire.CommandBuilder) {
		for i, v := range values {
			if i > 0 {
				b.SP()
			}
			put(v)
		}
	})
}

// store sends a STORE.
//
//	store = "STORE" SP sequence-set [store-modifiers] SP store-att-flags
//	store-modifiers = SP "(" store-modifier *(SP store-modifier) ")" (RFC 4466 section 2.5)
func (c *Client) store(set MessageSet, s store, o []StoreOptions) *deferred.Deferred[*StoreData] {
	if len(o) > 0 {
		s.o = o[len(o)-1]
	}
	if s.o.UnchangedSince >= 1<<63 {
		return storeFault(set, "a mod-sequence has 63 bits at most")
	}
	if s.o.UnchangedSince != 0 {
		s.needs = append(s.needs, []string{"CONDSTORE", "QRESYNC"})
	}
	if set.IsSaved() {
		s.needs = append(s.needs, []string{"SEARCHRES", "IMAP4rev2"})
	}
	return inParts(c, byUID("STORE", set), set, maxCommandBytes-s.size-64, func(part MessageSet) *deferred.Deferred[*StoreData] {
		return c.storePart(part, s)
	}, joinStored)
}

// joinStored puts the answer to another part of the set to all.
func joinStored(all **StoreData, part *StoreData) {
	for n, m := range part.Messages {
		(*all).Messages[n] = m
	}
	(*all).Modified = (*all).Modified.Union(part.Modified)
}

// storePart sends a STORE for one set that is not too long, and again for what the server leaves.
func (c *Client) storePart(set MessageSet, s store) *deferred.Deferred[*StoreData] {
	all := c.messageMap(set)
	t := &taker{set: set, items: ItemUID | ItemModSeq, deliver: func(m *Message, _ int) { all.add(m) }}
	item := s.item + ".SILENT"
	if s.o.Tell {
		t.items, item = t.items|s.answer, s.item
	}
	data := &StoreData{Messages: all.messages, Modified: MessageSet{uid: set.IsUID()}}
	cmd := &command{
		name: byUID("STORE", set), class: byNumber(set), needs: inSelected, also: s.needs, takes: t,
		ready: func() error { return c.readyForSet(set) },
		arguments: func(b *wire.CommandBuilder) {
			set.sequenceSet(b.SP()).SP()
			if s.o.UnchangedSince != 0 {
				b.Raw("(UNCHANGEDSINCE ").Number(s.o.UnchangedSince).Raw(") ")
			}
			s.values(b.Atom(item).SP())
		},
	}
	if w, ok := c.Listener.(*watchListener); ok && s.answer == ItemFlags {
		cmd.answered = func(*wire.Response) { w.stored(set) }
	}
	d := issue(c, cmd, func(r *wire.Response) (*StoreData, error) {
		if r.Code == "MODIFIED" {
			if modified, err := parseSet(r.CodeArgs, set.IsUID()); err == nil {
				data.Modified = modified
			}
		}
		if all.err != nil {
			return nil, all.err
		}
		return data, messageLimit(cmd.name, r)
	})
	return deferred.OnErr(d, func(e *MessageLimitError) (*StoreData, error) {
		rest, err := e.rest(set, t.lowest)
		if err != nil || rest.IsEmpty() {
			return data, err
		}
		undone := inSteps(c, func() *deferred.Deferred[*StoreData] { return c.storePart(rest, s) })
		return deferred.Chain(undone.AddCallback(func(more *StoreData) (*StoreData, error) {
			joinStored(&data, more)
			return data, nil
		}))
	})
}
