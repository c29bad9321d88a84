package imap4

import (
	"slices"
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// Enable asks the server to switch extensions on, such as "CONDSTORE", "QRESYNC" or "UTF8=ACCEPT". IMAP4rev2 is enabled by the client
// itself where it is offered (Options.NoRev2).
//
// Command: ENABLE (RFC 5161, RFC 9051 section 6.3.1). Legal in: authenticated; selected, too, where the server allows it.
// Fires with: what the server has switched on now, in capitals; some switch on and do not say so. See Enabled for all.
// Fails with: *ResponseError, *UnsupportedError, *ArgumentError, *CommandError.
func (c *Client) Enable(extensions ...string) *deferred.Deferred[[]string] {
	var enabled []string
	cmd := c.enableCommand(extensions...)
	takes := cmd.untagged
	cmd.untagged = func(r *wire.Response) bool {
		if r.Name != "ENABLED" {
			return false
		}
		words, _ := wire.Capabilities(r.Args)
		if c.limitUntagged(cmd, len(enabled)+len(words)) {
			enabled = append(enabled, upperAll(words)...)
		}
		return takes(r)
	}
	return issue(c, cmd, func(*wire.Response) ([]string, error) { return enabled, nil })
}

// Enabled are the extensions that ENABLE has switched on in this session, in capitals.
func (c *Client) Enabled() []string {
	if c.rare == nil {
		return nil
	}
	return slices.Clone(c.rare.enabled)
}

func (c *Client) enableCommand(extensions ...string) *command {
	return &command{
		name: "ENABLE", class: classAlone, answers: answerEnabled, needs: inAuthenticated, requires: []string{"ENABLE", "IMAP4rev2"},
		arguments: func(b *wire.CommandBuilder) {
			for _, e := range extensions {
				b.SP().Atom(e)
			}
		},
		untagged: func(r *wire.Response) bool {
			if r.Name != "ENABLED" {
				return false
			}
			words, _ := wire.Capabilities(r.Args)
			c.onEnabled(upperAll(words))
			return true
		},
	}
}

// onEnabled notes what is on now. IMAP4rev2 and UTF8=ACCEPT change how strings are written (RFC 9051 section 5.1, RFC 6855 section 3).
func (c *Client) onEnabled(words []string) {
	for _, w := range words {
		if on := c.unusual().enabled; len(on) < wire.MaxCapabilities && !slices.Contains(on, w) {
			c.rare.enabled = append(c.rare.enabled, w)
		}
		if w == "IMAP4REV2" || w == "UTF8=ACCEPT" {
			c.utf8 = true
		}
	}
}

// isEnabled tells whether an extension was switched on; word is in capitals.
func (c *Client) isEnabled(word string) bool {
	return c.rare != nil && slices.Contains(c.rare.enabled, word)
}

func upperAll(words []string) []string {
	for i, w := range words {
		words[i] = strings.ToUpper(w)
	}
	return words
}
