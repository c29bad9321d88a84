package imap4

import (
	"iter"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// ThreadAlgorithm is how messages are put together to threads. Another word than those below is sent as it is, if the server
// offers it as THREAD=word.
type ThreadAlgorithm string

// Algorithms.
const (
	ThreadOrderedSubject ThreadAlgorithm = "ORDEREDSUBJECT" // by subject, then by date (RFC 5256)
	ThreadReferences     ThreadAlgorithm = "REFERENCES"     // by the header fields that say what answers what (RFC 5256)
	ThreadRefs           ThreadAlgorithm = "REFS"           // the same, and never by subject
)

// ThreadNode is a message in a thread, with those that come from it.
type ThreadNode struct {
	// Number is the UID or the sequence number. Zero is a message that is not there, or was not found: the parent of Children nevertheless.
	Number   uint32
	Children []ThreadNode
}

// All are the node and all below it, each before its Children, with their depth: that of the node itself is 0. Threads can be as deep as
// they are long, so this does not recurse.
func (n *ThreadNode) All() iter.Seq2[int, *ThreadNode] {
	return func(yield func(int, *ThreadNode) bool) {
		if !yield(0, n) {
			return
		}
		rest := [][]ThreadNode{n.Children}
		for len(rest) > 0 {
			end := len(rest) - 1
			if len(rest[end]) == 0 {
				rest = rest[:end]
				continue
			}
			next := &rest[end][0]
			rest[end] = rest[end][1:]
			if !yield(len(rest), next) {
				return
			}
			rest = append(rest, next.Children)
		}
	}
}

// Thread looks for messages in the selected mailbox and answers them as threads, by sequence numbers.
//
// Command: THREAD (RFC 5256). Legal in: selected.
// Fires with: the threads in the server's order, nil if there are none.
// Fails with: *CharsetError, *ResponseError, *UnsupportedError without THREAD=algorithm, *ArgumentError, *CommandError; ErrUIDOnly;
// *MessageLimitError if the server has not looked at all messages; *LimitError if there are more than Limits.Untagged messages or
// more than 10,000 branches within branches, *SyntaxError if the answer cannot be read.
func (c *Client) Thread(algorithm ThreadAlgorithm, q Query) *deferred.Deferred[[]ThreadNode] {
	return c.thread("THREAD", algorithm, q)
}

// UIDThread is Thread that answers UIDs.
//
// Command: UID THREAD (RFC 5256). Legal in: selected. Fires with and fails with: see Thread.
func (c *Client) UIDThread(algorithm ThreadAlgorithm, q Query) *deferred.Deferred[[]ThreadNode] {
	return c.thread("UID THREAD", algorithm, q)
}

func (c *Client) thread(name string, algorithm ThreadAlgorithm, q Query) *deferred.Deferred[[]ThreadNode] {
	uid := name[0] == 'U'
	p := compile(q)
	if err := searchFault(name, "", p); err != nil {
		return deferred.Fail[[]ThreadNode](err)
	}
	p.need("THREAD=" + string(algorithm))
	cmd := &command{name: name, needs: inSelected, adapts: true, class: searchClass(uid, p), answers: answerThread}
	cmd.requires, cmd.ready = c.searchNeeds(p, uid)
	cmd.arguments = func(b *wire.CommandBuilder) {
		b.SP().Atom(string(algorithm)).SP().Atom("UTF-8")
		p.appendTo(b)
	}
	t := threads{room: func(n int) bool { return c.limitUntagged(cmd, n) }}
	cmd.untagged = func(r *wire.Response) bool {
		if r.Name != "THREAD" || r.HasNumber {
			return false
		}
		if t.read(&r.Args); r.Args.Err() != nil && cmd.failed == nil {
			cmd.failed = &CommandError{Command: name, Sent: true, Err: r.Args.Err()}
		}
		return true
	}
	return withCharsets(issue(c, cmd, func(r *wire.Response) ([]ThreadNode, error) {
		if err := messageLimit(name, r); err != nil {
			return nil, err
		}
		return t.tree(), nil
	}))
}
