package imap4

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// ErrCommandOut is a Command that was given to Do while it was still under way.
var ErrCommandOut = errors.New("imap4: the Command has not been answered yet")

// Command is a command for which the client has no method: see Client.Send, and Client.Do for one that is repeated.
type Command struct {
	// Name is the command's name, such as "SETQUOTA" or "UID X-MARK". Those that change the session are refused, because they have methods that
	// keep its state: LOGIN, AUTHENTICATE, STARTTLS, COMPRESS, LOGOUT, SELECT, EXAMINE, CLOSE, UNSELECT, ENABLE, IDLE, UNAUTHENTICATE.
	Name string
	Args []Arg
	// Class says with which others it may be out at the same time; the zero value is ClassAlone, which is always right.
	Class CommandClass
	// Requires are capabilities of which the server must have one; otherwise the command fails unsent with *UnsupportedError.
	Requires []string
	// Takes are the names, in capitals, of the untagged responses that are the answer, such as "QUOTA". They go to the result and to nobody else.
	Takes []string
	// TakesAll puts all untagged responses that come while the command is out into the result. What the client knows, such as EXISTS, has its
	// usual effect as well.
	TakesAll bool
	// Continuation is asked, when the server says "+" and no literal waits for it, for the line to be sent, without CRLF; a trace shows that
	// as ***, and the command goes alone. An error sends "*", with which most commands can be ended, and fails the command. Nil passes "+" over.
	Continuation func(text string) ([]byte, error)
	// Timeout is how long the server may take. Zero is Options.CommandTimeout, negative no limit.
	Timeout time.Duration
	// Done is called by a Command given to Do, with nil when the server has answered OK. Result is what it has answered.
	Done func(err error)

	client  *Client
	command *command
	answer  *CommandResult // of an OK that has more than text
	text    []byte         // of any other
	data    []Untagged
	kept    int64 // bytes in data
	out     bool
}

// CommandResult is what a server has answered to a Command with OK.
type CommandResult struct {
	Code     string // the response code's word in capitals, "" for none
	CodeArgs string // what follows it in the brackets, as sent
	Text     string // for people
	Untagged []Untagged
}

// CommandClass says with which other commands a Command may be out at the same time (RFC 9051 section 5.5).
type CommandClass uint8

const (
	// ClassAlone is a command that goes alone.
	ClassAlone CommandClass = iota
	// ClassUID is one that names messages by UID, or that is about no messages at all.
	ClassUID
	// ClassNumbers is one that names messages by sequence number, or gets them as its answer, and brings no EXPUNGE.
	ClassNumbers
	// ClassFree is one that changes nothing and brings nothing, like ID.
	ClassFree
)

// class is the class by which commands are queued.
func (class CommandClass) class() class {
	switch class {
	case ClassUID:
		return classUsual
	case ClassNumbers:
		return classNumbers
	case ClassFree:
		return classFree
	}
	return classAlone
}

// keepState are the commands that only the methods of their own can send.
var keepState = []string{
	"LOGIN", "AUTHENTICATE", "STARTTLS", "COMPRESS", "LOGOUT", "SELECT", "EXAMINE", "CLOSE", "UNSELECT", "ENABLE", "IDLE", "UNAUTHENTICATE",
}

// answersOf says which answers the names in Takes are.
var answersOf = map[string]answers{
	"SEARCH": answerSearch, "SORT": answerSort, "THREAD": answerThread, "LIST": answerList, "XLIST": answerList, "LSUB": answerLSub,
	"STATUS": answerStatus, "CAPABILITY": answerCapability, "NAMESPACE": answerNamespace, "ID": answerID, "ENABLED": answerEnabled,
	"QUOTA": answerQuota, "QUOTAROOT": answerQuotaRoot, "ACL": answerACL, "MYRIGHTS": answerRights, "LISTRIGHTS": answerRights,
	"METADATA": answerMetadata, "EXPUNGE": answerExpunge, "VANISHED": answerExpunge, "FETCH": answerStore, "JMAPACCESS": answerJMAPAccess,
}

// SendCommand sends a command for which the client has no method, alone, and collects all that the server says meanwhile:
//
//	c.SendCommand("GETQUOTA", imap4.AString(""))
//
// Command: any but those that change the session (see Command.Name). Legal in: what the server allows.
// Fires with: the response code and text of the OK, and the untagged responses as they came.
// Fails with: *ResponseError, *ArgumentError before anything is sent, *CommandError.
func (c *Client) SendCommand(name string, args ...Arg) *deferred.Deferred[CommandResult] {
	return c.Send(Command{Name: name, Args: args, TakesAll: true})
}

// Send is SendCommand with all its settings. Done is not called.
//
// Command: any but those that change the session (see Command.Name). Legal in: what the server allows.
// Fires with: the response code and text of the OK, and the untagged responses that the command takes.
// Fails with: *ResponseError, *ArgumentError and *UnsupportedError before anything is sent, *LimitError for more than Limits.Untagged responses
// or Limits.Response bytes of them, the error of Continuation, *CommandError.
func (c *Client) Send(cmd Command) *deferred.Deferred[CommandResult] {
	sent := &Command{
		Name: cmd.Name, Args: cmd.Args, Class: cmd.Class, Requires: cmd.Requires, Takes: cmd.Takes, TakesAll: cmd.TakesAll,
		Continuation: cmd.Continuation, Timeout: cmd.Timeout,
	}
	d := deferred.New(func(*deferred.Deferred[CommandResult]) { c.cancel(sent.command) })
	sent.Done = func(err error) {
		if err != nil {
			d.TryErrback(err)
			return
		}
		d.TryCallback(sent.Result())
	}
	if err := c.Do(sent); err != nil {
		return deferred.Fail[CommandResult](err)
	}
	return d.BindTo(c.transport.Reactor())
}

