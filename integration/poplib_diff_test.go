package integration

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestPoplib has Python's poplib and the facade go through the same conversations. Results and what is printed must be equal, to the
// octet, and so must be what they send, but where a case says that they differ; then docs/from-poplib.md says it, too.
func TestPoplib(t *testing.T) {
	config, ca := certificate(t)
	cases := poplibCases()
	table, order := make([]*conversation, len(cases)), pythonOrder{CA: ca}
	for i := range cases {
		c := newConversation(t, &cases[i], config, ca)
		table[i], order.Cases = c, append(order.Cases, c.order())
	}
	python := runPython(t, order)
	t.Logf("compared with the poplib of Python %s; deviations are those from %s", python.Version, strings.TrimSuffix(knownPython, "."))
	doc := readPoplibDoc(t)
	for i, c := range table {
		t.Run(c.name, func(t *testing.T) {
			c.python, c.known, c.connections = python.Results[i], python.known(), c.server.connections()
			checkDocumented(t, doc, c.results())
			cuts := []cut{whole, bytewise, randomly}
			if c.inOne || c.timeout != 0 {
				cuts = cuts[:1]
			}
			for _, pieces := range cuts {
				c.server.setCut(pieces)
				t.Run(pieces.String(), c.compare)
			}
		})
	}
}

// conversation is a case with its server, and what poplib has made of it.
type conversation struct {
	*poplibCase
	server      *scripted
	port        int
	roots       *x509.CertPool
	python      []outcome
	known       bool // it is the Python whose deviations the table has
	connections int  // that poplib has made
}

func newConversation(t *testing.T, c *poplibCase, config *tls.Config, ca string) *conversation {
	t.Helper()
	c.server.steps = c.allSteps()
	v := &conversation{poplibCase: c, server: startScripted(t, c.server, config)}
	v.port = v.server.port()
	if c.refused {
		v.port = closedPort(t)
	}
	if c.trust {
		v.roots = x509.NewCertPool()
		v.roots.AppendCertsFromPEM([]byte(ca))
	}
	return v
}

// closedPort is one on which nobody listens.
func closedPort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// clientTLS tells whether the client begins with TLS.
func (c *conversation) clientTLS() bool { return c.poplibCase.server.tls != c.crossed }

func (c *conversation) hostName() string {
	if c.host != "" {
		return c.host
	}
	return "127.0.0.1"
}

// order is the case as Python is told it.
func (c *conversation) order() pythonCase {
	timeout := patience.Seconds()
	switch {
	case c.timeout == noTimeout:
		timeout = 0
	case c.timeout > 0:
		timeout = c.timeout.Seconds()
	}
	return pythonCase{
		Host: c.hostName(), Port: c.port, TLS: c.clientTLS(), Verify: c.verify, Trust: c.trust, Timeout: timeout, MaxLine: c.maxLine,
		Calls: pythonCalls(c.allCalls()),
	}
}

func pythonCalls(calls []popCall) []pythonCall {
	all := []pythonCall{}
	for _, one := range calls {
		all = append(all, pythonCall{Do: one.do, Args: append([]any{}, one.args...)})
	}
	return all
}

// results are the calls of the case, with the constructor before them.
func (c *conversation) results() []popCall { return append([]popCall{c.connect}, c.allCalls()...) }

// compare has the facade perform the case, and compares.
func (c *conversation) compare(t *testing.T) {
	t.Helper()
	connection := c.server.connections()
	ours := c.perform(t, true)
	compareOutcomes(t, c.results(), c.python, ours, c.known)
	c.compareSent(t, c.server.sentFirst(connection, c.server.connections()))
	if slices.ContainsFunc(ours, func(o outcome) bool { return o.Printed != "" }) {
		c.compareHidden(t, c.perform(t, false))
	}
}

