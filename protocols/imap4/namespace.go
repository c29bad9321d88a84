package imap4

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// Namespaces says where on a server mailboxes are.
type Namespaces struct {
	Personal []Namespace // of the user
	Other    []Namespace // of other users
	Shared   []Namespace // of all
}

// Namespace is one place for mailboxes.
type Namespace struct {
	Prefix    string // what the names of its mailboxes begin with, "" often
	Delimiter string // between the levels of a name; "" if there are no levels
	// Extensions of the namespace, in the order sent.
	Extensions []NamespaceExtension
}

// NamespaceExtension is a parameter of a Namespace.
type NamespaceExtension struct {
	Name   string
	Values []string
}

// Namespace asks where mailboxes are.
//
// Command: NAMESPACE (RFC 2342, RFC 9051 section 6.3.10). Legal in: authenticated, selected.
// Fires with: what the server answered. Fails with: *ResponseError, *UnsupportedError, *CommandError.
func (c *Client) Namespace() *deferred.Deferred[Namespaces] {
	var spaces Namespaces
	cmd := &command{
		name: "NAMESPACE", answers: answerNamespace, needs: inAuthenticated, requires: []string{"NAMESPACE", "IMAP4rev2"},
		untagged: func(r *wire.Response) bool {
			if r.Name != "NAMESPACE" || r.HasNumber {
				return false
			}
			answer, ok := c.decodeNamespaces(r.Args)
			if ok {
				spaces = answer
			}
			return ok
		},
	}
	return issue(c, cmd, func(*wire.Response) (Namespaces, error) { return spaces, nil })
}

// decodeNamespaces reads the three kinds.
//
//	namespace-response = "NAMESPACE" SP namespace SP namespace SP namespace
//	namespace = nil / "(" 1*namespace-descr ")"
func (c *Client) decodeNamespaces(d wire.Decoder) (spaces Namespaces, ok bool) {
	for i, kind := range []*[]Namespace{&spaces.Personal, &spaces.Other, &spaces.Shared} {
		if i > 0 {
			d.SP()
		}
		d.List(func(d *wire.Decoder) {
			if space, ok := c.readNamespace(d); ok {
				*kind = append(*kind, space)
			}
		})
	}
	return spaces, d.Err() == nil
}

// readNamespace reads one; ok is false for an empty one.
//
//	namespace-descr = "(" string SP (DQUOTE QUOTED-CHAR DQUOTE / nil) [namespace-response-extensions] ")"
//	namespace-response-extension = SP string SP "(" string *(SP string) ")"
func (c *Client) readNamespace(d *wire.Decoder) (space Namespace, ok bool) {
	place := 0
	d.List(func(d *wire.Decoder) {
		switch place++; place {
		case 1:
			prefix, _ := d.NString()
			space.Prefix, _ = c.mailboxName(prefix)
		case 2:
			delimiter, _ := d.NString()
			space.Delimiter = string(delimiter)
		default:
			extension := NamespaceExtension{Name: string(d.String())}
			d.SP()
			d.List(func(d *wire.Decoder) { extension.Values = append(extension.Values, string(d.String())) })
			space.Extensions = append(space.Extensions, extension)
		}
	})
	return space, place > 0
}
