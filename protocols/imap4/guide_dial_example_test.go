package imap4_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor"
)

// The programs of docs/imap4.md for goroutines of their own.

// What proves who a user is: a password, or tokens that are asked for when they are needed.
func Example_credentials() {
	password := &sasl.Credentials{Username: "alice", Password: sasl.NewSecret("secret")}
	token := &sasl.Credentials{Username: "alice", Token: sasl.TokenFunc(func(ctx context.Context) (sasl.Token, error) {
		return sasl.Token{Value: sasl.NewSecret("a token from the provider"), Expiry: time.Now().Add(time.Hour)}, nil
	})}
	fmt.Println(password.Password, token.Username)
	// Output:
	// *** alice
}

// subjectsOf prints what is in a mailbox: the first IMAP program of an ordinary goroutine.
func subjectsOf(ctx context.Context, addr string, o *imap4.DialOptions) error {
	c, err := imap4.Dial(ctx, addr, o)
	if err != nil {
		return err
	}
	defer c.Disconnect()
	if _, err := imap4.Await(ctx, c, func(c *imap4.Client) *deferred.Deferred[*imap4.MailboxInfo] { return c.Examine("INBOX") }); err != nil {
		return err
	}
	for m, err := range c.FetchSeq(ctx, imap4.AllUIDs(), imap4.FetchOptions{Items: imap4.ItemEnvelope}) {
		if err != nil {
			return err
		}
		fmt.Println(m.UID, m.Envelope.DecodedSubject())
	}
	_, err = imap4.Await(ctx, c, (*imap4.Client).Logout)
	return err
}

// A program that does not live in callbacks.
func Example_goroutine() {
	r, addrs, end := listen(func() *scripted {
		return signedIn("", map[string]string{"UID FETCH 1:* (UID ENVELOPE)": threeSubjects})
	})
	defer end()
	err := subjectsOf(context.Background(), addrs[0], &imap4.DialOptions{Reactor: r, Security: imap4.InTheClear})
	fmt.Println(err)
	// Output:
	// 4 Lunch
	// 7 Grüße
	// 9 Minutes
	// <nil>
}

// attachments hands out the parts of a message that have a file's name, as they come and without their transfer encoding.
func attachments(ctx context.Context, c *imap4.Client, uid uint32, save func(name string, r io.Reader) error) error {
	found, err := imap4.Await(ctx, c, func(c *imap4.Client) *deferred.Deferred[map[uint32]*imap4.Message] {
		return c.FetchBodyStructure(imap4.UIDs(uid))
	})
	if err != nil || found[uid] == nil || found[uid].BodyStructure == nil {
		return err
	}
	found[uid].BodyStructure.Walk(func(path []int, part *imap4.BodyStructure) bool {
		if name := part.Filename(); name != "" && err == nil {
			for body, failed := range c.FetchBodies(ctx, imap4.UIDs(uid), imap4.BodySection{Part: path, Peek: true}) {
				if err = failed; err == nil {
					err = save(name, part.Decode(body))
				}
			}
		}
		return true
	})
	return err
}

// What is attached to a message, without the rest of it.
func Example_attachments() {
	r, addrs, end := listen(func() *scripted {
		return signedIn("", map[string]string{
			"UID FETCH 4 (UID BODYSTRUCTURE)": "* 1 FETCH (UID 4 BODYSTRUCTURE ((\"text\" \"plain\" NIL NIL NIL \"7bit\" 5 1)" +
				"(\"application\" \"pdf\" (\"name\" \"a.pdf\") NIL NIL \"base64\" 18) \"mixed\"))\r\nTAG OK done\r\n",
			"UID FETCH 4 (UID BODY.PEEK[2])": "* 1 FETCH (UID 4 BODY[2] {18}\r\naGVsbG8gd29y\r\nbGQ=)\r\nTAG OK done\r\n",
		})
	})
	defer end()
	ctx := context.Background()
	c, err := imap4.Dial(ctx, addrs[0], &imap4.DialOptions{Reactor: r, Security: imap4.InTheClear})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Disconnect()
	if _, err = imap4.Await(ctx, c, func(c *imap4.Client) *deferred.Deferred[*imap4.MailboxInfo] { return c.Examine("INBOX") }); err != nil {
		fmt.Println(err)
		return
	}
	err = attachments(ctx, c, 4, func(name string, r io.Reader) error {
		text, err := io.ReadAll(r)
		fmt.Printf("%s %q\n", name, text)
		return err
	})
	fmt.Println(err)
	// Output:
	// a.pdf "hello world"
	// <nil>
}

// migrate copies the mailbox that is open on from to another server, with flags and dates, and answers which UID each message has there.
func migrate(ctx context.Context, from, to *imap4.Client, mailbox string) (map[uint32]uint32, error) {
	known := map[uint32]*imap4.Message{}
	items := imap4.FetchOptions{Items: imap4.ItemFlags | imap4.ItemInternalDate}
	for m, err := range from.FetchSeq(ctx, imap4.AllUIDs(), items) {
		if err != nil {
			return nil, err
		}
		known[m.UID] = m
	}
	moved := map[uint32]uint32{}
	for body, err := range from.FetchBodies(ctx, imap4.AllUIDs(), imap4.BodySection{Peek: true}) {
		if err != nil {
			return moved, err
		}
		m := known[body.UID]
		if m == nil || body.IsNil {
			continue // it has come since, or is gone
		}
		stored, err := store(ctx, to, mailbox, m, body)
		if err != nil {
			return moved, fmt.Errorf("message %d: %w", m.UID, err)
		}
		for uid := range stored.UIDs.All() {
			moved[m.UID] = uid
		}
	}
	return moved, nil
}

