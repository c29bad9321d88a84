package mailservers

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
)

// product is a kind of server, and the one that runs of it in this test binary.
type product struct {
	name      string
	greeting  string // what its IMAP greeting holds
	prefix    string // of the names of mailboxes
	separator string
	find      func() finding                        // cheap from the second call on
	configure func(*instance) (*exec.Cmd, error)    // fills instance.dir, answers what runs in the foreground
	addUser   func(*instance, User) error           // nil if every account is there from the start
	maildir   func(i *instance, user string) string // nil if it keeps mail in another way

	mu      sync.Mutex
	running *instance
	holders int  // tests that hold it
	keep    bool // Main holds it, too
}

// finding is what the search for a product has found.
type finding struct {
	program    string // to start, or the directory below which its packages are
	version    string
	pop3       bool
	reason     string // why it cannot be used, if it cannot
	impossible bool   // no installation would help
}

var products = []*product{dovecot, cyrus, courier, twisted}

// Dovecot answers a Dovecot 2.3 that runs until t and the other tests that asked for it are through.
//
// It lets in one POP3 session of a user at a time: the next one waits 10 s for the end of the first, and is refused then.
//
// When t fails, what the server has logged meanwhile is shown. Where it cannot run (not installed, another version, not root) t is skipped,
// or fails if TCONN_REQUIRE_SERVERS is 1. Goroutine: that of t. The others are like it.
func Dovecot(t testing.TB) *Server { t.Helper(); return dovecot.share(t) }

// Cyrus answers a Cyrus 3.6, from packages of Debian 12 that are unpacked and not installed: they conflict with Dovecot's.
//
// They are downloaded only if TCONN_REQUIRE_SERVERS is 1, into the directory TCONN_SERVER_CACHE (/var/cache/tconn-test-servers), and stay there.
func Cyrus(t testing.TB) *Server { t.Helper(); return cyrus.share(t) }

// Courier answers a Courier, unpacked like Cyrus. It runs in namespaces of its own; where the system allows none, t is skipped even if
// TCONN_REQUIRE_SERVERS is 1.
func Courier(t testing.TB) *Server { t.Helper(); return courier.share(t) }

// Twisted answers Twisted's own IMAP4Server and POP3 server. Mail is in memory, a mailbox for each user, and the same for both protocols.
//
// The plain IMAP port says LOGINDISABLED before STARTTLS; AUTHENTICATE works there.
func Twisted(t testing.TB) *Server { t.Helper(); return twisted.share(t) }

// Each runs test once for each server, as a subtest with the name of the product.
func Each(t *testing.T, test func(*testing.T, *Server)) {
	t.Helper()
	for _, p := range products {
		t.Run(p.name, func(t *testing.T) { test(t, p.share(t)) })
	}
}

// Main is for TestMain: it runs the tests of m, lets them share one start of each server, stops those at the end, and answers the
// exit code.
//
//	func TestMain(m *testing.M) { os.Exit(mailservers.Main(m)) }
func Main(m *testing.M) (code int) {
	for _, p := range products {
		p.setKeep(true)
	}
	code = m.Run()
	for _, p := range products {
		if err := p.setKeep(false); err != nil {
			fmt.Fprintln(os.Stderr, wrong(err))
			code = max(code, 1)
		}
	}
	return code
}

func (p *product) setKeep(keep bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keep = keep
	return p.stopUnused()
}

func (p *product) share(t testing.TB) *Server {
	t.Helper()
	uncached()
	found := p.find()
	if found.impossible {
		impossible(t, found.reason)
	}
	if found.reason != "" {
		absent(t, found.reason)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running == nil {
		i, err := p.start(found)
		if err != nil {
			t.Fatal(wrong(err))
		}
		p.running = i
	}
	i := p.running
	p.holders++
	before := i.logSize()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the log of %s:\n%s", i.server.Name, i.logSince(before))
		}
		if err := p.release(); err != nil {
			t.Error(wrong(err))
		}
	})
	server := i.server
	return &server
}

func (p *product) release() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.holders--
	return p.stopUnused()
}

func (p *product) stopUnused() error {
	if p.holders > 0 || p.keep || p.running == nil {
		return nil
	}
	i := p.running
	p.running = nil
	return i.stop()
}

// start tries again when somebody else has taken a port between its choice and the server's bind.
func (p *product) start(found finding) (i *instance, err error) {
	for range startTries {
		if i, err = startInstance(p, found); !errors.Is(err, errPortTaken) {
			return i, err
		}
	}
	return nil, err
}
