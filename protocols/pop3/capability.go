package pop3

import (
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
	"unique"
)

// Capabilities is what a server says it offers, in its order and its letters (RFC 2449). The zero value is the empty list, which is also that of
// a server without CAPA.
//
// Equal lists share their memory. Values can be compared with ==.
type Capabilities struct {
	lines unique.Handle[string] // joined by LF
}

func newCapabilities(lines []string) Capabilities {
	if len(lines) == 0 {
		return Capabilities{}
	}
	return Capabilities{lines: unique.Make(strings.Join(lines, "\n"))}
}

// Lines are the lines of the answer to CAPA, as sent: "TOP", "SASL PLAIN LOGIN".
func (c Capabilities) Lines() []string { return slices.Collect(c.each()) }

func (c Capabilities) each() iter.Seq[string] {
	if c == (Capabilities{}) {
		return func(func(string) bool) {}
	}
	return strings.SplitSeq(c.lines.Value(), "\n")
}

// All are the capabilities in their order: the name as sent, and its arguments.
func (c Capabilities) All() iter.Seq2[string, []string] {
	return func(yield func(string, []string) bool) {
		for line := range c.each() {
			if words := strings.Fields(line); len(words) > 0 && !yield(words[0], words[1:]) {
				return
			}
		}
	}
}

// Get is the arguments of a capability, in any case; of several of one name those of the first.
func (c Capabilities) Get(name string) (args []string, ok bool) {
	for n, args := range c.All() {
		if strings.EqualFold(n, name) {
			return args, true
		}
	}
	return nil, false
}

// Has tells whether the server offers a capability, in any case: Has("PIPELINING").
func (c Capabilities) Has(name string) bool {
	_, ok := c.Get(name)
	return ok
}

// Mechanisms are the SASL mechanisms that the server offers (RFC 5034).
func (c Capabilities) Mechanisms() (names []string) {
	for name, args := range c.All() {
		if strings.EqualFold(name, "SASL") {
			names = append(names, args...)
		}
	}
	return names
}

// Implementation is what the server says of itself; "" if nothing.
func (c Capabilities) Implementation() string {
	args, _ := c.Get("IMPLEMENTATION")
	return strings.Join(args, " ")
}

// ExpireNever is Expire's days for messages that the server keeps.
const ExpireNever = -1

// Expire is for how many days the server keeps messages, ExpireNever for ever, zero not beyond the session that fetched them. perUser says
// that it differs from user to user, and can be another one after the login. ok is false where the server says nothing.
//
//	expire = "EXPIRE" SP ("NEVER" / days [SP "USER"]) (RFC 2449 section 6.7)
func (c Capabilities) Expire() (days int, perUser, ok bool) {
	args, _ := c.Get("EXPIRE")
	if len(args) == 0 {
		return 0, false, false
	}
	perUser = len(args) > 1 && strings.EqualFold(args[1], "USER")
	if strings.EqualFold(args[0], "NEVER") {
		return ExpireNever, perUser, true
	}
	days, err := strconv.Atoi(args[0])
	return max(days, 0), perUser, err == nil && days >= 0
}

// LoginDelay is how long the server wants to pass between two logins of a user. perUser says that it differs from user to user. ok is false
// where the server says nothing.
//
//	login-delay = "LOGIN-DELAY" SP seconds [SP "USER"] (RFC 2449 section 6.5)
func (c Capabilities) LoginDelay() (d time.Duration, perUser, ok bool) {
	args, _ := c.Get("LOGIN-DELAY")
	if len(args) == 0 {
		return 0, false, false
	}
	n, err := strconv.Atoi(args[0])
	return seconds(n, time.Second), len(args) > 1 && strings.EqualFold(args[1], "USER"), err == nil && n >= 0
}

// String is the lines, separated by ", ", with what is no printable ASCII escaped.
func (c Capabilities) String() string {
	quoted := strconv.QuoteToASCII(strings.Join(c.Lines(), ", "))
	return quoted[1 : len(quoted)-1]
}
