package pop3

import (
	"slices"
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3/internal/wire"
)

// What a command's answer looks like, and what it changes, by its name.
var (
	// stateful are those that have methods which keep the client's state.
	stateful = []string{"USER", "PASS", "APOP", "AUTH", "STLS", "QUIT", "RPOP", "UTF8"}
	// severalLines answer +OK and lines.
	severalLines = []string{"CAPA", "RETR", "TOP"}
	// listings do without an argument, and answer one line with one.
	listings = []string{"LIST", "UIDL", "LANG"}
	// oneLine answer just that.
	oneLine = []string{"STAT", "DELE", "RSET", "NOOP", "LAST"}
)

// SendCommand sends a command for which the client has no method, and whose answer is a status line.
//
// It goes alone, in any state. Refused with *ArgumentError are commands that change what the client knows of the session, which have methods of
// their own, and those that are known to answer several lines, for which there is SendMultiline.
// Fires with: the server's line. Fails with: *ResponseError, *ArgumentError, *CommandError.
// Source: poplib.POP3._shortcmd.
func (c *Client) SendCommand(name string, args ...string) *deferred.Deferred[Reply] {
	cmd, err := newCommand(name, args...)
	if err == nil {
		err = refuseCommand(name, len(args), false)
	}
	if err != nil {
		return deferred.Fail[Reply](err)
	}
	cmd.alone = true
	c.noteEffects(cmd, args)
	return issue(c, cmd, asIs)
}

// SendMultiline is SendCommand for a command whose +OK is followed by lines up to a single dot.
//
// Fires with: the answer, which is the caller's. Fails with: *ResponseError, *ArgumentError, *CommandError; what ends the connection for Retr.
// Source: poplib.POP3._longcmd.
func (c *Client) SendMultiline(name string, args ...string) *deferred.Deferred[*Multiline] {
	cmd, err := newCommand(name, args...)
	if err == nil {
		err = refuseCommand(name, len(args), true)
	}
	if err != nil {
		return deferred.Fail[*Multiline](err)
	}
	cmd.alone = true
	return c.lines(func(sink MessageSink) *deferred.Deferred[Retrieved] {
		r := &retrieval{c: c, command: cmd, number: numberIn(args), sink: sink}
		return r.result()
	})
}

// refuseCommand answers why a command cannot be sent in this way. An answer with more or fewer lines than are waited for would end the
// session.
func refuseCommand(name string, args int, multiline bool) error {
	upper := strings.ToUpper(name)
	reason := ""
	switch {
	case slices.Contains(stateful, upper):
		reason = "the client has a method for it, which keeps its state"
	case !multiline && (slices.Contains(severalLines, upper) || slices.Contains(listings, upper) && args == 0):
		reason = "its answer has several lines; use SendMultiline"
	case multiline && (slices.Contains(oneLine, upper) || slices.Contains(listings, upper) && args > 0):
		reason = "its answer has one line; use SendCommand"
	}
	if reason == "" {
		return nil
	}
	return &ArgumentError{Command: upper, Reason: reason}
}

// numberIn is the number of the message that a command is about; zero if the first of its arguments is none.
func numberIn(args []string) int {
	if words := strings.Fields(strings.Join(args, " ")); len(words) > 0 {
		if n, ok := wire.Number([]byte(words[0])); ok {
			return n
		}
	}
	return 0
}

// noteEffects keeps what the client knows true for commands that have other methods, too.
func (c *Client) noteEffects(cmd *command, args []string) {
	switch strings.ToUpper(cmd.name) {
	case "DELE":
		if n := numberIn(args); n > 0 {
			c.guardDelete(cmd, n)
		}
	case "RSET":
		cmd.answered = c.noteReset
	}
}
