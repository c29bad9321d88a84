package imap4

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"
)

// WatchState is how far a Watch has told what happened, for WatchOptions.Resume of another one: the next time the program runs.
// It marshals to JSON.
type WatchState struct {
	Mailboxes map[string]MailboxState // by name; INBOX in capitals
}

// MailboxState is how far a Watch has told what happened in one mailbox.
type MailboxState struct {
	UIDValidity uint32     // under which the UIDs are valid; zero if the mailbox was not opened yet, or the server tells none
	ModSeq      uint64     // changes of flags up to this mod-sequence were told; zero if the server has none
	Next        uint32     // messages with a lower UID were told, or are gone
	UIDs        MessageSet // messages that the program knows: New was told, Vanished was not
}

// mailboxJSON is one mailbox in JSON.
type mailboxJSON struct {
	Mailbox     string `json:"mailbox,omitempty"`
	Raw         []byte `json:"raw,omitempty"` // the name if it is no UTF-8
	UIDValidity uint32 `json:"uidvalidity,omitempty"`
	ModSeq      uint64 `json:"modseq,omitempty"`
	Next        uint32 `json:"next,omitempty"`
	UIDs        string `json:"uids,omitempty"`
}

// MarshalJSON writes the mailboxes in the order of their names.
func (s WatchState) MarshalJSON() ([]byte, error) {
	list := make([]mailboxJSON, 0, len(s.Mailboxes))
	for _, name := range slices.Sorted(maps.Keys(s.Mailboxes)) {
		b := s.Mailboxes[name]
		if err := b.fault(); err != nil {
			return nil, err
		}
		m := mailboxJSON{Mailbox: name, UIDValidity: b.UIDValidity, ModSeq: b.ModSeq, Next: b.Next, UIDs: b.UIDs.String()}
		if !utf8.ValidString(name) {
			m.Mailbox, m.Raw = "", []byte(name)
		}
		list = append(list, m)
	}
	return json.Marshal(list)
}

// UnmarshalJSON reads what MarshalJSON has written. Errors: those of encoding/json, and a set of UIDs that is none.
func (s *WatchState) UnmarshalJSON(data []byte) error {
	var list []mailboxJSON
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	read := make(map[string]MailboxState, len(list))
	for _, m := range list {
		b := MailboxState{UIDValidity: m.UIDValidity, ModSeq: m.ModSeq, Next: m.Next, UIDs: MessageSet{uid: true}}
		if m.UIDs != "" {
			set, err := ParseUIDSet(m.UIDs)
			if err != nil {
				return fmt.Errorf("imap4: state of a watch: %w", err)
			}
			b.UIDs = set
		}
		if err := b.fault(); err != nil {
			return err
		}
		name := m.Mailbox
		if len(m.Raw) > 0 {
			name = string(m.Raw)
		}
		read[name] = b
	}
	s.Mailboxes = read
	return nil
}

// fault is what is wrong with a state, nil for nothing.
func (s MailboxState) fault() error {
	if s.UIDs.Err() != nil || s.UIDs.IsOpen() || !isKind(s.UIDs, true) || s.ModSeq >= 1<<63 {
		return &ArgumentError{Reason: "the state of a watch needs a closed set of UIDs and a mod-sequence of 63 bits"}
	}
	return nil
}

// box makes the mailbox of a state.
func (s MailboxState) box(name string) *watchedBox {
	return &watchedBox{
		name: name, validity: s.UIDValidity, modSeq: s.ModSeq, next: max(s.Next, 1), told: uidsOf(s.UIDs.ranges), listed: true,
		opened: s.UIDValidity != 0 || s.Next > 1 || !s.UIDs.IsEmpty(),
	}
}

func (b *watchedBox) state() MailboxState {
	if b.skipping { // as if it had not been opened yet
		return MailboxState{Next: 1, UIDs: b.told.set()}
	}
	return MailboxState{UIDValidity: b.validity, ModSeq: b.modSeq, Next: b.next, UIDs: b.told.set()}
}
