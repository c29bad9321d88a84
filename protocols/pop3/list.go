package pop3

import (
	"strconv"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3/internal/wire"
)

// Scan is what LIST tells of a message.
type Scan struct {
	Number int
	Size   int64 // in octets. Servers count in various ways: it is a hint, not the number of octets that come
}

// List asks for the sizes of all messages, but those that are to be deleted.
//
// Command: LIST (RFC 1939 section 5). Legal in: transaction.
// Fires with: a Scan for each message, in the server's order, which are the caller's.
// Fails with: *ResponseError, *CommandError; more lines than Limits.Listing, and lines without two numbers, end the connection.
// Source: poplib.POP3.list; Twisted's listSize, which makes the numbers indexes of a list.
func (c *Client) List() *deferred.Deferred[[]Scan] {
	return listing(c, inTransaction, "LIST", "a number and a size", func(line []byte) (s Scan, ok bool) {
		s.Number, s.Size, ok = wire.ScanLine(line)
		return s, ok
	})
}

// ListMessage asks for the size of one message.
//
// Command: LIST n (RFC 1939 section 5). Legal in: transaction.
// Fires with: the Scan. Fails with: *ResponseError if there is no such message; *ArgumentError for an n below 1, *CommandError; an answer about
// another message ends the connection with *SyntaxError.
// Source: poplib.POP3.list with an argument.
func (c *Client) ListMessage(n int) *deferred.Deferred[Scan] {
	return aboutMessage(c, "LIST", n, func(line []byte) (s Scan, number int, ok bool) {
		s.Number, s.Size, ok = wire.ScanLine(line)
		return s, s.Number, ok
	})
}

// listing issues a command whose answer is a line for each message.
func listing[T any](c *Client, needs states, name, want string, parse func(line []byte) (T, bool)) *deferred.Deferred[[]T] {
	var list []T
	lines, left := 0, c.options().Limits.MaxListingBytes()
	cmd := &command{name: name, line: []byte(name + "\r\n"), needs: needs, lines: true}
	cmd.content = func(line []byte) error {
		left -= int64(len(line))
		if limit := c.options().Limits.MaxListing(); lines >= limit || left < 0 {
			return &LimitError{Limit: wire.LimitListing, Max: int64(limit)}
		}
		lines++
		if len(line) == 0 { // a server has been seen to begin with one
			return nil
		}
		entry, ok := parse(line)
		if !ok {
			return &SyntaxError{Want: want + " in a line of the answer to " + name, Got: wire.Quote(line)}
		}
		list = append(list, entry)
		return nil
	}
	return issue(c, cmd, func(Reply) ([]T, error) { return list, nil })
}

// aboutMessage issues a command about one message whose answer is a line about it.
func aboutMessage[T any](c *Client, name string, n int, parse func(text []byte) (value T, number int, ok bool)) *deferred.Deferred[T] {
	cmd, err := messageCommand(name, n)
	if err != nil {
		return deferred.Fail[T](err)
	}
	return issue(c, cmd, func(r Reply) (T, error) {
		v, number, ok := parse([]byte(r.Text))
		if !ok || number != n {
			var none T
			return none, c.misunderstood(name, "message "+strconv.Itoa(n), r.Text)
		}
		return v, nil
	})
}

// messageCommand makes a command about a message.
func messageCommand(name string, n int, more ...string) (*command, error) {
	if n < 1 {
		return nil, &ArgumentError{Command: name, Arg: 1, Reason: "messages are numbered from 1"}
	}
	cmd, err := newCommand(name, append([]string{strconv.Itoa(n)}, more...)...)
	if err != nil {
		return nil, err
	}
	cmd.needs = inTransaction
	return cmd, nil
}
