package imap4

import (
	"errors"
	"fmt"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// Commands about more messages than one line or one server takes at a time.

const (
	// maxCommandBytes is how long a line may be that names messages: servers take 8,000 bytes at least (RFC 9051 section 4.1, RFC 7162
	// section 4), some no more.
	maxCommandBytes = 8000 - 64 // without the tag, the command's name and the spaces
	// minSetBytes is left for the set in any case.
	minSetBytes = 256
)

// inParts sends a command for set, or several if it is longer than room bytes, and joins their results. When one fails, those that were
// not sent are taken back, and what still comes for the others is dropped.
func inParts[T any](c *Client, name string, set MessageSet, room int, send func(part MessageSet) *deferred.Deferred[T], join func(all *T, part T)) *deferred.Deferred[T] {
	if err := setFault(name, set); err != nil {
		return deferred.Fail[T](err)
	}
	var ds []*deferred.Deferred[T]
	for part := range set.Split(max(room, minSetBytes)) {
		ds = append(ds, send(part))
	}
	if len(ds) == 1 {
		return ds[0]
	}
	all := deferred.Then(deferred.Gather(ds...), func(results []T) (T, error) {
		for _, r := range results[1:] {
			join(&results[0], r)
		}
		return results[0], nil
	})
	all.AddErrback(func(err error) (T, error) {
		for _, d := range ds {
			d.Cancel()
		}
		var zero T
		if first := (*deferred.FirstError)(nil); errors.As(err, &first) {
			err = first.Err
		}
		return zero, err
	})
	return all
}

// setFault refuses sets that name nothing.
func setFault(name string, set MessageSet) error {
	reason := "the set of messages is empty"
	if bad := (*ArgumentError)(nil); errors.As(set.Err(), &bad) {
		reason = bad.Reason
	} else if !set.IsEmpty() {
		return nil
	}
	return &ArgumentError{Command: name, Arg: 1, Reason: reason}
}

// MessageLimitError is a server that has done only part of a command because it was about too many messages (RFC 9738), and did not say,
// or cannot be told, what the rest is. It matches ErrLimit.
type MessageLimitError struct {
	Command string
	Limit   uint32 // messages at a time
	Lowest  uint32 // UID of the last message that was done, from the highest down; 0 if the server did not tell
}

// Error tells the limit.
func (e *MessageLimitError) Error() string {
	return fmt.Sprintf("imap4: %s: the server has done only part of it: it takes %d messages at a time", e.Command, e.Limit)
}

// Is matches ErrLimit.
func (e *MessageLimitError) Is(target error) bool { return target == ErrLimit }

// messageLimit answers a *MessageLimitError if the server has done only part.
//
//	message-limit-code = "MESSAGELIMIT" SP nz-number [SP nz-number] (RFC 9738 section 4)
func messageLimit(command string, r *wire.Response) error {
	if r.Code != "MESSAGELIMIT" {
		return nil
	}
	d := r.CodeDecoder(nil)
	e := &MessageLimitError{Command: command, Limit: d.Number()}
	d.SP()
	if _, more := d.Peek(); more {
		e.Lowest = d.Number()
	}
	return e
}

// rest is what was not done of set. lowest is the lowest sequence number of which the server has told something.
func (e *MessageLimitError) rest(set MessageSet, lowest uint32) (MessageSet, error) {
	below, undone := lowest, SeqRange(1, max(lowest, 2)-1)
	if set.IsUID() {
		below, undone = e.Lowest, UIDRange(1, max(e.Lowest, 2)-1)
	}
	switch {
	case below == 0 || set.IsSaved():
		return set, e
	case below == 1:
		return MessageSet{uid: set.uid}, nil
	}
	rest := set.Intersect(undone)
	if rest.Equal(set) { // the next try would do no more than this one
		return set, e
	}
	return rest, nil
}
