package imap4

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// What Twisted's client fetches, under its names. Each answers a map of what was told of the messages, by sequence number or, for a
// set of UIDs, by UID; Twisted's are by sequence number in any case. What a server tells of one message in several responses is put
// together. Where Twisted uses the RFC822 items, which RFC 9051 has dropped, these use the BODY section that means the same, with
// the same effect on \Seen.

// FetchUID asks for the UIDs of the messages. Source: Twisted's fetchUID.
//
// Command: FETCH (RFC 9051 section 6.4.5). Legal in: selected. Fires with: a message each, by its number in the kind of the set.
// Fails with: what Fetch fails with, or *LimitError above Limits.Untagged messages.
func (c *Client) FetchUID(set MessageSet) *deferred.Deferred[map[uint32]*Message] {
	return c.fetchMap(set, FetchOptions{Items: ItemUID})
}

// FetchFlags asks for Message.Flags; else it is as FetchUID. Source: Twisted's fetchFlags.
func (c *Client) FetchFlags(set MessageSet) *deferred.Deferred[map[uint32]*Message] {
	return c.fetchMap(set, FetchOptions{Items: ItemFlags})
}

// FetchInternalDate asks for Message.InternalDate; else it is as FetchUID. Source: Twisted's fetchInternalDate.
func (c *Client) FetchInternalDate(set MessageSet) *deferred.Deferred[map[uint32]*Message] {
	return c.fetchMap(set, FetchOptions{Items: ItemInternalDate})
}

// FetchEnvelope asks for Message.Envelope; else it is as FetchUID. Source: Twisted's fetchEnvelope.
func (c *Client) FetchEnvelope(set MessageSet) *deferred.Deferred[map[uint32]*Message] {
	return c.fetchMap(set, FetchOptions{Items: ItemEnvelope})
}

// FetchBodyStructure asks for Message.BodyStructure; else it is as FetchUID. Source: Twisted's fetchBodyStructure.
func (c *Client) FetchBodyStructure(set MessageSet) *deferred.Deferred[map[uint32]*Message] {
	return c.fetchMap(set, FetchOptions{Items: ItemBodyStructure})
}

// FetchSimplifiedBody asks for Message.BodyStructure in its short form, without dispositions and the like; else it is as FetchUID.
// Source: Twisted's fetchSimplifiedBody.
func (c *Client) FetchSimplifiedBody(set MessageSet) *deferred.Deferred[map[uint32]*Message] {
	return c.fetchMap(set, FetchOptions{Items: ItemBody})
}

// FetchMessage asks for the whole messages, which Message.Body answers, and marks them \Seen; else it is as FetchUID. All of them are in
// memory at the end: Fetch with a Sink takes them as they come. Source: Twisted's fetchMessage.
func (c *Client) FetchMessage(set MessageSet) *deferred.Deferred[map[uint32]*Message] {
	return c.FetchSpecific(set, BodySection{})
}

// FetchHeaders asks for the headers, section BodySection{Specifier: SpecifierHeader}, and leaves \Seen alone; else it is as FetchUID.
// Source: Twisted's fetchHeaders.
func (c *Client) FetchHeaders(set MessageSet) *deferred.Deferred[map[uint32]*Message] {
	return c.FetchSpecific(set, BodySection{Specifier: SpecifierHeader, Peek: true})
}

// FetchBody asks for what is behind the headers, section BodySection{Specifier: SpecifierText}, and marks the messages \Seen; else it is
// as FetchUID. Source: Twisted's fetchBody.
func (c *Client) FetchBody(set MessageSet) *deferred.Deferred[map[uint32]*Message] {
	return c.FetchSpecific(set, BodySection{Specifier: SpecifierText})
}

// FetchSize asks for Message.Size; else it is as FetchUID. Source: Twisted's fetchSize.
func (c *Client) FetchSize(set MessageSet) *deferred.Deferred[map[uint32]*Message] {
	return c.fetchMap(set, FetchOptions{Items: ItemSize})
}

// FetchFull asks for ItemsFull; else it is as FetchUID. Source: Twisted's fetchFull.
func (c *Client) FetchFull(set MessageSet) *deferred.Deferred[map[uint32]*Message] {
	return c.fetchMap(set, FetchOptions{Items: ItemsFull})
}

// FetchAll asks for ItemsAll; else it is as FetchUID. Source: Twisted's fetchAll.
func (c *Client) FetchAll(set MessageSet) *deferred.Deferred[map[uint32]*Message] {
	return c.fetchMap(set, FetchOptions{Items: ItemsAll})
}

// FetchFast asks for ItemsFast; else it is as FetchUID. Source: Twisted's fetchFast.
func (c *Client) FetchFast(set MessageSet) *deferred.Deferred[map[uint32]*Message] {
	return c.fetchMap(set, FetchOptions{Items: ItemsFast})
}

// FetchSpecific asks for one section of the messages, which Message.Section answers; it marks them \Seen unless the section has
// Peek. Else it is as FetchUID. Source: Twisted's fetchSpecific.
func (c *Client) FetchSpecific(set MessageSet, section BodySection) *deferred.Deferred[map[uint32]*Message] {
	return c.fetchMap(set, FetchOptions{Sections: []BodySection{section}})
}

func (c *Client) fetchMap(set MessageSet, o FetchOptions) *deferred.Deferred[map[uint32]*Message] {
	all := c.messageMap(set)
	return deferred.Then(c.Fetch(set, o, all.add), func(int) (map[uint32]*Message, error) { return all.messages, all.err })
}

// messageMap puts together what comes of each message.
type messageMap struct {
	messages map[uint32]*Message
	uid      bool // by UID
	limit    int
	kept     int // responses
	err      error
}

func (c *Client) messageMap(set MessageSet) *messageMap {
	return &messageMap{messages: make(map[uint32]*Message), uid: set.IsUID(), limit: c.options().Limits.MaxUntagged()}
}

func (all *messageMap) add(m *Message) {
	n := m.SeqNum
	if all.uid {
		n = m.UID
	}
	if n == 0 {
		return
	}
	if all.kept == all.limit {
		all.err = &LimitError{Limit: wire.LimitUntagged, Max: int64(all.limit)}
		return
	}
	all.kept++
	switch known := all.messages[n]; {
	case known != nil:
		known.merge(m)
	default:
		all.messages[n] = m
	}
}
