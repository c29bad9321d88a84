package poplib

import (
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3"
)

// ShortCmd sends a command without a method, which is answered with a status line: "XTND XMIT". Answers that line.
//
// Commands that have several lines for an answer, and those that change the session (USER, PASS, APOP, AUTH, STLS, QUIT, RPOP, UTF8), are
// refused with *pop3.ArgumentError: the latter have methods. Other errors: *Error. Source: poplib.POP3._shortcmd.
func (p *POP3) ShortCmd(line string) ([]byte, error) {
	name, args := cutCommand(line)
	return p.status(line, func(c *pop3.Client) *deferred.Deferred[pop3.Reply] { return c.SendCommand(name, args...) })
}

// LongCmd sends a command without a method, which is answered with lines.
//
// Commands that have one line for an answer, and those that change the session, are refused with *pop3.ArgumentError. Other errors: *Error.
// Source: poplib.POP3._longcmd.
func (p *POP3) LongCmd(line string) (*Result, error) {
	name, args := cutCommand(line)
	m, err := ask(p, line, func(c *pop3.Client) *deferred.Deferred[*pop3.Multiline] { return c.SendMultiline(name, args...) })
	if err != nil {
		return nil, err
	}
	return newResult(m), nil
}

// cutCommand cuts a line behind the name.
func cutCommand(line string) (name string, args []string) {
	name, rest, ok := strings.Cut(line, " ")
	if ok {
		args = []string{rest}
	}
	return name, args
}
