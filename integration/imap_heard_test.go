package integration

import "github.com/tconn/tconn/protocols/imap4"

// heard is a Listener that keeps what it hears.
type heard struct {
	check    func() // after each event; nil when nobody waits
	waitsFor string // what the case waits for, "" if not for an event

	exists       []uint32
	expunged     []uint32
	vanished     []string
	flags        []*imap4.Message
	statuses     []imap4.StatusData
	listed       []imap4.ListEntry
	metadata     []string
	alerts       []string
	warnings     []string
	byes         []string
	modes        []bool
	untagged     []imap4.Untagged
	capabilities int
}

func (h *heard) noted() {
	if h.check != nil {
		h.check()
	}
}

func (h *heard) ServerGreeting(string, bool)     {}
func (h *heard) MailboxFlags([]imap4.Flag, bool) {}
func (h *heard) Recent(uint32)                   {}
func (h *heard) Referral(string)                 {}
func (h *heard) UIDValidity(uint32)              {}
func (h *heard) Progress(imap4.Progress)         {}
func (h *heard) NotificationOverflow()           {}
func (h *heard) Capabilities(imap4.Capabilities) { h.capabilities++; h.noted() }
func (h *heard) Alert(text string)               { h.alerts = append(h.alerts, text); h.noted() }
func (h *heard) Warning(status, code, text string) {
	h.warnings = append(h.warnings, status+" "+text)
	h.noted()
}
func (h *heard) Bye(code, text string)        { h.byes = append(h.byes, text); h.noted() }
func (h *heard) Exists(n uint32)              { h.exists = append(h.exists, n); h.noted() }
func (h *heard) Expunge(seq uint32)           { h.expunged = append(h.expunged, seq); h.noted() }
func (h *heard) MessageData(m *imap4.Message) { h.flags = append(h.flags, m); h.noted() }
func (h *heard) Metadata(mailbox string, _ []string) {
	h.metadata = append(h.metadata, mailbox)
	h.noted()
}
func (h *heard) ModeChanged(writeable bool) { h.modes = append(h.modes, writeable); h.noted() }
func (h *heard) Status(s imap4.StatusData)  { h.statuses = append(h.statuses, s); h.noted() }
func (h *heard) Listed(l imap4.ListEntry)   { h.listed = append(h.listed, l); h.noted() }
func (h *heard) Untagged(u imap4.Untagged)  { h.untagged = append(h.untagged, u); h.noted() }

func (h *heard) Vanished(uids imap4.MessageSet, earlier bool) {
	text := uids.String()
	if earlier {
		text = "earlier " + text
	}
	h.vanished = append(h.vanished, text)
	h.noted()
}

// status is the last that was told of a mailbox.
func (h *heard) status(mailbox string) (s imap4.StatusData, ok bool) {
	for _, each := range h.statuses {
		if each.Mailbox == mailbox {
			s, ok = each, true
		}
	}
	return s, ok
}
