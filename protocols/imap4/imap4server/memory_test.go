package imap4server_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/mail"
	"reflect"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/imap4/imap4server"
)

func selectStatus(t *testing.T, a imap4server.Account, name string, readOnly bool) imap4server.MailboxStatus {
	t.Helper()
	m, err, ok := a.Select(name, readOnly).Result()
	if err != nil || !ok {
		t.Fatalf("Select(%q): error %v, fired %v; want nil, true", name, err, ok)
	}
	defer m.Close()
	return m.Status()
}

func TestMemoryAccount(t *testing.T) {
	a := &imap4server.MemoryAccount{}
	if _, err, _ := a.Select("INBOX", false).Result(); !errors.Is(err, imap4server.ErrNoSuchMailbox) {
		t.Errorf("Select in an empty account: got %v, want %v", err, imap4server.ErrNoSuchMailbox)
	}
	box, err := a.AddMailbox("inbox", imap4server.Message{Flags: []string{`\Seen`}}, imap4server.Message{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"INBOX", "Inbox"} {
		if _, err := a.AddMailbox(name); !errors.Is(err, imap4server.ErrMailboxExists) {
			t.Errorf("AddMailbox(%q) again: got %v, want %v", name, err, imap4server.ErrMailboxExists)
		}
	}
	if _, err := a.AddMailbox("Sent"); err != nil {
		t.Errorf("AddMailbox(Sent): %v", err)
	}
	steps := []struct {
		what                           string
		add, readOnly                  bool
		messages, recent, unseen, next uint32
	}{
		{what: "EXAMINE leaves them recent", readOnly: true, messages: 2, recent: 2, unseen: 2, next: 3},
		{what: "SELECT", messages: 2, recent: 2, unseen: 2, next: 3},
		{what: "SELECT again", messages: 2, recent: 0, unseen: 2, next: 3},
		{what: "SELECT with a new message", add: true, messages: 3, recent: 1, unseen: 2, next: 4},
	}
	for _, st := range steps {
		if st.add {
			if got := box.Add(imap4server.Message{}); got != 3 {
				t.Errorf("UID of the new message: got %d, want 3", got)
			}
		}
		s := selectStatus(t, a, "inbox", st.readOnly)
		got := []uint32{s.MessageCount, s.RecentCount, s.FirstUnseen, s.UIDNext, s.UIDValidity}
		want := []uint32{st.messages, st.recent, st.unseen, st.next, 1}
		if !reflect.DeepEqual(got, want) || s.IsWriteable == st.readOnly {
			t.Errorf("%s: messages, recent, unseen, UIDNEXT, UIDVALIDITY: got %v writeable %v, want %v %v", st.what, got, s.IsWriteable, want, !st.readOnly)
		}
	}
}

func TestMemoryMailboxExpunge(t *testing.T) {
	deleted := imap4server.Message{Flags: []string{`\Deleted`, `\Seen`}}
	seen := imap4server.Message{Flags: []string{`\Seen`}}
	a := &imap4server.MemoryAccount{}
	box, err := a.AddMailbox("INBOX", deleted, seen, deleted, deleted, seen)
	if err != nil {
		t.Fatal(err)
	}
	m, _, _ := a.Select("INBOX", false).Result()
	removed, err, _ := m.(imap4server.Expunger).Expunge().Result()
	if want := []uint32{1, 2, 2}; err != nil || !reflect.DeepEqual(removed, want) {
		t.Errorf("Expunge: got %v, %v; want %v", removed, err, want)
	}
	var uids []uint32
	for _, m := range box.Messages() {
		uids = append(uids, m.UID)
	}
	if want := []uint32{2, 5}; !reflect.DeepEqual(uids, want) {
		t.Errorf("UIDs left: got %v, want %v", uids, want)
	}
	if got := m.Status(); got.MessageCount != 2 || got.UIDNext != 6 || got.RecentCount != 2 || got.FirstUnseen != 0 {
		t.Errorf("status: got %+v, want 2 messages, UIDNEXT 6, 2 recent, none unseen", got)
	}
}

func TestNewDemoAccount(t *testing.T) {
	for _, n := range []int{-1, 0, 1, 7} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			a := imap4server.NewDemoAccount(n)
			if got, want := selectStatus(t, a, "INBOX", true).MessageCount, uint32(max(n, 0)); got != want {
				t.Errorf("messages: got %d, want %d", got, want)
			}
			if !reflect.DeepEqual(a, imap4server.NewDemoAccount(n)) {
				t.Error("two accounts differ, want the same content at every call")
			}
		})
	}
	inbox := imap4server.NewDemoAccount(7).Mailbox("inbox")
	for _, m := range inbox.Messages() {
		parsed, err := mail.ReadMessage(bytes.NewReader(m.Data))
		if err != nil {
			t.Fatalf("message %d: %v", m.UID, err)
		}
		date, err := parsed.Header.Date()
		if err != nil || !date.Equal(m.InternalDate) {
			t.Errorf("message %d: Date %v, %v; want %v", m.UID, date, err, m.InternalDate)
		}
		if want := time.Date(2024, 1, 15, 9, 30, 0, 0, time.UTC).Add(time.Duration(m.UID-1) * time.Hour); !date.Equal(want) {
			t.Errorf("message %d: Date %v, want %v", m.UID, date, want)
		}
		if bare := bytes.Count(m.Data, []byte("\n")) - bytes.Count(m.Data, []byte("\r\n")); bare != 0 {
			t.Errorf("message %d: %d bare line feeds, want 0", m.UID, bare)
		}
	}
}

func TestOneUser(t *testing.T) {
	account := imap4server.NewDemoAccount(0)
	login := imap4server.OneUser("alice", "secret", account)
	cases := []struct {
		user, password string
		right          bool
	}{
		{"alice", "secret", true}, {"alice", "Secret", false}, {"Alice", "secret", false}, {"alice", "", false}, {"", "", false}, {"alice", "secretx", false},
	}
	for _, tc := range cases {
		got, err, _ := login(imap4server.Login{User: tc.user, Password: tc.password}).Result()
		if right := err == nil && got == imap4server.Account(account); right != tc.right {
			t.Errorf("%q %q: let in %v, want %v", tc.user, tc.password, right, tc.right)
		}
		if !tc.right && !errors.Is(err, imap4server.ErrAuthenticationFailed) {
			t.Errorf("%q %q: got %v, want %v", tc.user, tc.password, err, imap4server.ErrAuthenticationFailed)
		}
	}
}

func TestRefusalText(t *testing.T) {
	cases := []struct {
		err  error
		want string
	}{
		{imap4server.ErrNoSuchMailbox, "imap4server: refused: [NONEXISTENT] No such mailbox"},
		{&imap4server.Refusal{Text: "Later"}, "imap4server: refused: Later"},
	}
	for _, tc := range cases {
		if got := tc.err.Error(); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}
