package imap4

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"unique"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// Capabilities is what a server says it can do, in its order and its letters. The zero value is the empty list.
//
// Equal lists share their memory, so ten thousand connections to a server hold one. Values can be compared with ==.
type Capabilities struct {
	words unique.Handle[string] // separated by single spaces
}

func newCapabilities(words []string) Capabilities { return capabilitiesOf(strings.Join(words, " ")) }

func capabilitiesOf(line string) Capabilities {
	if line == "" {
		return Capabilities{}
	}
	return Capabilities{words: unique.Make(line)}
}

func (c Capabilities) line() string {
	if c == (Capabilities{}) {
		return ""
	}
	return c.words.Value()
}

// all goes through the words. They are what stands between single spaces, whatever else is a space elsewhere.
func (c Capabilities) all() iter.Seq[string] {
	if c == (Capabilities{}) {
		return func(func(string) bool) {}
	}
	return strings.SplitSeq(c.line(), " ")
}

// Words are the capabilities as the server sent them: "IDLE", "AUTH=PLAIN".
func (c Capabilities) Words() []string { return slices.Collect(c.all()) }

// Has tells whether the server has a capability, in any case: Has("IDLE"), Has("AUTH=PLAIN").
func (c Capabilities) Has(word string) bool {
	for rest := c.line(); rest != ""; {
		var w string
		if w, rest, _ = strings.Cut(rest, " "); strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// Len is the number of different names.
func (c Capabilities) Len() int { return len(c.group()) }

// All are the capabilities, those of one name taken together, in the order of their first appearance.
//
// Source: the dictionary that Twisted's getCapabilities gives.
func (c Capabilities) All() iter.Seq[Capability] {
	return func(yield func(Capability) bool) {
		for _, capability := range c.group() {
			if !yield(capability) {
				return
			}
		}
	}
}

// Get is the capability of a name, in any case.
func (c Capabilities) Get(name string) (capability Capability, ok bool) {
	for _, capability := range c.group() {
		if strings.EqualFold(capability.Name, name) {
			return capability, true
		}
	}
	return Capability{}, false
}

// String is the list as the server sent it.
func (c Capabilities) String() string { return printable(c.line()) }

func (c Capabilities) group() []Capability {
	var grouped []Capability
	place := make(map[string]int)
	for word := range c.all() {
		name, _, _ := strings.Cut(word, "=")
		i, seen := place[name]
		if !seen {
			i = len(grouped)
			place[name] = i
			grouped = append(grouped, Capability{Name: name})
		}
		grouped[i].words = append(grouped[i].words, word)
	}
	return grouped
}

// Capability is one name of a capability list with all its values: AUTH with PLAIN and LOGIN.
type Capability struct {
	Name  string // as sent
	words []string
}

// Bare tells whether the name stands in the list without a value, too.
func (c Capability) Bare() bool {
	for _, w := range c.words {
		if !strings.Contains(w, "=") {
			return true
		}
	}
	return false
}

// Values are what stands behind the first "=" of each word, in their order.
func (c Capability) Values() []string {
	var values []string
	for _, w := range c.words {
		if _, v, ok := strings.Cut(w, "="); ok {
			values = append(values, v)
		}
	}
	return values
}

// String is the line that the Twisted program prints: "IDLE: None", "AUTH: ['PLAIN', 'LOGIN']", "SORT: [None, 'DISPLAY']".
// Values are escaped as in Python; what is no printable ASCII in a name is escaped, too.
func (c Capability) String() string {
	if len(c.words) == 1 && c.Bare() {
		return printable(c.Name) + ": None"
	}
	items := make([]string, 0, len(c.words))
	for _, w := range c.words {
		if _, v, ok := strings.Cut(w, "="); ok {
			items = append(items, quoted(v))
		} else {
			items = append(items, "None")
		}
	}
	return printable(c.Name) + ": [" + strings.Join(items, ", ") + "]"
}

// quoted is s as a string of Python, always in single quotes.
func quoted(s string) string {
	b := []byte{'\''}
	for i := range len(s) {
		switch ch := s[i]; {
		case ch == '\'' || ch == '\\':
			b = append(b, '\\', ch)
		case ch == '\r':
			b = append(b, `\r`...)
		case ch < ' ' || ch > '~':
			b = fmt.Appendf(b, `\x%02x`, ch)
		default:
			b = append(b, ch)
		}
	}
	return string(append(b, '\''))
}

// GetCapabilities asks the server for its capabilities.
//
// Command: CAPABILITY (RFC 9051 section 6.1.1). Legal in: any state.
// Fires with: what the server answered, of more than 1,000 words the first 1,000; the empty list if it answered OK without one.
// Fails with: *ResponseError, *CommandError.
// Unlike Twisted's it always asks: a greeting may name a part only. Capabilities is what is known already.
func (c *Client) GetCapabilities() *deferred.Deferred[Capabilities] {
	var answered bool
	cmd := &command{name: "CAPABILITY", answers: answerCapability}
	cmd.untagged = func(r *wire.Response) bool {
		if r.Name == "CAPABILITY" && !r.HasNumber {
			answered = true
		}
		return false
	}
	return issue(c, cmd, func(r *wire.Response) (Capabilities, error) {
		if answered || r.Code == "CAPABILITY" {
			return c.caps, nil
		}
		return Capabilities{}, nil
	})
}

// Capabilities is what the server has said last, in its greeting or since; known is false while it has said nothing, and again
// after a login that did not tell.
func (c *Client) Capabilities() (caps Capabilities, known bool) { return c.caps, c.capsKnown }

// onCapability takes the list of a CAPABILITY response, which is full, or of a response code. More words than the limit are dropped.
func (c *Client) onCapability(d *wire.Decoder, full bool) {
	caps := c.caps
	if d.Err() != nil || string(d.Rest()) != caps.line() { // most often it is what the greeting said
		line, _ := wire.CapabilityLine(*d)
		caps = capabilitiesOf(line)
	}
	c.setCapabilities(caps)
	c.capsFull = full
	if l := c.Listener; l != nil {
		l.Capabilities(c.caps)
	}
}

func (c *Client) setCapabilities(caps Capabilities) {
	c.caps, c.capsKnown = caps, true
	c.capsAge++
}

// forgetCapabilities: what the server has told before does not hold any more.
func (c *Client) forgetCapabilities() {
	c.caps, c.capsKnown, c.capsFull = Capabilities{}, false, false
	c.capsAge++
}