// store passes one message on as it comes. Either side that fails ends the other by the pipe.
func store(ctx context.Context, to *imap4.Client, mailbox string, m *imap4.Message, body *imap4.BodyReader) (imap4.AppendData, error) {
	in, out := io.Pipe()
	message := imap4.AppendMessage{Body: in, Size: body.Size, Date: m.InternalDate}
	message.Flags = slices.DeleteFunc(slices.Clone(m.Flags), imap4.FlagRecent.Is) // which no client can set
	var stored imap4.AppendData
	answered := make(chan error, 1)
	go func() {
		var err error
		stored, err = imap4.Await(ctx, to, func(c *imap4.Client) *deferred.Deferred[imap4.AppendData] { return c.Append(mailbox, message) })
		in.CloseWithError(err)
		answered <- err
	}()
	_, err := io.Copy(out, body)
	out.CloseWithError(err)
	return stored, cmp.Or(<-answered, err)
}

// Two servers, and messages that are never in memory as a whole.
func Example_migrate() {
	var heard []string
	old := func() *scripted {
		return signedIn("", map[string]string{
			"UID FETCH 1:* (UID FLAGS INTERNALDATE)": "* 1 FETCH (UID 4 FLAGS (\\Seen \\Recent) INTERNALDATE \"14-Nov-2023 22:00:00 +0000\")\r\n" +
				"* 2 FETCH (UID 7 FLAGS () INTERNALDATE \"15-Nov-2023 09:30:00 +0000\")\r\nTAG OK done\r\n",
			"UID FETCH 1:* (UID BODY.PEEK[])": "* 1 FETCH (UID 4 BODY[] {15}\r\nSubject: a\r\n\r\nx)\r\n* 2 FETCH (UID 7 BODY[] {15}\r\nSubject: b\r\n\r\ny)\r\nTAG OK done\r\n",
		})
	}
	fresh := func() *scripted {
		s := signedIn("LITERAL+ UIDPLUS", map[string]string{
			`APPEND Archive (\Seen) "14-Nov-2023 22:00:00 +0000" {15+}`: "TAG OK [APPENDUID 9 20] done\r\n",
			`APPEND Archive "15-Nov-2023 09:30:00 +0000" {15+}`:         "TAG OK [APPENDUID 9 21] done\r\n",
		})
		s.heard = func(command string) { heard = append(heard, command) }
		return s
	}
	r, addrs, end := listen(old, fresh)
	ctx, o := context.Background(), &imap4.DialOptions{Reactor: r, Security: imap4.InTheClear}
	from, err := imap4.Dial(ctx, addrs[0], o)
	if err != nil {
		fmt.Println(err)
	}
	to, err := imap4.Dial(ctx, addrs[1], o)
	if err != nil {
		fmt.Println(err)
	}
	if _, err := imap4.Await(ctx, from, func(c *imap4.Client) *deferred.Deferred[*imap4.MailboxInfo] { return c.Examine("INBOX") }); err != nil {
		fmt.Println(err)
	}
	fmt.Println(migrate(ctx, from, to, "Archive"))
	end()
	fmt.Println(strings.Join(heard, "\n"))
	// Output:
	// map[4:20 7:21] <nil>
	// APPEND Archive (\Seen) "14-Nov-2023 22:00:00 +0000" {15+}
	// APPEND Archive "15-Nov-2023 09:30:00 +0000" {15+}
}

// news tells of mail, and writes down how far it has told.
type news struct {
	imap4.BaseWatchHandler
	state string // the file
}

func (n *news) New(mailbox string, m *imap4.Message) {
	fmt.Println("new in", mailbox, m.UID, m.Envelope.DecodedSubject())
}

func (n *news) Vanished(mailbox string, uids imap4.MessageSet) {
	fmt.Println("gone from", mailbox, uids)
}

func (n *news) Synced(w *imap4.Watch) {
	if text, err := json.Marshal(w.State()); err == nil {
		_ = os.WriteFile(n.state, text, 0o600)
	}
}

// watch makes a Watch that goes on where the last run of the program has ended.
func watch(host, state string, credentials *sasl.Credentials) *imap4.Watch {
	o := imap4.WatchOptions{
		Login:   func(c *imap4.Client) *deferred.Deferred[struct{}] { return c.SignIn(credentials) },
		Fetch:   imap4.FetchOptions{Items: imap4.ItemEnvelope},
		Handler: &news{state: state},
	}
	if text, err := os.ReadFile(state); err == nil {
		o.Resume = new(imap4.WatchState)
		if json.Unmarshal(text, o.Resume) != nil {
			o.Resume = nil
		}
	}
	return imap4.NewWatch(endpoints.TLS(reactor.Default(), host, 993, nil), o)
}

// A program that tells of mail, over as many connections as it takes, and of none twice when it is started again.
func Example_watch() {
	w := watch("imap.example.org", "/nonexistent/state.json", &sasl.Credentials{Username: "alice", Password: sasl.NewSecret("secret")})
	// w.Start()
	// reactor.Run()
	fmt.Println(len(w.State().Mailboxes), "mailboxes yet")
	// Output:
	// 0 mailboxes yet
}
