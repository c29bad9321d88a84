package mailservers

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// appendWindow is how many messages are under way at once where the server takes literals unasked.
const appendWindow = 16

// Fill appends messages to a mailbox of a user, over IMAP with TLS and a client that has nothing to do with the library's. It works with
// every server; FillMaildir is faster.
//
// mailbox is INBOX or a name that Mailbox has made, in printable ASCII; it is created if it is not there. t fails at the first message that the server refuses.
func (s *Server) Fill(t testing.TB, user User, mailbox string, messages ...Message) {
	t.Helper()
	if err := s.fill(user, mailbox, messages); err != nil {
		t.Fatal(wrongf("filling %s of %s on %s: %w", mailbox, user.Name, s.Name, err))
	}
}

func (s *Server) fill(user User, mailbox string, messages []Message) error {
	c, err := s.open(implicitTLS)
	if err != nil {
		return err
	}
	defer func() { _ = c.conn.Close() }()
	if err := c.logIn(user); err != nil {
		return err
	}
	words, err := c.capabilities()
	if err != nil {
		return err
	}
	if mailbox != "INBOX" {
		_, _ = c.command("CREATE " + quoted(mailbox)) // if this was needed and failed, APPEND says so
	}
	if slices.Contains(words, "LITERAL+") {
		err = c.appendAll(mailbox, messages)
	} else {
		err = c.appendEach(mailbox, messages)
	}
	if err != nil {
		return err
	}
	return c.close()
}

// appendEach waits for the server's consent before each message.
func (c *session) appendEach(mailbox string, messages []Message) error {
	for _, m := range messages {
		if _, err := c.command(appendCommand(mailbox, m, ""), string(m.Raw)); err != nil {
			return fmt.Errorf("%q: %w", m.Name, err)
		}
	}
	return nil
}

// appendAll sends without waiting for answers, a window of messages ahead.
func (c *session) appendAll(mailbox string, messages []Message) error {
	var tags []string
	settle := func() error {
		m := messages[0]
		_, err := c.answer(tags[0], "APPEND")
		if err != nil {
			return fmt.Errorf("%q: %w", m.Name, err)
		}
		messages, tags = messages[1:], tags[1:]
		return nil
	}
	for _, m := range messages {
		if len(tags) == appendWindow {
			if err := settle(); err != nil {
				return err
			}
		}
		tag, err := c.send(appendCommand(mailbox, m, "+"))
		if err != nil {
			return err
		}
		if _, err := io.WriteString(c.conn, string(m.Raw)+"\r\n"); err != nil {
			return err
		}
		tags = append(tags, tag)
	}
	for len(tags) > 0 {
		if err := settle(); err != nil {
			return err
		}
	}
	return nil
}

func appendCommand(mailbox string, m Message, plus string) string {
	return fmt.Sprintf("APPEND %s (%s) \"%s\" {%d%s}", quoted(mailbox), strings.Join(m.Flags, " "), m.Date.Format("_2-Jan-2006 15:04:05 -0700"), len(m.Raw), plus)
}

func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
