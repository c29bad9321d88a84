package imap4

import "github.com/tconn/tconn/protocols/imap4/internal/wire"

// dispatch says who takes an untagged response that the active command did not claim, by its name. A handler answers false for
// what only has the name, such as "* 5 BYE".
var dispatch = map[string]func(c *Client, r *wire.Response) bool{
	"BYE": func(_ *Client, r *wire.Response) bool { return r.IsStatus }, // onStatus has seen to it
	"CAPABILITY": func(c *Client, r *wire.Response) bool {
		if r.HasNumber {
			return false
		}
		c.onCapability(&r.Args)
		return true
	},
}
