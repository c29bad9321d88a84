package integration

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tconn/tconn/clientservice"
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
)

// cutter is a TCP proxy that cuts each connection after some bytes of the server's.
type cutter struct {
	target   string
	listener net.Listener
	work     sync.WaitGroup

	mu    sync.Mutex
	limit func() int64 // for the next connection; nil is none
	open  map[net.Conn]bool
}

func newCutter(t *testing.T, target string) *cutter {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{target: target, listener: listener, open: make(map[net.Conn]bool)}
	c.work.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			c.work.Go(func() { c.relay(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		c.cut()
		c.work.Wait()
	})
	return c
}

func (c *cutter) port() int { return c.listener.Addr().(*net.TCPAddr).Port }

// setLimit says how long the connections from now on live.
func (c *cutter) setLimit(limit func() int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limit = limit
}

// cut ends the connections there are.
func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.open {
		_ = conn.Close()
	}
}

func (c *cutter) relay(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", c.target)
	if err != nil {
		return
	}
	defer server.Close()
	c.mu.Lock()
	c.open[client] = true
	limit := c.limit
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.open, client)
		c.mu.Unlock()
	}()
	c.work.Go(func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
	})
	if limit != nil {
		_, _ = io.CopyN(client, server, limit())
		return
	}
	_, _ = io.Copy(client, server)
}

// follower keeps a copy of the mailboxes by what a Watch tells, and notes what it should not be told.
type follower struct {
	imap4.BaseWatchHandler
	boxes   map[string]map[uint32]string
	faults  []string
	downs   int
	sent    map[string]int
	changed chan struct{}
}

func (f *follower) fault(format string, args ...any) {
	f.faults = append(f.faults, fmt.Sprintf(format, args...))
}

