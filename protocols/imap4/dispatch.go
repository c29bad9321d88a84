package imap4

import "github.com/tconn/tconn/protocols/imap4/internal/wire"

// dispatch says who takes an untagged response that no command has claimed, by its name. A handler answers false for
// what only has the name, such as "* 5 BYE".
var dispatch = map[string]func(c *Client, r *wire.Response) bool{
	"BYE": func(_ *Client, r *wire.Response) bool { return r.IsStatus }, // onStatus has seen to it
	"CAPABILITY": func(c *Client, r *wire.Response) bool {
		if r.HasNumber {
			return false
		}
		c.onCapability(&r.Args, true)
		return true
	},
	"ESEARCH":  (*Client).onSearchUpdate,
	"METADATA": (*Client).onMetadata,
	"FLAGS":    (*Client).onFlags,
	"VANISHED": (*Client).onVanished,
	"LIST":     (*Client).onListed,
	"STATUS":   (*Client).onMailboxStatus,
}

// numbers says who takes those that are a number and a word.
var numbers = map[string]func(c *Client, n uint32){
	"EXISTS":  (*Client).onExists,
	"RECENT":  (*Client).onRecent,
	"EXPUNGE": (*Client).onExpunge,
}
