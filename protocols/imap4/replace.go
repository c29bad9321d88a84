package imap4

import (
	"errors"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// Replace puts a message in the place of another one: it adds message to a mailbox and removes the only message of set from the
// selected one, both or neither. See Append for the message.
//
// If the server has no REPLACE, but UIDPLUS, a message named by its UID is replaced in steps: APPEND, then UID STORE \Deleted and UID
// EXPUNGE of that UID alone. A failure of the last two leaves both messages there (*AppendError).
//
// Command: REPLACE or UID REPLACE, by set's kind (RFC 8508). Legal in: selected.
// Fires with: what the server tells of the new message. The Listener hears that the old one goes.
// Fails with: those of Append; *ArgumentError for a set that is not one message.
func (c *Client) Replace(set MessageSet, mailbox string, message AppendMessage) *deferred.Deferred[AppendData] {
	name, class := "REPLACE", classAlone // the EXPUNGE that it brings renumbers messages
	if set.IsUID() {
		name, class = "UID REPLACE", classUsual
	}
	if n, ok := set.Len(); !ok || n != 1 || set.Err() != nil {
		return deferred.Fail[AppendData](&ArgumentError{Command: name, Arg: 1, Reason: "is not one message"})
	}
	messages := []AppendMessage{message}
	if err := checkMessages(name, 2, messages); err != nil {
		return deferred.Fail[AppendData](err)
	}
	cmd := c.appendCommand(name, mailbox, messages)
	cmd.class, cmd.needs, cmd.requires = class, inSelected, []string{"REPLACE"}
	var data AppendData
	cmd.arguments = func(b *wire.CommandBuilder) {
		c.appendMailbox(set.sequenceSet(b.SP()).SP(), mailbox)
		cmd.body = c.appendMessages(b, cmd, messages)
	}
	cmd.untagged = data.take
	d := issue(c, cmd, func(r *wire.Response) (AppendData, error) {
		data.onAnswer(r, 1)
		return data, nil
	})
	if !set.IsUID() {
		return d
	}
	return d.AddErrback(func(err error) (AppendData, error) {
		var missing *UnsupportedError
		if !errors.As(err, &missing) || missing.Capability != "REPLACE" {
			return AppendData{}, err
		}
		return deferred.Chain(c.replaceInSteps(set, mailbox, messages[0]))
	})
}

// replaceInSteps replaces a message where the server has no command for that.
func (c *Client) replaceInSteps(set MessageSet, mailbox string, message AppendMessage) *deferred.Deferred[AppendData] {
	rare := c.unusual()
	age := rare.boxAge
	switch {
	case !c.offers([]string{"UIDPLUS", "IMAP4rev2"}):
		return deferred.Fail[AppendData](&CommandError{Command: "UID REPLACE", Err: &UnsupportedError{Capability: "REPLACE or UIDPLUS"}})
	case !c.box.open || c.box.readOnly:
		return deferred.Fail[AppendData](&CommandError{Command: "UID REPLACE", Err: ErrState})
	}
	same := func() error { // a UID means nothing in another mailbox
		if rare.boxAge != age {
			return ErrState
		}
		return nil
	}
	remove := &command{name: "UID STORE", needs: inSelected, ready: same}
	remove.arguments = func(b *wire.CommandBuilder) { set.sequenceSet(b.SP()).Raw(` +FLAGS.SILENT (\Deleted)`) }
	expunge := &command{name: "UID EXPUNGE", needs: inSelected, ready: same}
	expunge.arguments = func(b *wire.CommandBuilder) { set.sequenceSet(b.SP()) }
	step := func(cmd *command) *deferred.Deferred[struct{}] {
		return inSteps(c, func() *deferred.Deferred[struct{}] { return issue(c, cmd, nothing) })
	}
	added := inSteps(c, func() *deferred.Deferred[AppendData] { return c.Append(mailbox, message) })
	return deferred.Then(added, func(data AppendData) (AppendData, error) {
		removed := deferred.Then(step(remove), func(struct{}) (struct{}, error) { return deferred.Chain(step(expunge)) })
		return deferred.Chain(deferred.Then(removed, func(struct{}) (AppendData, error) { return data, nil }).
			AddErrback(func(err error) (AppendData, error) { return data, &AppendError{Done: data, Err: err} }))
	})
}