func (f *follower) poke() {
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

func flagsOfMessage(m *imap4.Message) string {
	var words []string
	for _, flag := range m.Flags {
		if flag != imap4.FlagRecent {
			words = append(words, string(flag))
		}
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

func (f *follower) box(name string) map[uint32]string {
	if f.boxes[name] == nil {
		f.boxes[name] = make(map[uint32]string)
	}
	return f.boxes[name]
}

func (f *follower) New(mailbox string, m *imap4.Message) {
	if _, known := f.box(mailbox)[m.UID]; known || m.Envelope == nil {
		f.fault("%s %d: New twice, or without its envelope", mailbox, m.UID)
	}
	f.box(mailbox)[m.UID] = flagsOfMessage(m)
}

func (f *follower) Flags(mailbox string, m *imap4.Message) {
	if _, known := f.box(mailbox)[m.UID]; !known {
		f.fault("%s %d: Flags of a message that is not there", mailbox, m.UID)
	}
	f.box(mailbox)[m.UID] = flagsOfMessage(m)
}

func (f *follower) Vanished(mailbox string, uids imap4.MessageSet) {
	for uid := range uids.All() {
		if _, known := f.box(mailbox)[uid]; !known {
			f.fault("%s %d: Vanished, but is not there", mailbox, uid)
		}
		delete(f.box(mailbox), uid)
	}
}

func (f *follower) Mailbox(e *imap4.ListEntry) { f.box(e.Name) }
func (f *follower) MailboxGone(name string)    { delete(f.boxes, name) }
func (f *follower) MailboxRenamed(from, to string) {
	f.boxes[to] = f.boxes[from]
	delete(f.boxes, from)
}
func (f *follower) Reset(mailbox string, n uint32)    { f.fault("%s: Reset to %d", mailbox, n) }
func (f *follower) Skipped(mailbox string, err error) { f.fault("%s: skipped: %v", mailbox, err) }
func (f *follower) Down(error)                        { f.downs++; f.poke() }
func (f *follower) Synced(*imap4.Watch)               { f.poke() }

// commands counts what a Watch has sent, by a word that is in it.
type commands struct {
	follower *follower
	words    []string
}

func (c commands) Client(p []byte) {
	for _, word := range c.words {
		if strings.Contains(string(p), word) {
			c.follower.sent[word]++
		}
	}
}

func (c commands) Server([]byte) {}

// statuses counts what the server tells of other mailboxes unasked.
type statuses struct {
	imap4.BaseListener
	follower *follower
}

func (s statuses) Status(imap4.StatusData) { s.follower.sent["* STATUS"]++ }

// following is a Watch of one user of a server on a reactor of its own, behind a cutter, and a second client that makes things happen.
type following struct {
	*follower
	t       *testing.T
	server  *mailservers.Server
	user    mailservers.User
	reactor *reactor.Reactor
	cutter  *cutter
	other   *session
}

func follow(t *testing.T, server *mailservers.Server, all bool) *following {
	config := &tls.Config{RootCAs: server.RootCAs(t), ServerName: "localhost"}
	f := &following{
		t: t, server: server, user: server.NewUser(t), reactor: reactor.New(), cutter: newCutter(t, server.IMAPSAddr()),
		follower: &follower{boxes: make(map[string]map[uint32]string), changed: make(chan struct{}, 1), sent: make(map[string]int)},
	}
	f.other = connect(t, server.IMAPSPort, config, nil)
	if err := f.other.login(f.user.Name, f.user.Password); err != nil {
		t.Fatal(err)
	}
	f.truth("INBOX") // Courier gives a mailbox its UIDVALIDITY when it is opened first, and two to two who do so at the same time
	w := imap4.NewWatch(endpoints.TLS(f.reactor, "127.0.0.1", f.cutter.port(), config), imap4.WatchOptions{
		All: all, Handler: f.follower, Fetch: imap4.FetchOptions{Items: imap4.ItemEnvelope},
		Login: func(c *imap4.Client) *deferred.Deferred[struct{}] { return c.Login(f.user.Name, f.user.Password) },
		Client: &imap4.Options{
			IdleRenewal: time.Second, PollInterval: time.Second,
			Trace: commands{f.follower, []string{"(QRESYNC (", "UID FETCH 1:*", "NOTIFY SET", "LIST "}},
		},
		Listener: statuses{follower: f.follower},
		Service:  clientservice.Options{RetryPolicy: func(int) time.Duration { return 10 * time.Millisecond }},
	})
	w.Start()
	done := make(chan error, 1)
	go func() { done <- f.reactor.Run() }()
	t.Cleanup(func() {
		_ = f.reactor.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return f
}

// do has the second client do something.
func do[T any](f *following, what string, command func(c *imap4.Client) *deferred.Deferred[T]) {
	f.t.Helper()
	if err := f.other.do(func(report func(error)) {
		command(f.other.client).Handle(func(T) { report(nil) }, report)
	}); err != nil {
		f.t.Fatalf("%s: %v", what, err)
	}
}

// truth is what is in a mailbox, as the second client sees it.
func (f *following) truth(name string) map[uint32]string {
	f.t.Helper()
	messages := make(map[uint32]string)
	do(f, "SELECT", func(c *imap4.Client) *deferred.Deferred[*imap4.MailboxInfo] { return c.Select(name) })
	if box, _ := f.other.mailbox(); box.Exists == 0 {
		return messages
	}
	do(f, "FETCH", func(c *imap4.Client) *deferred.Deferred[int] {
		return c.Fetch(imap4.AllUIDs(), imap4.FetchOptions{Items: imap4.ItemFlags}, func(m *imap4.Message) { messages[m.UID] = flagsOfMessage(m) })
	})
	return messages
}

func (s *session) mailbox() (box imap4.Mailbox, ok bool) {
	_ = s.do(func(report func(error)) {
		box, ok = s.client.Mailbox()
		report(nil)
	})
	return box, ok
}

// until waits until the copy is as it should be.
func (f *following) until(want map[string]map[uint32]string) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		type look struct {
			boxes  map[string]map[uint32]string
			faults []string
		}
		seen := make(chan look, 1)
		if err := f.reactor.CallFromThread(func() {
			copied := make(map[string]map[uint32]string)
			for name, box := range f.boxes {
				copied[name] = maps.Clone(box)
			}
			seen <- look{copied, slices.Clone(f.faults)}
		}); err != nil {
			f.t.Fatal(err)
		}
		got := <-seen
		if len(got.faults) > 0 {
			f.t.Fatalf("told wrong: %q", got.faults)
		}
		if maps.EqualFunc(got.boxes, want, maps.Equal[map[uint32]string]) {
			return
		}
		select {
		case <-f.changed:
		case <-ctx.Done():
			f.t.Fatalf("mailboxes:\n got %v\nwant %v", got.boxes, want)
		}
	}
}

func TestWatch(t *testing.T) {
	for name, server := range map[string]func(testing.TB) *mailservers.Server{
		"Dovecot": mailservers.Dovecot, "Cyrus": mailservers.Cyrus, "Courier": mailservers.Courier,
	} {
		t.Run(name, func(t *testing.T) {
			f := follow(t, server(t), false)
			f.changeAtRandom("INBOX")
		})
	}
}

// changeAtRandom makes changes while connections are cut, and looks whether they are told.
func (f *following) changeAtRandom(name string) {
	const seed = 4
	random := rand.New(rand.NewPCG(seed, seed))
	next := 0
	for round := range 12 {
		switch round % 3 {
		case 0:
			f.cutter.setLimit(nil)
		case 1: // the next connections live as long as it takes to log in, and then some
			f.cutter.setLimit(func() int64 { return 4000 + rand.Int64N(4000) })
		}
		if round > 0 {
			f.cutter.cut()
		}
		for range 1 + random.IntN(3) {
			f.server.Fill(f.t, f.user, name, mailservers.Mail(next))
			next++
		}
		there := f.truth(name)
		for _, uid := range slices.Sorted(maps.Keys(there)) {
			switch random.IntN(4) {
			case 0:
				do(f, "STORE", func(c *imap4.Client) *deferred.Deferred[*imap4.StoreData] {
					return c.AddFlags(imap4.UIDs(uid), []imap4.Flag{imap4.FlagFlagged})
				})
			case 1:
				do(f, "STORE", func(c *imap4.Client) *deferred.Deferred[*imap4.StoreData] {
					return c.AddFlags(imap4.UIDs(uid), []imap4.Flag{imap4.FlagDeleted})
				})
			}
		}
		do(f, "EXPUNGE", func(c *imap4.Client) *deferred.Deferred[imap4.ExpungeData] { return c.Expunge() })
		if round%3 != 1 { // otherwise what comes next comes while it still catches up
			f.cutter.setLimit(nil)
			f.until(map[string]map[uint32]string{name: f.truth(name)})
		}
	}
	f.cutter.setLimit(nil)
	f.cutter.cut()
	f.until(map[string]map[uint32]string{name: f.truth(name)})
	f.tells("down", "")
	if f.server.Product == "Courier" {
		f.tells("UID FETCH 1:*", "(QRESYNC (")
	} else {
		f.tells("(QRESYNC (", "")
	}
}

// tells holds what the Watch has done to what was to be tested: the one has happened, the other has not.
func (f *following) tells(some, none string) {
	f.t.Helper()
	counts := make(chan map[string]int, 1)
	if err := f.reactor.CallFromThread(func() {
		f.sent["down"] = f.downs
		counts <- maps.Clone(f.sent)
	}); err != nil {
		f.t.Fatal(err)
	}
	if got := <-counts; got[some] == 0 || got[none] != 0 {
		f.t.Errorf("counts: got %v, want some %q and no %q", got, some, none)
	}
}

// TestWatchAll: mailboxes that come, change, get other names and go. Dovecot tells by NOTIFY, Cyrus and Courier have to be asked.
func TestWatchAll(t *testing.T) {
	for name, server := range map[string]func(testing.TB) *mailservers.Server{
		"Dovecot": mailservers.Dovecot, "Cyrus": mailservers.Cyrus, "Courier": mailservers.Courier,
	} {
		t.Run(name, func(t *testing.T) {
			server := server(t)
			f := follow(t, server, true)
			work, job := server.Mailbox("Work"), server.Mailbox("Job")
			boxes := f.startingBoxes()
			expect := func(names ...string) {
				t.Helper()
				for _, name := range names {
					boxes[name] = f.truth(name)
				}
				f.until(boxes)
			}
			f.until(boxes)
			do(f, "CREATE", func(c *imap4.Client) *deferred.Deferred[imap4.CreateData] { return c.Create(work) })
			f.truth(work)
			server.Fill(t, f.user, work, mailservers.Mail(0), mailservers.Mail(1))
			server.Fill(t, f.user, "INBOX", mailservers.Mail(2))
			expect("INBOX", work)
			for i := range 3 {
				server.Fill(t, f.user, work, mailservers.Mail(3+i))
				f.truth(work)
				do(f, "STORE", func(c *imap4.Client) *deferred.Deferred[*imap4.StoreData] {
					return c.AddFlags(imap4.SeqNums(1), []imap4.Flag{imap4.FlagDeleted})
				})
				do(f, "EXPUNGE", func(c *imap4.Client) *deferred.Deferred[imap4.ExpungeData] { return c.Expunge() })
				if i == 1 {
					f.cutter.cut()
				}
				expect(work)
			}
			f.truth("INBOX") // so that the other one is not open
			do(f, "RENAME", func(c *imap4.Client) *deferred.Deferred[struct{}] { return c.Rename(work, job) })
			delete(boxes, work)
			expect(job)
			f.truth("INBOX")
			do(f, "DELETE", func(c *imap4.Client) *deferred.Deferred[struct{}] { return c.Delete(job) })
			delete(boxes, job)
			expect("INBOX")
			if server.Product == "Dovecot" {
				f.tells("NOTIFY SET", "")
				f.tells("* STATUS", "")
			} else {
				f.tells("LIST ", "NOTIFY SET")
			}
		})
	}
}

// startingBoxes are the mailboxes of a new user, all empty.
func (f *following) startingBoxes() map[string]map[uint32]string {
	f.t.Helper()
	boxes := make(map[string]map[uint32]string)
	do(f, "LIST", func(c *imap4.Client) *deferred.Deferred[[]imap4.ListEntry] {
		return c.List("", "*").AddCallback(func(list []imap4.ListEntry) ([]imap4.ListEntry, error) {
			for _, e := range list {
				if !e.Has(imap4.AttrNoSelect) {
					boxes[e.Name] = map[uint32]string{}
				}
			}
			return list, nil
		})
	})
	return boxes
}
