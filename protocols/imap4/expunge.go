package imap4

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// ExpungeData is which messages an Expunge has removed. A server tells either, UIDs if QRESYNC is enabled. The Listener hears of each too.
type ExpungeData struct {
	// SeqNums are sequence numbers in the order sent, each as it was at that moment: 3, 3 are the third and the one behind it.
	SeqNums []uint32
	// UIDs of those that are gone.
	UIDs MessageSet
	// HighestModSeq of the mailbox after it (CONDSTORE, RFC 7162); zero if the server did not tell.
	HighestModSeq uint64
}

// Expunge removes the messages that are \Deleted for good.
//
// Command: EXPUNGE (RFC 9051 section 6.4.3). Legal in: selected.
// Fires with: what was removed. Fails with: *ResponseError, *LimitError, *CommandError.
func (c *Client) Expunge() *deferred.Deferred[ExpungeData] { return c.expunge("EXPUNGE", nil) }

// UIDExpunge removes those of the messages in uids that are \Deleted for good, and no others. A set that is long is sent in several
// commands.
//
// Command: UID EXPUNGE (RFC 4315, RFC 9051 section 6.4.9). Legal in: selected.
// Fires with: what was removed.
// Fails with: *ResponseError, *UnsupportedError without UIDPLUS, *ArgumentError, *LimitError, *CommandError.
func (c *Client) UIDExpunge(uids MessageSet) *deferred.Deferred[ExpungeData] {
	if err := uidFault("UID EXPUNGE", uids); err != nil {
		return deferred.Fail[ExpungeData](err)
	}
	send := func(part MessageSet) *deferred.Deferred[ExpungeData] { return c.expunge("UID EXPUNGE", &part) }
	return inParts(c, "UID EXPUNGE", uids, maxCommandBytes, send, func(all *ExpungeData, part ExpungeData) {
		all.SeqNums = append(all.SeqNums, part.SeqNums...)
		all.UIDs = all.UIDs.Union(part.UIDs)
		all.HighestModSeq = max(all.HighestModSeq, part.HighestModSeq)
	})
}

// uidFault refuses what is no set of UIDs.
func uidFault(command string, set MessageSet) error {
	if err := setFault(command, set); err != nil || set.IsUID() {
		return err
	}
	return &ArgumentError{Command: command, Arg: 1, Reason: "the set is not one of UIDs"}
}

func (c *Client) expunge(name string, uids *MessageSet) *deferred.Deferred[ExpungeData] {
	var data ExpungeData
	var gone []Range
	cmd := &command{name: name, answers: answerExpunge, needs: inSelected}
	if uids != nil {
		cmd.requires = []string{"UIDPLUS", "IMAP4rev2"}
		cmd.arguments = func(b *wire.CommandBuilder) { uids.sequenceSet(b.SP()) }
	}
	cmd.untagged = func(r *wire.Response) bool { // it notes them only: the mailbox and the Listener have to know, too
		switch {
		case r.Name == "EXPUNGE" && r.HasNumber:
			if c.limitUntagged(cmd, len(data.SeqNums)+1) {
				data.SeqNums = append(data.SeqNums, r.Number)
			}
		case r.Name == "VANISHED":
			set, earlier, ok := decodeVanished(r.Args)
			if ok && !earlier && c.limitUntagged(cmd, len(gone)+len(set.ranges)) {
				gone = append(gone, set.ranges...)
			}
		}
		return false
	}
	return issue(c, cmd, func(r *wire.Response) (ExpungeData, error) {
		data.UIDs = MessageSet{uid: true}.with(gone)
		if r.Code == "HIGHESTMODSEQ" {
			d := r.CodeDecoder(c.options().Limits)
			data.HighestModSeq, _ = d.OptNumber64()
		}
		return data, nil
	})
}