// Do sends a Command and calls its Done when it is answered, or when the connection ends. An answered Command may be given to Do again, in
// Done itself too: then a round costs no memory as long as the server answers with a plain OK. It belongs to one Client, and its other fields
// must not change after the first Do.
//
// Errors: *ArgumentError, ErrCommandOut, and *CommandError when the connection is not there or is ending; Done is not called then.
// Those that Done gets are the ones of Send.
func (c *Client) Do(cmd *Command) error {
	if cmd.out || cmd.client != nil && cmd.client != c {
		return &CommandError{Command: cmd.Name, Err: ErrCommandOut}
	}
	if err := c.ended(); err != nil {
		return &CommandError{Command: cmd.Name, Err: err}
	}
	if err := cmd.begin(c); err != nil {
		return err
	}
	cmd.out, cmd.answer, cmd.text, cmd.data, cmd.kept = true, nil, cmd.text[:0], nil, 0
	c.busy()
	c.waiting.push(cmd.command)
	c.sendNext()
	c.throttle()
	return nil
}

// begin makes the command ready for its first or its next round.
func (cmd *Command) begin(c *Client) error {
	inner := cmd.command
	if inner == nil {
		word, _, _ := strings.Cut(strings.ToUpper(cmd.Name), " ")
		if slices.Contains(keepState, word) {
			return &ArgumentError{Command: word, Reason: "the command has a method of its own"}
		}
		inner = cmd.build(c)
		if err := c.begin(inner); err != nil {
			return err
		}
		cmd.client, cmd.command = c, inner
		return nil
	}
	inner.next, inner.sent, inner.failed, inner.early = 0, false, nil, nil
	var tag [8]byte
	inner.tag = c.newTag()
	if !inner.encoded.Retag(appendTag(tag[:0], inner.tag)) {
		return c.encode(inner)
	}
	return nil
}

// build makes what the queue knows.
func (cmd *Command) build(c *Client) *command {
	inner := &command{
		name: cmd.Name, class: cmd.Class.class(), requires: cmd.Requires, timeout: cmd.Timeout, raw: cmd,
		done: cmd.finish,
		arguments: func(b *wire.CommandBuilder) {
			for _, arg := range cmd.Args {
				arg.append(c, b)
			}
		},
	}
	for _, name := range cmd.Takes {
		inner.answers |= answersOf[name]
		if answersOf[name] == 0 {
			inner.answers |= answerOther
		}
	}
	if len(cmd.Takes) > 0 || cmd.TakesAll {
		inner.untagged = cmd.onUntagged
	}
	if cmd.Continuation != nil {
		inner.plus, inner.class = cmd.onPlus, classStream
	}
	return inner
}

// Result is what the server has answered, when Done was called with nil; until the next Do.
func (cmd *Command) Result() CommandResult {
	if cmd.answer != nil {
		return *cmd.answer
	}
	return CommandResult{Text: string(cmd.text), Untagged: cmd.data}
}

// plainOK is a tagged OK whose text the Command has taken.
var plainOK = wire.Response{Kind: wire.Tagged, Name: "OK", IsStatus: true}

// finish is the end of a round.
func (cmd *Command) finish(r *wire.Response, err error) {
	cmd.out = false
	if r != nil && r != &plainOK {
		cmd.answer = &CommandResult{Code: r.Code, CodeArgs: r.CodeArgs, Text: r.Text, Untagged: cmd.data}
	}
	if cmd.Done != nil {
		cmd.Done(err)
	}
}

// onPlainOK takes a line that is the tagged OK of a Command and nothing else: the way without memory. Any other line is for the usual one.
func (c *Client) onPlainOK(line []byte) bool {
	tag, text, ok := wire.PlainOK(line)
	if !ok || c.state == stateGreeting {
		return false
	}
	cmd := c.out.find(tagNumber(tag))
	if cmd == nil || cmd.raw == nil || c.sending == cmd {
		return false
	}
	cmd.raw.text = append(cmd.raw.text[:0], text...)
	c.complete(cmd, &plainOK)
	return true
}

// onUntagged keeps what the command takes.
func (cmd *Command) onUntagged(r *wire.Response) bool {
	named := slices.Contains(cmd.Takes, r.Name)
	if !named && !cmd.TakesAll {
		return false
	}
	rest := r.Args.Rest()
	cmd.kept += int64(len(rest))
	if limit := cmd.client.options().Limits.MaxResponse(); cmd.kept > limit {
		cmd.fail(&LimitError{Limit: wire.LimitResponse, Max: limit})
	} else if cmd.client.limitUntagged(cmd.command, len(cmd.data)+1) {
		cmd.data = append(cmd.data, Untagged{Number: r.Number, HasNumber: r.HasNumber, Name: r.Name, Text: string(rest)})
	}
	return named
}

func (cmd *Command) fail(err error) {
	if cmd.command.failed == nil {
		cmd.command.failed = &CommandError{Command: cmd.Name, Sent: true, Err: err}
	}
}

// onPlus answers a "+". A server that goes on asking after "*" gets no answer.
func (cmd *Command) onPlus(text string) {
	if cmd.command.failed != nil {
		return
	}
	line, err := cmd.Continuation(text)
	if err == nil && slices.ContainsFunc(line, func(b byte) bool { return b == '\r' || b == '\n' || b == 0 }) {
		err = &ArgumentError{Command: cmd.Name, Reason: "the answer to + contains CR, LF or NUL"}
	}
	if err != nil {
		cmd.fail(err)
		line = []byte("*")
	}
	c := cmd.client
	if t := c.options().Trace; t != nil {
		t.Client([]byte("***\r\n"))
	}
	c.write(append(slices.Clip(line), "\r\n"...))
}
