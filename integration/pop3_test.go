package integration

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/policies"
	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/reactor"
)

// popCase is something to do over POP3 on every server that can.
//
//	pop3_test.go        the table, run on each server; no capability may be left out
//	pop3_env_test.go    what a case has
//	pop3_replay_test.go the same cases on what was recorded of each server, in testdata/pop3: these need no server
//	pop3_auth_test.go   the mechanisms; pop3_..._test.go the cases themselves
type popCase struct {
	name    string
	caps    []string                                                // capabilities that it exercises: it runs where all of them are offered
	on      []string                                                // products on which it runs; nil is all
	mails   []mailservers.Message                                   // that are in the mailbox before
	odd     bool                                                    // instead: those of Server.Quirks
	fill    func(*testing.T, *mailservers.Server, mailservers.User) // instead; nil is nothing
	window  int                                                     // commands go ahead of their answers; 0 is one by one
	outside bool                                                    // it begins before the login
	live    bool                                                    // it cannot be recorded
	run     func(e *env, c *pop3.Client)
}

func popCases() []popCase {
	return slices.Concat(popSessionCases, popLoginCases, popSecureCases, popMailCases, popDeleteCases, popRetrieveCases, popBigCases)
}

// popServer is a product, as a POP3 case has to know it.
type popServer struct {
	*serverKind
	untested map[string]string // capabilities that no case exercises, and why
}

func popServers() []popServer {
	mechanisms := "AUTH has tests of its own"
	answer := "it says what every client takes for granted"
	except := map[string]map[string]string{
		onDovecot: {"SASL": mechanisms, "CAPA": answer},
		onCyrus:   {"SASL": mechanisms},
		onCourier: {},
		onTwisted: {"SASL": mechanisms, "PIPELINE": "it is not PIPELINING", "CELERITY": "a joke", "AUSPEX": "a joke", "POTENCE": "a joke"},
	}
	var all []popServer
	for i := range serverKinds {
		k := &serverKinds[i]
		all = append(all, popServer{k, except[k.product]})
	}
	return all
}

// file is where the recording of a case is.
func (k popServer) file(c popCase) string {
	return filepath.Join("testdata", "pop3", strings.ToLower(k.product), strings.ReplaceAll(c.name, " ", "_")+".txt")
}

// mailsOn are the mails of the case on a product.
func (c *popCase) mailsOn(product string) []mailservers.Message {
	if c.odd {
		return (&mailservers.Server{Product: product}).Quirks()
	}
	return c.mails
}

// runsOn tells whether a server that offers these words can run the case.
func (c *popCase) runsOn(k popServer, offered []string) bool {
	same := imapCase{caps: c.caps, on: c.on}
	return same.runsOn(k.serverKind, offered)
}

// options are those of the client of the case.
func (c *popCase) options(trace pop3.Trace) *pop3.Options {
	o := &pop3.Options{Trace: trace, Pipelining: pop3.PipelineNever, AllowInsecureAuth: true}
	if c.window > 0 {
		o.Pipelining, o.Window = pop3.PipelineAuto, c.window
	}
	return o
}

// TestPOP3 runs every case on every server that can run it.
func TestPOP3(t *testing.T) {
	for _, k := range popServers() {
		t.Run(k.product, func(t *testing.T) {
			t.Parallel()
			server := k.start(t)
			server.NeedsPOP3(t)
			offered := popOffered(t, server)
			for _, c := range popCases() {
				if c.runsOn(k, offered) {
					t.Run(c.name, func(t *testing.T) { runPopLive(t, k, server, c) })
				}
			}
			t.Run("no capability is left out", func(t *testing.T) { wantAllPopExercised(t, k, offered) })
		})
	}
}

// wantAllPopExercised fails for a capability that neither a case nor the list of exceptions names, and for an exception that is none any more.
func wantAllPopExercised(t *testing.T, k popServer, offered []string) {
	exercised := map[string]bool{}
	for _, c := range popCases() {
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

// runPopLive runs a case on a server, with a user of its own, and records it if that is wanted.
func runPopLive(t *testing.T, k popServer, server *mailservers.Server, c popCase) {
	user := server.NewUser(t)
	if mails := c.mailsOn(server.Product); len(mails) > 0 {
		popFill(t, server, user, mails)
	}
	if c.fill != nil {
		c.fill(t, server, user)
	}
	var recording bytes.Buffer
	trace := policies.NewTranscript(&recording)
	options := c.options(trace)
	if c.fill != nil { // it is much to write down
		options.Trace = nil
	}
	r := reactor.New()
	e := &env{heard: &heard{}, t: t, user: user, kind: k.serverKind, server: server}
	onReactor(t, r, e, func() *deferred.Deferred[struct{}] {
		return deferred.Inline(func(y *deferred.Yield) (struct{}, error) {
			e.y = y
			e.playPop(c, must(e, popConnect(r, server, e.tls(), options)))
			return struct{}{}, nil
		})
	})
	_ = trace.Flush()
	if *update && !c.live && !t.Failed() {
		head := fmt.Sprintf("# %s, recorded of %s\n# user: %s\n", c.name, server.Name, user.Name)
		if err := record(k.file(c), head+impersonal(recording.String())); err != nil {
			t.Fatal(err)
		}
	}
	if t.Failed() && recording.Len() < 64<<10 {
		t.Logf("the session:\n%s", recording.String())
	}
}

// playPop logs in, runs the case and quits.
func (e *env) playPop(c popCase, client *pop3.Client) {
	if !c.outside {
		must(e, client.Login(e.user.Name, e.user.Password))
	}
	c.run(e, client)
	if client.Transport().Disconnecting() {
		return
	}
	must(e, client.Quit())
}

// What servers tell of the machine they run on, in the challenge for APOP and, Cyrus, behind PASS.
var (
	challengeOf = regexp.MustCompile(`(?m)^(S: \+OK [^<\n]*)<[^<>\n]+>$`)
	sessionID   = regexp.MustCompile(`SESSIONID=<[^>]*>`)
)

// impersonal is a recording in which they do not.
func impersonal(text string) string {
	text = sessionID.ReplaceAllString(text, "SESSIONID=1")
	return challengeOf.ReplaceAllString(text, "$1<1896.697170952@localhost>")
}
