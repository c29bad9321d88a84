package integration

import (
	"errors"

	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/pop3"
)

// popDeleteCases are about what is deleted, and when.
var popDeleteCases = []popCase{
	{name: "dele and quit", mails: mailservers.Mails(4), run: func(e *env, c *pop3.Client) {
		must(e, c.Dele(2))
		must(e, c.Dele(3))
		must(e, c.Quit())
		if e.server == nil {
			return
		}
		again := popFinds(e, c, 2)
		wantBytes(e, "the first", must(e, again.Retr(1)).Bytes(), mailservers.Mail(0).Raw)
		wantBytes(e, "the last", must(e, again.Retr(2)).Bytes(), mailservers.Mail(3).Raw)
		must(e, again.Quit())
	}},
	{name: "dele hides a message", mails: mailservers.Mails(3), on: []string{onDovecot, onCyrus, onCourier}, run: func(e *env, c *pop3.Client) {
		before := must(e, c.UIDL())
		must(e, c.Dele(2))
		left := len(mailservers.Mail(0).Raw) + len(mailservers.Mail(2).Raw)
		want(e, "STAT", must(e, c.Stat()), pop3.Stat{Count: 2, Size: int64(left)})
		list := must(e, c.List())
		wantTrue(e, len(list) == 2 && list[0].Number == 1 && list[1].Number == 3, "1 and 3 in %v", list)
		wantAll(e, "UIDL", must(e, c.UIDL()), before[0], before[2])
		noSuchMessage(e, c, 2)
		must(e, c.Rset())
		want(e, "messages after RSET", must(e, c.Stat()).Count, 3)
		wantBytes(e, "the second", must(e, c.Retr(2)).Bytes(), mailservers.Mail(1).Raw)
		popLeft(e, c, 3)
	}},
	{name: "dele where it hides nothing", mails: mailservers.Mails(3), on: []string{onTwisted}, run: func(e *env, c *pop3.Client) {
		must(e, c.Dele(2))
		want(e, "messages", must(e, c.Stat()).Count, 3)
		want(e, "size of the second", must(e, c.ListMessage(2)).Size, 0)
		must(e, c.Rset())
		want(e, "size of the second after RSET", must(e, c.ListMessage(2)).Size, int64(len(mailservers.Mail(1).Raw)))
		must(e, c.Dele(1))
		popLeft(e, c, 2)
	}},
	{name: "dele and rset", mails: mailservers.Mails(2), run: func(e *env, c *pop3.Client) {
		must(e, c.Dele(1))
		must(e, c.Dele(2))
		must(e, c.Rset())
		popLeft(e, c, 2)
	}},
	{name: "dele by hand", mails: mailservers.Mails(2), run: func(e *env, c *pop3.Client) {
		must(e, c.SendCommand("DELE", "1"))
		must(e, c.SendCommand("RSET"))
		must(e, c.SendCommand("DELE", "2"))
		popLeft(e, c, 1)
	}},
	{name: "dele behind retr", mails: mailservers.Mails(2), window: 50, run: func(e *env, c *pop3.Client) {
		retr, dele := c.Retr(1), c.Dele(1)
		next := c.Retr(2)
		wantBytes(e, "the first", must(e, retr).Bytes(), mailservers.Mail(0).Raw)
		must(e, dele)
		wantBytes(e, "the second", must(e, next).Bytes(), mailservers.Mail(1).Raw)
		popLeft(e, c, 1)
	}},
	{name: "dele and no quit", mails: mailservers.Mails(3), live: true, run: func(e *env, c *pop3.Client) {
		must(e, c.Dele(1))
		must(e, c.Dele(3))
		c.Disconnect()
		popStillThere(e, c, 3)
	}},
	{name: "quit that nobody answers", mails: mailservers.Mails(3), live: true, run: func(e *env, c *pop3.Client) {
		must(e, c.Dele(1))
		quit := c.Quit()
		c.Transport().AbortConnection()
		_, err := wait(e, quit)
		var unknown *pop3.QuitError
		wantTrue(e, errors.As(err, &unknown) && errors.Is(err, pop3.ErrDeletionsUnknown), "ErrDeletionsUnknown, got %v", err)
		if unknown != nil {
			wantAll(e, "deleted, perhaps", unknown.Deleted, 1)
		}
	}},
	{name: "two sessions", mails: mailservers.Mails(2), on: []string{onCyrus, onCourier, onTwisted}, live: true, run: func(e *env, c *pop3.Client) {
		second := popAgain(e, c)
		want(e, "messages in the second", must(e, second.Stat()).Count, 2)
		must(e, c.Dele(1))
		must(e, c.Quit())
		want(e, "messages in the second afterwards", must(e, second.Stat()).Count, 2)
		must(e, second.Quit())
		popStillThere(e, c, 1)
	}},
}
