package imap4

import "github.com/tconn/tconn/deferred"

// MoveData is what became of messages that were to be moved.
type MoveData struct {
	CopyUID // where they are now

	// Copied says that the server has no MOVE, and that they were copied and marked \Deleted instead.
	Copied bool
	// Left says that they are still in the mailbox, marked \Deleted, because the server has no way to expunge these and no others
	// (UIDPLUS). Expunge takes them away, with all others that are marked.
	Left bool
}

// Move moves the messages in set to the end of another mailbox.
//
// Where the server has no MOVE they are copied, marked \Deleted, and expunged one set of UIDs at a time; where it has no UIDPLUS either they
// stay, marked \Deleted: nothing is expunged that was not named here. When one of these steps fails, those before it stay done.
// Command: MOVE, UID MOVE (RFC 6851, RFC 9051 section 6.4.8). Legal in: selected, in a mailbox that was not opened with EXAMINE.
// Fires with: where the messages have gone, and how. What has left the mailbox goes to Listener.Expunge or Listener.Vanished.
// Fails with: what Copy fails with.
func (c *Client) Move(set MessageSet, mailbox string) *deferred.Deferred[*MoveData] {
	moved := deferred.Then(c.copyOrMove("MOVE", set, mailbox, []string{"MOVE", "IMAP4rev2"}), func(u CopyUID) (*MoveData, error) {
		return &MoveData{CopyUID: u}, nil
	})
	return deferred.OnErr(moved, func(*UnsupportedError) (*MoveData, error) {
		return deferred.Chain(c.moveByCopy(set, mailbox))
	})
}

// moveByCopy moves without MOVE. All steps go by UID, so that it does not matter what is expunged between them, and
// before all that was issued behind the Move: the UIDs mean nothing in another mailbox.
func (c *Client) moveByCopy(set MessageSet, mailbox string) *deferred.Deferred[*MoveData] {
	return deferred.Inline(func(y *deferred.Yield) (*MoveData, error) {
		uids, err := c.inUIDs(y, set)
		if err != nil || uids.IsEmpty() {
			return &MoveData{Copied: true}, err
		}
		m := &MoveData{Copied: true, Left: !c.caps.Has("UIDPLUS") && !c.caps.Has("IMAP4rev2")}
		copied := inSteps(c, func() *deferred.Deferred[CopyUID] { return c.Copy(uids, mailbox) })
		if m.CopyUID, err = deferred.Wait(y, copied); err != nil {
			return nil, err
		}
		if source := m.Source.Set(); !source.IsEmpty() && !uids.IsSaved() {
			uids = source // a message that was gone already, or has come since, is none of ours
		}
		marked := inSteps(c, func() *deferred.Deferred[*StoreData] { return c.AddFlags(uids, []Flag{FlagDeleted}) })
		if _, err = deferred.Wait(y, marked); err != nil || m.Left {
			return m, err
		}
		_, err = deferred.Wait(y, inSteps(c, func() *deferred.Deferred[ExpungeData] { return c.UIDExpunge(uids) }))
		return m, err
	})
}

// inUIDs is the set by UIDs. One that is open gets its end now: what comes meanwhile is not moved.
func (c *Client) inUIDs(y *deferred.Yield, set MessageSet) (MessageSet, error) {
	if set.IsUID() && !set.IsOpen() {
		return set, nil
	}
	var uids []uint32
	asked := inSteps(c, func() *deferred.Deferred[int] {
		return c.Fetch(set, FetchOptions{Borrow: true}, func(m *Message) {
			if m.UID != 0 {
				uids = append(uids, m.UID)
			}
		})
	})
	_, err := deferred.Wait(y, asked)
	return UIDs(uids...), err
}
