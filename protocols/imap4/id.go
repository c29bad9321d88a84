package imap4

import (
	"maps"
	"slices"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// defaultID is what the client says of itself.
var defaultID = map[string]string{"name": "tconn"}

// ID tells the server who the client is, and asks who the server is. fields nil sends NIL; usual ones are name, version, vendor and
// support-url.
//
// The client sends it by itself after a login where it is offered, because some servers refuse SELECT without it (Options.ID,
// Options.NoID).
// Command: ID (RFC 2971). Legal in: any state.
// Fires with: what the server says of itself, its keys as sent, values that are NIL left out; nil if it says nothing.
// Fails with: *ResponseError, *UnsupportedError, *ArgumentError, *CommandError.
func (c *Client) ID(fields map[string]string) *deferred.Deferred[map[string]string] {
	var server map[string]string
	cmd := c.idCommand(fields)
	cmd.requires = []string{"ID"}
	if fields == nil {
		cmd.arguments = func(b *wire.CommandBuilder) { b.SP().Atom("NIL") }
	}
	cmd.untagged = func(r *wire.Response) bool {
		if r.Name != "ID" {
			return false
		}
		server = decodeID(&r.Args)
		return true
	}
	return issue(c, cmd, func(*wire.Response) (map[string]string, error) { return server, nil })
}

func (c *Client) idCommand(fields map[string]string) *command {
	if fields == nil {
		fields = defaultID
	}
	return &command{
		name: "ID", class: classFree, answers: answerID,
		arguments: func(b *wire.CommandBuilder) {
			b.SP().List(func(b *wire.CommandBuilder) {
				for i, key := range slices.Sorted(maps.Keys(fields)) {
					if i > 0 {
						b.SP()
					}
					b.QuotedOrLiteral(key).SP().QuotedOrLiteral(fields[key])
				}
			})
		},
		untagged: func(r *wire.Response) bool { return r.Name == "ID" },
	}
}

// decodeID reads what a server says of itself.
//
//	id-params-list = "(" *(string SP nstring) ")" / nil
func decodeID(d *wire.Decoder) map[string]string {
	var server map[string]string
	d.NList(func(d *wire.Decoder) {
		key := string(d.String())
		d.SP()
		value, ok := d.NString()
		if d.Err() == nil && ok {
			if server == nil {
				server = make(map[string]string)
			}
			server[key] = string(value)
		}
	})
	return server
}
