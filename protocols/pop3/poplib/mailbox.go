package poplib

import (
	"bytes"
	"strconv"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3"
)

// Stat asks how many messages there are, and how large they are together, in octets.
//
// Command: STAT (RFC 1939 section 5). What follows the two numbers is passed over.
// Errors: *Error; an answer without two numbers ends the session. Source: poplib.POP3.stat.
func (p *POP3) Stat() (count int, size int64, err error) {
	line, err := p.short("STAT")
	if err != nil {
		return 0, 0, err
	}
	words := splitWords(line)
	p.printStat(words)
	switch {
	case len(words) < 3:
		return 0, 0, p.misunderstood("Invalid STAT response format", line)
	default:
		count, err = strconv.Atoi(string(words[1]))
		if err == nil {
			size, err = strconv.ParseInt(string(words[2]), 10, 64)
		}
		if err != nil || count < 0 || size < 0 {
			return 0, 0, p.misunderstood("Invalid STAT response data: non-numeric values", line)
		}
	}
	return count, size, nil
}

// splitWords cuts a line at white space, as Python's bytes.split does.
func splitWords(line []byte) [][]byte {
	return bytes.FieldsFunc(line, func(c rune) bool { return c == ' ' || '\t' <= c && c <= '\r' })
}

// misunderstood ends the session because an answer is none.
func (p *POP3) misunderstood(text string, line []byte) error {
	p.end()
	return &Error{Arg: text, Err: &pop3.SyntaxError{Want: "two numbers behind +OK as the answer to STAT", Got: quote(line)}}
}

// List asks for the sizes of all messages: lines of a number and a size.
//
// Command: LIST (RFC 1939 section 5). Errors: *Error. Source: poplib.POP3.list.
func (p *POP3) List() (*Result, error) { return p.long("LIST") }

// ListOne asks for the size of one message. Answers the server's line as it is: "+OK 2 306".
//
// Command: LIST n (RFC 1939 section 5). Errors: *Error. Source: poplib.POP3.list with an argument.
func (p *POP3) ListOne(which int) ([]byte, error) { return p.short("LIST", which) }

// UIDL asks for the unique-ids of all messages: lines of a number and an id.
//
// Command: UIDL (RFC 1939 section 7). Errors: *Error, also from a server without UIDL. Source: poplib.POP3.uidl.
func (p *POP3) UIDL() (*Result, error) { return p.long("UIDL") }

// UIDLOne asks for the unique-id of one message. Answers the server's line as it is.
//
// Command: UIDL n (RFC 1939 section 7). Errors: *Error. Source: poplib.POP3.uidl with an argument.
func (p *POP3) UIDLOne(which int) ([]byte, error) { return p.short("UIDL", which) }

// Retr fetches a message.
//
// Command: RETR (RFC 1939 section 5).
// Errors: *Error if there is no such message; more octets than Limits.Message end the session, more lines than Limits.Lines do not.
// Source: poplib.POP3.retr.
func (p *POP3) Retr(which int) (*Result, error) { return p.long("RETR", which) }

// Top fetches the header of a message, and the first howmuch lines of its body.
//
// Command: TOP (RFC 1939 section 7). Errors: as Retr. Source: poplib.POP3.top.
func (p *POP3) Top(which, howmuch int) (*Result, error) { return p.long("TOP", which, howmuch) }

// Dele marks a message, which the server deletes at Quit, and only then. Answers the server's line.
//
// Command: DELE (RFC 1939 section 5). Errors: *Error. Source: poplib.POP3.dele.
func (p *POP3) Dele(which int) ([]byte, error) { return p.short("DELE", which) }

// Noop does nothing, but shows that the server is there. Answers its line.
//
// Command: NOOP (RFC 1939 section 5). Errors: *Error. Source: poplib.POP3.noop.
func (p *POP3) Noop() ([]byte, error) { return p.short("NOOP") }

// Rset takes back every Dele of the session. Answers the server's line.
//
// Command: RSET (RFC 1939 section 5). Errors: *Error. Source: poplib.POP3.rset.
func (p *POP3) Rset() ([]byte, error) { return p.short("RSET") }

// short sends a command that is answered with a status line, in any state of the session: it is the server that refuses.
func (p *POP3) short(name string, numbers ...int) ([]byte, error) {
	line, args := withNumbers(name, numbers)
	return p.status(line, func(c *pop3.Client) *deferred.Deferred[pop3.Reply] { return c.SendCommand(name, args...) })
}

// long sends a command that is answered with lines.
func (p *POP3) long(name string, numbers ...int) (*Result, error) {
	line, args := withNumbers(name, numbers)
	m, err := ask(p, line, func(c *pop3.Client) *deferred.Deferred[*pop3.Multiline] { return c.SendMultiline(name, args...) })
	if err != nil {
		return nil, err
	}
	return newResult(m), nil
}

func withNumbers(name string, numbers []int) (line string, args []string) {
	line = name
	for _, n := range numbers {
		args = append(args, strconv.Itoa(n))
		line += " " + strconv.Itoa(n)
	}
	return line, args
}
