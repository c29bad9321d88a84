package integration

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/protocols/policies"
	"github.com/tconn/tconn/reactor"
)

var update = flag.Bool("update", false, "write the recordings below testdata anew")

// imapCase is something to do on every server that can.
type imapCase struct {
	name  string
	caps  []string              // capabilities that it exercises: it runs where all of them are offered
	on    []string              // products on which it runs; nil is all
	mails []mailservers.Message // that are in INBOX before
	live  bool                  // it cannot be recorded

	// prepare comes before the login; nil is nothing.
	prepare func(t *testing.T, server *mailservers.Server, user mailservers.User)
	run     func(e *env)
}

// serverKind is a product, as a case has to know it.
type serverKind struct {
	product, prefix, separator string
	start                      func(testing.TB) *mailservers.Server
	untested                   map[string]string // capabilities that no case exercises, and why
}

const (
	onDovecot = "Dovecot"
	onCyrus   = "Cyrus"
	onCourier = "Courier"
	onTwisted = "Twisted"
)

func allCases() []imapCase {
	return slices.Concat(sessionCases, secureCases, mailboxCases, listCases, messageCases, fetchCases, appendCases, searchCases, sortCases, syncCases, pushCases,
		accessCases, bigCases)
}

// file is where the recording of a case is.
func (k *serverKind) file(c imapCase) string {
	return filepath.Join("testdata", strings.ToLower(k.product), strings.ReplaceAll(c.name, " ", "_")+".txt")
}

// runsOn tells whether a server that offers these words can run the case.
func (c *imapCase) runsOn(k *serverKind, offered []string) bool {
	if c.on != nil && !slices.Contains(c.on, k.product) {
		return false
	}
	for _, word := range c.caps {
		if !slices.Contains(offered, word) {
			return false
		}
	}
	return true
}

// TestIMAP runs every case on every server that can run it.
func TestIMAP(t *testing.T) {
	for i := range serverKinds {
		k := &serverKinds[i]
		t.Run(k.product, func(t *testing.T) {
			t.Parallel()
			server := k.start(t)
			offered := offeredBy(t, server)
			for _, c := range allCases() {
				if c.runsOn(k, offered) {
					t.Run(c.name, func(t *testing.T) { runLive(t, k, server, c) })
				}
			}
			t.Run("no capability is left out", func(t *testing.T) { wantAllExercised(t, k, offered) })
		})
	}
}

// wantAllExercised fails for a word that neither a case nor the list of exceptions names, and for an exception that is none any more.
func wantAllExercised(t *testing.T, k *serverKind, offered []string) {
	exercised := map[string]bool{}
	for _, c := range allCases() {
		if c.runsOn(k, offered) {
			for _, word := range c.caps {
				exercised[word] = true
			}
		}
	}
	for _, word := range offered {
		if !exercised[word] && k.untested[word] == "" {
			t.Errorf("%s: got no case that exercises it, want one, or a reason why not", word)
		}
	}
	for word := range k.untested {
		if exercised[word] || !slices.Contains(offered, word) {
			t.Errorf("%s: got it among the exceptions, want it only if it is offered and no case exercises it", word)
		}
	}
}

// offeredBy answers all that a server offers: on the plain port and under TLS, before and after login.
func offeredBy(t *testing.T, server *mailservers.Server) []string {
	t.Helper()
	var all []string
	add := func(s *rawSession) {
		all = append(all, strings.Fields(strings.TrimPrefix(s.capabilityLine(), "* CAPABILITY "))...)
	}
	plain := dialPlain(t, server)
	plain.line()
	add(plain)
	secure := dialTLS(t, server)
	secure.line()
	add(secure)
	secure.command("l1", `LOGIN "user1" "pass"`)
	add(secure)
	slices.Sort(all)
	return slices.Compact(all)
}

// runLive runs a case on a server, with a user of its own, and records it if that is wanted.
func runLive(t *testing.T, k *serverKind, server *mailservers.Server, c imapCase) {
	user := server.NewUser(t)
	if len(c.mails) > 0 {
		server.Fill(t, user, "INBOX", c.mails...)
	}
	if c.prepare != nil {
		c.prepare(t, server, user)
	}
	var recording bytes.Buffer
	trace := policies.NewTranscript(&recording)
	r := reactor.New()
	e := &env{heard: &heard{}, t: t, user: user, kind: k, server: server, dial: dialer(r)}
	onReactor(t, r, e, func() *deferred.Deferred[struct{}] {
		return deferred.Inline(func(y *deferred.Yield) (struct{}, error) {
			e.y = y
			client, connected := e.dial(e.tls(), server.IMAPSPort)
			client.Options.Trace = trace
			client.Options.Pipelining = imap4.Serial
			e.c = client
			must(e, connected)
			e.play(c)
			return struct{}{}, nil
		})
	})
	if *update && !c.live && !t.Failed() {
		_ = trace.Flush()
		head := fmt.Sprintf("# %s, recorded of %s\n# user: %s\n", c.name, server.Name, user.Name)
		if err := record(k.file(c), head+recording.String()); err != nil {
			t.Fatal(err)
		}
	}
	if t.Failed() && recording.Len() < 64<<10 {
		t.Logf("the session:\n%s", recording.String())
	}
}

// play logs in, runs the case and logs out.
func (e *env) play(c imapCase) {
	e.c.Listener = e.heard
	must(e, e.c.Login(e.user.Name, e.user.Password))
	c.run(e)
	if e.c.Transport().Disconnecting() {
		return
	}
	must(e, e.c.Logout())
}

// machine is what Cyrus tells of the machine it runs on, which says nothing about it.
var machine = regexp.MustCompile(`"os-version" "[^"]*"`)

func record(file, text string) error {
	text = machine.ReplaceAllString(text, `"os-version" "1"`)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

// onReactor calls f on a reactor that runs meanwhile, and waits for the Deferred that it answers.
func onReactor(t *testing.T, r *reactor.Reactor, e *env, f func() *deferred.Deferred[struct{}]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- r.Run() }()
	done := make(chan error, 1)
	var once sync.Once
	report := func(err error) { once.Do(func() { done <- err }) }
	err := r.CallFromThread(func() {
		f().Handle(func(struct{}) { report(nil) }, report)
	})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case err = <-done:
	case <-ctx.Done():
		err = fmt.Errorf("the case is not through after %v; the event it waits for: %q", patience, e.waitsFor)
	}
	if err := result(err); err != nil {
		t.Error(err)
	}
	_ = r.Stop()
	select {
	case err := <-stopped:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("the reactor does not stop")
	}
}
