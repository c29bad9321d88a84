package pop3

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3/internal/wire"
)

// UniqueID is what UIDL tells of a message.
type UniqueID struct {
	Number int
	UID    string // stays the same from session to session, as long as the message is there. Servers exist that give two messages one
}

// UIDL asks for the unique-ids of all messages, but those that are to be deleted.
//
// Command: UIDL (RFC 1939 section 7). Legal in: transaction.
// Fires with: a UniqueID for each message, in the server's order, which are the caller's.
// Fails with: *ResponseError from a server without UIDL; otherwise as List.
// Source: poplib.POP3.uidl; Twisted's listUID.
func (c *Client) UIDL() *deferred.Deferred[[]UniqueID] {
	return listing(c, inTransaction, "UIDL", "a number and a unique-id", func(line []byte) (u UniqueID, ok bool) {
		u.Number, u.UID, ok = wire.UniqueLine(line)
		return u, ok
	})
}

// UIDLMessage asks for the unique-id of one message.
//
// Command: UIDL n (RFC 1939 section 7). Legal in: transaction.
// Fires with: the UniqueID. Fails with: as ListMessage. Twisted's server, which leaves the number away, is understood.
// Source: poplib.POP3.uidl with an argument.
func (c *Client) UIDLMessage(n int) *deferred.Deferred[UniqueID] {
	return aboutMessage(c, "UIDL", n, func(text []byte) (u UniqueID, number int, ok bool) {
		if uid, alone := wire.Alone(text); alone {
			return UniqueID{Number: n, UID: uid}, n, true
		}
		u.Number, u.UID, ok = wire.UniqueLine(text)
		return u, u.Number, ok
	})
}
