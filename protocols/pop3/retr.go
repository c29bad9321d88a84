package pop3

import "github.com/tconn/tconn/deferred"

// Retr fetches a message, as lines in memory. RetrTo is for messages that are large, or that go elsewhere.
//
// Command: RETR (RFC 1939 section 5). Legal in: transaction.
// Fires with: the message, which is the caller's.
// Fails with: *ResponseError if there is no such message; *ArgumentError for an n below 1; *LimitError of more than Limits.Lines lines, in a
// *CommandError; more octets than Limits.Message end the connection.
// Source: poplib.POP3.retr; Twisted's retrieve.
func (c *Client) Retr(n int) *deferred.Deferred[*Multiline] {
	return c.lines(func(sink MessageSink) *deferred.Deferred[Retrieved] { return c.RetrTo(n, sink) })
}

// RetrTo fetches a message and gives it to a sink as it comes: nothing is kept of it.
//
// Command: RETR (RFC 1939 section 5). Legal in: transaction.
// Fires with: how many octets the sink got, when it has stored them: see Storer.
// Fails with: as Retr does; what the sink said in a *CommandError. The sink hears of it by Done, once and whatever comes. A nil sink is an
// *ArgumentError.
// Source: Twisted's retrieve with a consumer.
func (c *Client) RetrTo(n int, sink MessageSink) *deferred.Deferred[Retrieved] {
	cmd, err := messageCommand("RETR", n)
	return c.retrieveTo(cmd, err, n, sink)
}

// retrieveTo issues a command that brings a message for sink.
func (c *Client) retrieveTo(cmd *command, err error, n int, sink MessageSink) *deferred.Deferred[Retrieved] {
	switch {
	case sink == nil:
		return deferred.Fail[Retrieved](&ArgumentError{Reason: "there is no sink"})
	case err != nil:
		sink.Done(err)
		return deferred.Fail[Retrieved](err)
	}
	r := &retrieval{c: c, command: cmd, number: n, sink: sink}
	return r.result()
}
