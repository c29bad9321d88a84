package imap4

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// CopyUID says where messages have gone (UIDPLUS, RFC 4315). It is empty if the server does not tell.
type CopyUID struct {
	UIDValidity  uint32 // of the destination
	Source, Dest UIDList
}

// IsEmpty reports whether the server has told nothing.
func (u CopyUID) IsEmpty() bool { return u.Source.Len() == 0 }

// Copy copies the messages in set to the end of another mailbox: all of them or, if it fails, none.
//
// A set that is too long for one command is copied in several: then those before the one that fails stay copied.
// Command: COPY, UID COPY (RFC 9051 sections 6.4.7 and 6.4.9). Legal in: selected.
// Fires with: the UIDs of the messages and of their copies, in pairs (see Pairs); empty without UIDPLUS.
// Fails with: *ResponseError, which matches ErrTryCreate if there is no such mailbox, ErrOverQuota and others, *ArgumentError,
// *MessageLimitError, *CommandError. Source: Twisted's copy.
func (c *Client) Copy(set MessageSet, mailbox string) *deferred.Deferred[CopyUID] {
	return c.copyOrMove("COPY", set, mailbox, nil)
}

// copyOrMove sends COPY or MOVE.
//
//	copy = "COPY" SP sequence-set SP mailbox;  move = "MOVE" SP sequence-set SP mailbox
func (c *Client) copyOrMove(word string, set MessageSet, mailbox string, requires []string) *deferred.Deferred[CopyUID] {
	name := byUID(word, set)
	return inParts(c, name, set, maxCommandBytes-3*len(mailbox), func(part MessageSet) *deferred.Deferred[CopyUID] {
		return c.copyPart(name, part, mailbox, requires)
	}, (*CopyUID).add)
}

// add puts the answer to another part of the set behind.
func (u *CopyUID) add(part CopyUID) {
	if u.UIDValidity == 0 {
		u.UIDValidity = part.UIDValidity
	}
	u.Source.ranges = append(u.Source.ranges, part.Source.ranges...)
	u.Dest.ranges = append(u.Dest.ranges, part.Dest.ranges...)
}

// copyPart sends the command for one set that is not too long, and again for what the server leaves.
func (c *Client) copyPart(name string, set MessageSet, mailbox string, requires []string) *deferred.Deferred[CopyUID] {
	var told CopyUID
	cmd := &command{
		name: name, class: classUsual, answers: answerCopyUID, needs: inSelected, requires: requires,
		ready: func() error { return c.readyForSet(set) },
		arguments: func(b *wire.CommandBuilder) {
			c.appendMailbox(set.sequenceSet(b.SP()).SP(), mailbox)
		},
	}
	cmd.untagged = func(r *wire.Response) bool {
		if !r.IsStatus || r.Code != "COPYUID" {
			return false
		}
		if c.limitUntagged(cmd, len(told.Source.ranges)+len(told.Dest.ranges)+1) {
			told.decode(r)
		}
		return true
	}
	if !set.IsUID() {
		cmd.class = classAlone // what it brings can renumber the messages that others name
	}
	if set.IsSaved() {
		cmd.also = [][]string{{"SEARCHRES", "IMAP4rev2"}}
	}
	d := issue(c, cmd, func(r *wire.Response) (CopyUID, error) {
		told.decode(r)
		return told, messageLimit(name, r)
	})
	return deferred.OnErr(d, func(e *MessageLimitError) (CopyUID, error) {
		rest, err := e.rest(set, 0)
		if err != nil || rest.IsEmpty() {
			return told, err
		}
		undone := inSteps(c, func() *deferred.Deferred[CopyUID] { return c.copyPart(name, rest, mailbox, requires) })
		return deferred.Chain(undone.AddCallback(func(more CopyUID) (CopyUID, error) {
			told.add(more)
			return told, nil
		}))
	})
}

// decode takes the code that tells where messages have gone, in a tagged OK or, before the EXPUNGEs of a MOVE, in an untagged one.
// Some servers leave out "* OK" there.
//
//	resp-code-copy = "COPYUID" SP nz-number SP uid-set SP uid-set
func (u *CopyUID) decode(r *wire.Response) bool {
	if r.Code != "COPYUID" {
		return false
	}
	d := r.CodeDecoder(nil)
	part := CopyUID{UIDValidity: d.Number()}
	d.SP()
	source, err := ParseUIDList(string(d.SkipValue()))
	d.SP()
	dest, bad := ParseUIDList(string(d.SkipValue()))
	if d.Err() == nil && err == nil && bad == nil && source.Len() == dest.Len() {
		u.add(part.with(source, dest))
	}
	return true
}

func (u CopyUID) with(source, dest UIDList) CopyUID {
	u.Source, u.Dest = source, dest
	return u
}
