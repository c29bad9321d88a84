package imap4

import (
	"errors"
	"strings"

	"github.com/tconn/tconn/deferred"
)

// NOTIFY is asked for the user's own mailboxes, PERSONAL; those of other users and of all are none (RFC 5465 section 6.2). A Watch that has
// such mailboxes lists, too, as it does without NOTIFY.

// learnSpaces asks where the mailboxes of others are, once in a connection.
func (s *watchSession) learnSpaces(y *deferred.Yield) error {
	if !s.notified || s.spaces != nil || !s.c.offers([]string{"NAMESPACE", "IMAP4rev2"}) {
		return nil
	}
	spaces, err := deferred.Wait(y, s.c.Namespace())
	if refused := (*ResponseError)(nil); err != nil && !errors.As(err, &refused) {
		return err
	}
	s.spaces = &spaces
	return nil
}

// isPersonal tells whether a mailbox is the user's own. Of the prefixes that fit the longest counts; INBOX is his in any case.
func (n *Namespaces) isPersonal(name, delimiter string) bool {
	if n == nil || sameMailbox(name, inbox) {
		return true
	}
	longest := func(spaces []Namespace) int {
		best := -1
		for _, space := range spaces {
			if strings.HasPrefix(name+delimiter, space.Prefix) {
				best = max(best, len(space.Prefix))
			}
		}
		return best
	}
	return longest(n.Personal) >= max(longest(n.Other), longest(n.Shared))
}
