package imap4

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// NotifyGroup asks for events of some mailboxes (RFC 5465 section 6).
type NotifyGroup struct {
	// Mailboxes says which; Names are those of NotifySubtree and NotifyMailboxes.
	Mailboxes NotifyMailboxes
	Names     []string
	// Events are what to tell; none means that nothing is told of these mailboxes.
	Events []NotifyEvent
	// Fetch is what to tell of each new message in the selected mailbox: of NotifySelected and NotifySelectedDelayed with
	// EventMessageNew only. It comes to the Listener.
	Fetch Items
}

// NotifyMailboxes says which mailboxes a NotifyGroup is about.
type NotifyMailboxes string

// Filters of mailboxes.
const (
	// NotifySelected is the one that is selected; an EXPUNGE can come at any time then, so use UIDs.
	NotifySelected NotifyMailboxes = "SELECTED"
	// NotifySelectedDelayed is the same, but EXPUNGE comes when a command allows it, as without NOTIFY.
	NotifySelectedDelayed NotifyMailboxes = "SELECTED-DELAYED"
	NotifyInboxes         NotifyMailboxes = "INBOXES"    // where new mail may be delivered
	NotifyPersonal        NotifyMailboxes = "PERSONAL"   // all of the user's
	NotifySubscribed      NotifyMailboxes = "SUBSCRIBED" // as they are subscribed when the command is given
	NotifySubtree         NotifyMailboxes = "SUBTREE"    // Names and all below
	NotifyNamed           NotifyMailboxes = "MAILBOXES"  // Names
)

// NotifyEvent is something that can happen to a mailbox.
type NotifyEvent string

// Events. EventMessageNew and EventMessageExpunge go together, and EventFlagChange goes with both.
const (
	EventMessageNew            NotifyEvent = "MessageNew"
	EventMessageExpunge        NotifyEvent = "MessageExpunge"
	EventFlagChange            NotifyEvent = "FlagChange"
	EventAnnotationChange      NotifyEvent = "AnnotationChange"
	EventMailboxName           NotifyEvent = "MailboxName"
	EventSubscriptionChange    NotifyEvent = "SubscriptionChange"
	EventMailboxMetadataChange NotifyEvent = "MailboxMetadataChange"
	EventServerMetadataChange  NotifyEvent = "ServerMetadataChange"
)

// MessageEvents are the three that tell all about messages.
func MessageEvents() []NotifyEvent {
	return []NotifyEvent{EventMessageNew, EventMessageExpunge, EventFlagChange}
}

// Notify asks the server to tell at once what happens, also to mailboxes that are not selected, and in place of all that was asked
// before. Of those the Listener hears with Status and Listed. status asks for a STATUS of each mailbox now.
//
// A server that cannot keep up takes it all back: Listener.NotificationOverflow.
// Command: NOTIFY SET (RFC 5465 section 3). Legal in: authenticated, selected.
// Fails with: *ResponseError (BADEVENT), *UnsupportedError, *ArgumentError, *CommandError.
func (c *Client) Notify(status bool, groups ...NotifyGroup) *deferred.Deferred[struct{}] {
	cmd := notifyCommand()
	cmd.arguments = func(b *wire.CommandBuilder) {
		b.SP().Atom("SET")
		if status {
			b.SP().Atom("STATUS")
		}
		for _, g := range groups {
			c.appendNotifyGroup(b.SP(), g)
		}
	}
	return issue(c, cmd, nothing)
}

// NotifyNone takes back what Notify asked for.
//
// Command: NOTIFY NONE (RFC 5465 section 3). Legal in: authenticated, selected.
// Fails with: *ResponseError, *UnsupportedError, *CommandError.
func (c *Client) NotifyNone() *deferred.Deferred[struct{}] {
	cmd := notifyCommand()
	cmd.arguments = func(b *wire.CommandBuilder) { b.SP().Atom("NONE") }
	return issue(c, cmd, nothing)
}

func notifyCommand() *command {
	return &command{name: "NOTIFY", class: classAlone, needs: inAuthenticated, requires: []string{"NOTIFY"}}
}

// appendNotifyGroup: event-group = "(" filter-mailboxes SP events ")"
func (c *Client) appendNotifyGroup(b *wire.CommandBuilder, g NotifyGroup) {
	b.List(func(b *wire.CommandBuilder) {
		b.Atom(string(g.Mailboxes))
		if len(g.Names) > 0 {
			b.SP().List(func(b *wire.CommandBuilder) {
				for i, name := range g.Names {
					if i > 0 {
						b.SP()
					}
					c.appendMailbox(b, name)
				}
			})
		}
		if len(g.Events) == 0 {
			b.SP().Atom("NONE")
			return
		}
		b.SP().List(func(b *wire.CommandBuilder) {
			for i, e := range g.Events {
				if i > 0 {
					b.SP()
				}
				b.Atom(string(e))
				if e == EventMessageNew && g.Fetch != 0 {
					b.SP().List(func(b *wire.CommandBuilder) { b.Raw(g.Fetch.String()) })
				}
			}
		})
	})
}
