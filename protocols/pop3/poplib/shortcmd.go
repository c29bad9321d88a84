package poplib

import (
	"slices"
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
	return p.status(p.withoutSecret(line), func(c *pop3.Client) *deferred.Deferred[pop3.Reply] { return c.SendCommand(name, args...) })
}

// LongCmd sends a command without a method, which is answered with lines.
//
// Commands that have one line for an answer, and those that change the session, are refused with *pop3.ArgumentError. Other errors: *Error.
// Source: poplib.POP3._longcmd.
func (p *POP3) LongCmd(line string) (*Result, error) {
	name, args := cutCommand(line)
	m, err := ask(p, p.withoutSecret(line), func(c *pop3.Client) *deferred.Deferred[*pop3.Multiline] { return c.SendMultiline(name, args...) })
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

// withoutSecret is a line as debug output shows it: nothing of what follows the name of a command that carries a secret, although such a command
// is refused.
func (p *POP3) withoutSecret(line string) string {
	words := strings.Fields(line)
	if len(words) < 2 || !slices.Contains([]string{"PASS", "APOP", "AUTH"}, strings.ToUpper(words[0])) {
		return line
	}
	before, rest, _ := strings.Cut(line, words[0])
	return p.secretLine(before+words[0]+rest[:1], rest[1:])
}