// compareOutcomes compares what poplib and the facade have made of calls, the constructor first. Where they differ on purpose both results are held
// against those of the table, and what is printed may differ as well; poplib's only if known, because others may be as strict.
func compareOutcomes(t *testing.T, calls []popCall, python, ours []outcome, known bool) {
	t.Helper()
	if len(ours) != len(python) {
		t.Fatalf("got %d results, want %d as poplib has them: %v", len(ours), len(python), ours)
	}
	for i, one := range calls[:len(ours)] {
		name := one.do + pythonArgs(one.args)
		wantPython, wantOurs := python[i].Result, python[i].Result
		if one.id != "" {
			wantPython, wantOurs = one.python, one.ours
		}
		if got := python[i].Result; got != wantPython && known {
			t.Errorf("poplib's %s: got %s, want %s", name, clipped(got), clipped(wantPython))
		}
		if got := ours[i].Result; got != wantOurs {
			t.Errorf("%s: got %s, want %s", name, clipped(got), clipped(wantOurs))
		}
		if one.id != "" && ours[i] == python[i] && known {
			t.Errorf("%s: got no difference, want the deviation %q", name, one.id)
		}
		if got, want := ours[i].Printed, python[i].Printed; got != want && one.id == "" {
			t.Errorf("%s prints\n%swant\n%s", name, clipped(got), clipped(want))
		}
	}
}

// compareSent compares what the clients have sent.
func (c *conversation) compareSent(t *testing.T, ours string) {
	t.Helper()
	if c.clientTLS() != c.poplibCase.server.tls || c.clientTLS() && strings.HasPrefix(c.python[0].Result, "raised") {
		return // one of them is TLS, and different each time
	}
	want := c.wantSent()
	if i := strings.Index(want, "STLS\r\n"); i >= 0 { // TLS follows
		want, ours = want[:i], ours[:min(i, len(ours))]
	}
	if c.poplibCase.server.tls {
		return
	}
	if ours != want {
		t.Errorf("sent %q, want %q", ours, want)
	}
}

// wantSent is what the facade has to send: what poplib has sent, without the commands that are not sent on purpose.
func (c *conversation) wantSent() string {
	if c.sent != "" {
		before := ""
		if !c.unknown {
			before = signInSent
		}
		return before + c.sent
	}
	sent := c.server.sentFirst(0, c.connections)
	for _, one := range c.results() {
		if one.ours == isClosed || one.ours == notMade {
			line := commandOf(one) + "\r\n"
			if i := strings.LastIndex(sent, line); i >= 0 {
				sent = sent[:i] + sent[i+len(line):]
			}
		}
	}
	return sent
}

// commandOf is the command that a call sends.
func commandOf(c popCall) string {
	if strings.HasPrefix(c.do, "_") {
		return c.args[0].(string)
	}
	words := []string{strings.ToUpper(strings.TrimSuffix(c.do, "_"))}
	for _, arg := range c.args {
		words = append(words, argText(arg))
	}
	return strings.Join(words, " ")
}

// compareHidden compares what is printed by default: the same, with *** for secrets.
func (c *conversation) compareHidden(t *testing.T, ours []outcome) {
	t.Helper()
	hide := strings.NewReplacer("PASS secret", "PASS ***", "c4c9334bac560ecc979e58001b3e22fb", "***")
	for i, o := range ours {
		one := c.results()[i]
		if want := hide.Replace(c.python[i].Printed); o.Printed != want && one.id == "" {
			t.Errorf("by default %s prints\n%swant\n%s", one.do, o.Printed, want)
		}
	}
}

// checkDocumented fails for a deviation that the document does not name.
func checkDocumented(t *testing.T, doc string, calls []popCall) {
	t.Helper()
	for _, one := range calls {
		if one.id != "" && !strings.Contains(doc, "\n| `"+one.id+"` |") {
			t.Errorf("%s: got the deviation %q, want one that is in the table of %s", one.do, one.id, poplibDoc)
		}
	}
}

// poplibDoc is for people who port from poplib.
const poplibDoc = "../docs/from-poplib.md"

func readPoplibDoc(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(poplibDoc)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// clipped is a text that is not too long for the output of a test.
func clipped(text string) string {
	const most = 400
	if len(text) > most {
		return text[:most/2] + " ... " + text[len(text)-most/2:]
	}
	return text
}

// timeoutOf is the facade's timeout of the case.
func (c *conversation) timeoutOf() time.Duration {
	if c.timeout == 0 {
		return patience
	}
	return c.timeout
}
