package imap4server

import (
	"strconv"
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// onSelect: RFC 3501 section 6.3.1.
func (s *Server) onSelect(c wire.Command) { s.openMailbox(c, false) }

// onExamine: RFC 3501 section 6.3.2.
func (s *Server) onExamine(c wire.Command) { s.openMailbox(c, true) }

// openMailbox leaves the mailbox that is open, also if the new one cannot be opened then.
//
//	select = "SELECT" SP mailbox; examine = "EXAMINE" SP mailbox
func (s *Server) openMailbox(c wire.Command, readOnly bool) {
	name := string(c.Args.AString())
	endArguments(&c.Args)
	if c.Args.Err() != nil || strings.IndexByte(name, 0) >= 0 {
		s.answer(c.Tag, *bad(c.Name + " wants a mailbox name"))
		return
	}
	if s.state == stateSelected {
		s.leaveMailbox()
		s.untagged("OK", "CLOSED", "Previous mailbox is closed")
	}
	name, err := mailboxName(name)
	if err != nil {
		s.answer(c.Tag, no("CANNOT", "Mailbox name is not modified UTF-7"))
		return
	}
	await(s,
		func() *deferred.Deferred[Mailbox] { return s.account.Select(name, readOnly) },
		func(m Mailbox, err error) error { return s.onSelected(c, readOnly, m, err) })
}

// mailboxName decodes a name: INBOX in any case as INBOX, others from modified UTF-7 (RFC 3501 section 5.1).
func mailboxName(name string) (string, error) {
	if strings.EqualFold(name, "INBOX") {
		return "INBOX", nil
	}
	return wire.DecodeUTF7(name)
}

func (s *Server) onSelected(c wire.Command, readOnly bool, m Mailbox, err error) error {
	if err == nil && m == nil {
		err = errNoMailbox
	}
	if err != nil {
		if !s.ended() {
			s.answer(c.Tag, refusalOf(err))
		}
		return unexpected(err)
	}
	if s.ended() {
		m.Close()
		return nil
	}
	s.mailbox = m
	status := m.Status()
	if readOnly {
		status.IsWriteable = false
	}
	lines, err := appendSelected(nil, status)
	if err != nil {
		s.closeMailbox()
		s.answer(c.Tag, refusalOf(err))
		return err
	}
	s.writeable = status.IsWriteable
	s.setState(stateSelected)
	s.write(lines, nil)
	s.answer(c.Tag, ok(accessCode(status.IsWriteable), c.Name+" completed"))
	return nil
}

func accessCode(writeable bool) string {
	if writeable {
		return "READ-WRITE"
	}
	return "READ-ONLY"
}

// appendSelected appends what SELECT tells of a mailbox. Errors: *wire.ArgumentError for a flag that is none.
func appendSelected(dst []byte, st MailboxStatus) ([]byte, error) {
	flags, err := flagList(st.Flags)
	if err != nil {
		return dst, err
	}
	permanent := "()"
	if st.IsWriteable {
		if permanent, err = flagList(st.PermanentFlags); err != nil {
			return dst, err
		}
	}
	dst = append(dst, "* FLAGS "+flags+"\r\n"...)
	dst = append(wire.AppendNumber(append(dst, "* "...), uint64(st.MessageCount)), " EXISTS\r\n"...)
	dst = append(wire.AppendNumber(append(dst, "* "...), uint64(st.RecentCount)), " RECENT\r\n"...)
	for _, code := range []struct {
		name, value, text string
	}{
		{"UNSEEN", count(st.FirstUnseen), "First unseen message"},
		{"PERMANENTFLAGS", permanent, "Flags that can be changed"},
		{"UIDVALIDITY", count(st.UIDValidity), "UIDs valid"},
		{"UIDNEXT", count(st.UIDNext), "Predicted next UID"},
	} {
		if code.value == "" {
			continue
		}
		if dst, err = wire.AppendUntagged(dst, "OK", code.name+" "+code.value, code.text); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// count is n in decimal, or "" for 0, which is not sent.
func count(n uint32) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(n), 10)
}

// flagList writes flags in parentheses.
//
//	flag-list = "(" [flag *(SP flag)] ")"
func flagList(flags []string) (string, error) {
	list := []byte{'('}
	for i, flag := range flags {
		if i > 0 {
			list = append(list, ' ')
		}
		var err error
		if list, err = wire.AppendFlag(list, flag); err != nil {
			return "", err
		}
	}
	return string(append(list, ')')), nil
}
