package integration

import (
	"context"
	"crypto/tls"
	"io"
	"testing"

	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/imap4"
)

// TestIMAPLoops ranges over messages in the goroutine of the test.
func TestIMAPLoops(t *testing.T) {
	mailservers.Each(t, func(t *testing.T, server *mailservers.Server) {
		user, mails := server.NewUser(t), mailservers.Mails(40)
		server.Fill(t, user, "INBOX", mails...)
		s := connect(t, server.IMAPSPort, &tls.Config{RootCAs: server.RootCAs(t), ServerName: "localhost"}, nil)
		if err := s.login(user.Name, user.Password); err != nil {
			t.Fatal(err)
		}
		err := s.do(func(report func(error)) {
			s.client.Select("INBOX").Handle(func(*imap4.MailboxInfo) { report(nil) }, report)
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Run("FetchSeq", func(t *testing.T) { wantMessagesInTurn(t, s, mails) })
		t.Run("FetchBodies", func(t *testing.T) { wantBodiesInTurn(t, s, mails) })
		t.Run("a loop that is left", func(t *testing.T) { wantLoopLeft(t, s) })
	})
}

func wantMessagesInTurn(t *testing.T, s *session, mails []mailservers.Message) {
	n := 0
	options := imap4.FetchOptions{Items: imap4.ItemSize, Sections: []imap4.BodySection{{Peek: true}}}
	for m, err := range s.client.FetchSeq(s.ctx, imap4.AllUIDs(), options) {
		if err != nil {
			t.Fatal(err)
		}
		if got, want := string(m.Body()), string(mails[n].Raw); got != want || m.Size != int64(len(want)) {
			t.Errorf("message %d of %d octets: got %.100q, want %.100q", n+1, m.Size, got, want)
		}
		n++
	}
	if n != len(mails) {
		t.Errorf("messages: got %d, want %d", n, len(mails))
	}
}

func wantBodiesInTurn(t *testing.T, s *session, mails []mailservers.Message) {
	n := 0
	for body, err := range s.client.FetchBodies(s.ctx, imap4.AllMessages(), imap4.BodySection{Peek: true}) {
		if err != nil {
			t.Fatal(err)
		}
		octets, err := io.ReadAll(body)
		if err != nil || string(octets) != string(mails[n].Raw) {
			t.Errorf("message %d: got %.100q, %v, want %.100q", n+1, octets, err, mails[n].Raw)
		}
		n++
	}
	if n != len(mails) {
		t.Errorf("bodies: got %d, want %d", n, len(mails))
	}
}

// wantLoopLeft: after a break the session goes on.
func wantLoopLeft(t *testing.T, s *session) {
	for _, err := range s.client.FetchSeq(s.ctx, imap4.AllMessages(), imap4.FetchOptions{Items: imap4.ItemsFull}) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	if err := s.do(func(report func(error)) { s.client.Noop().Handle(func(struct{}) { report(nil) }, report) }); err != nil {
		t.Errorf("NOOP afterwards: got %v, want none", err)
	}
	ended, cancel := context.WithCancel(s.ctx)
	cancel()
	for _, err := range s.client.FetchSeq(ended, imap4.AllMessages(), imap4.FetchOptions{}) {
		if err == nil {
			t.Error("with a context that has ended: got a message, want an error")
		}
	}
}
