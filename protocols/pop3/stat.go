package pop3

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3/internal/wire"
)

// Stat is what STAT tells of the mailbox, without the messages that are to be deleted.
type Stat struct {
	Count int   // messages
	Size  int64 // of all together, in octets
}

// Stat asks how many messages there are, and how large they are together.
//
// Command: STAT (RFC 1939 section 5). Legal in: transaction.
// Fires with: the two numbers; anything behind them is passed over.
// Fails with: *ResponseError, *CommandError; an answer without two numbers ends the connection with *SyntaxError.
// Source: poplib.POP3.stat; Twisted's stat.
func (c *Client) Stat() *deferred.Deferred[Stat] {
	cmd := &command{name: "STAT", line: []byte("STAT\r\n"), needs: inTransaction}
	return issue(c, cmd, func(r Reply) (s Stat, err error) {
		var ok bool
		if s.Count, s.Size, ok = wire.Drop([]byte(r.Text)); !ok {
			return Stat{}, c.misunderstood("STAT", "two numbers behind +OK", r.Text)
		}
		return s, nil
	})
}

// misunderstood ends the connection because an answer is none to that command: the next ones could be those of others, too. It answers the
// error of the command.
func (c *Client) misunderstood(command, want, got string) error {
	err := &SyntaxError{Want: want + " as the answer to " + command, Got: wire.Quote([]byte(got))}
	c.close(err)
	return &CommandError{Command: command, Sent: true, Err: err}
}
