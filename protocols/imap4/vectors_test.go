package imap4_test

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor/reactortest"
)

// vector is an odd response that a real server was seen to send, with the command that was out. {TAG} stands for its tag.
type vector struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Data   []byte `json:"data"`
	Expect string `json:"expect"`
}

func loadVectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile("internal/wire/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	return vectors
}

// lastWords are the vectors after which the server says no more.
var lastWords = []string{"G09", "G17", "G18"}

// response is what the server says while the command is out, up to its answer, and the answer to the NOOP behind it.
func (v vector) response() string {
	data := strings.ReplaceAll(string(v.Data), "{TAG}", "A1")
	if slices.Contains(lastWords, v.ID) {
		return data
	}
	if !strings.Contains("\n"+data, "\nA1 ") {
		data += "A1 OK done\r\n"
	}
	return data + "A2 OK done\r\n"
}

// server is the whole input of a session in which nobody has logged in.
func (v vector) server() string {
	if v.Kind == "greeting" {
		return v.response()
	}
	return "* OK ready\r\n" + v.response()
}

// vectorKind is how a command comes to be out: what the server has said before, and the command.
type vectorKind struct {
	before string
	opened bool // a mailbox is
	issue  func(u *user, v vector)
}

const (
	wantsLogin  = "* OK ready\r\n"
	loggedInto  = "* PREAUTH ready\r\n* CAPABILITY IMAP4rev1 NAMESPACE ID QUOTA THREAD=REFERENCES " + allCaps + "\r\n"
	withESearch = "* PREAUTH ready\r\n* CAPABILITY IMAP4rev1 ESEARCH PARTIAL\r\n"
)

var vectorKinds = map[string]vectorKind{
	"greeting": {"", false, func(u *user, _ vector) { noop(u) }},
	"login":    {wantsLogin, false, func(u *user, _ vector) { u.login("alice", "secret") }},
	"noop":     {loggedInto, true, func(u *user, _ vector) { noop(u) }},
	"select":   {loggedInto, true, func(u *user, _ vector) { result(u, "SELECT", u.Select("x")) }},
	"fetch": {loggedInto, true, func(u *user, v vector) {
		result(u, "FETCH", u.Fetch(imap4.AllMessages(), v.fetchOptions(), func(m *imap4.Message) { u.note("%s", shown(m)) }))
	}},
	"list":   {loggedInto, false, func(u *user, _ vector) { result(u, "LIST", u.List("", "*")) }},
	"status": {loggedInto, false, func(u *user, _ vector) { result(u, "STATUS", u.Status("INBOX", imap4.StatusMessages)) }},
	"search": {loggedInto, true, func(u *user, v vector) {
		q := imap4.Query{}
		if v.ID == "Q02" {
			q.ModSeq = 1
		}
		result(u, "SEARCH", u.Search(q))
	}},
	"esearch": {withESearch, true, func(u *user, v vector) {
		o := imap4.SearchOptions{All: true}
		if v.ID == "Q06" {
			o = imap4.SearchOptions{Count: true, Partial: imap4.PartialRange{First: 1, Last: 100}}
		}
		result(u, "SEARCH", u.UIDSearch(imap4.Query{}, o))
	}},
	"move":      {loggedInto, true, func(u *user, _ vector) { result(u, "MOVE", u.Move(imap4.UIDs(10, 304), "x")) }},
	"copy":      {loggedInto, true, func(u *user, _ vector) { result(u, "COPY", u.Copy(imap4.UIDRange(19, 500), "x")) }},
	"namespace": {loggedInto, false, func(u *user, _ vector) { result(u, "NAMESPACE", u.Namespace()) }},
	"id":        {loggedInto, false, func(u *user, _ vector) { result(u, "ID", u.ID(map[string]string{"name": "n"})) }},
	"quota":     {loggedInto, false, func(u *user, _ vector) { result(u, "QUOTA", u.GetQuotaRoot("INBOX")) }},
	"thread":    {loggedInto, true, func(u *user, _ vector) { result(u, "THREAD", u.Thread(imap4.ThreadReferences, imap4.Query{})) }},
}

// fetchOptions ask for what the vector tells.
func (v vector) fetchOptions() imap4.FetchOptions {
	o := imap4.FetchOptions{Items: imap4.ItemsFull | imap4.ItemBodyStructure | imap4.ItemModSeq}
	whole := []imap4.BodySection{{}}
	switch v.ID {
	case "F04":
		o.Sections = []imap4.BodySection{{Part: []int{1}}}
	case "F05":
		o.Sections = []imap4.BodySection{{Count: 5}}
	case "F06", "F08", "F14", "F16":
		o.Sections = whole
	case "F12":
		o.Extra = []string{"X-FOO", "X-BAR"}
	case "F13":
		o.Items = imap4.ItemGmailMsgID | imap4.ItemGmailThreadID | imap4.ItemGmailLabels
	case "F17":
		o.Items = imap4.ItemEmailID | imap4.ItemThreadID | imap4.ItemSaveDate | imap4.ItemPreview
	case "F18":
		o.Sections = []imap4.BodySection{
			{Specifier: imap4.SpecifierHeader}, {Part: []int{9}}, {Part: []int{2}, Specifier: imap4.SpecifierMIME}, {Offset: 3, Count: 5},
		}
	}
	return o
}

// result notes what a command comes to, as a whole.
func result[T any](u *user, name string, d *deferred.Deferred[T]) {
	d.Handle(
		func(v T) {
			if !u.quiet {
				u.note("%s: %s", name, shown(v))
			}
		},
		func(err error) { u.note("%s failed: %s", name, failure(err)) },
	)
}

// wholeListener notes all that it hears, whole.
type wholeListener struct{ listener }

func (l wholeListener) Capabilities(caps imap4.Capabilities) {
	l.u.note("capabilities %s", shown(caps))
}
func (l wholeListener) MessageData(m *imap4.Message) { l.u.note("message %s", shown(m)) }
func (l wholeListener) Status(s imap4.StatusData)    { l.u.note("status %s", shown(s)) }
func (l wholeListener) Listed(e imap4.ListEntry)     { l.u.note("listed %s", shown(e)) }

// play runs the vector's session: its command, a NOOP behind it, and the end of the connection. The bytes that the client sends are noted last.
func (v vector) play(t testing.TB, cut reactortest.Chunking) []string {
	t.Helper()
	kind, known := vectorKinds[v.Kind]
	if !known {
		t.Fatalf("%s: there is no command for a vector of kind %q", v.ID, v.Kind)
	}
	u := newUser(nil)
	u.Options.NoID = true
	u.Listener = wholeListener{listener{u}}
	s := start(t, u)
	s.server(kind.before)
	if kind.opened {
		s.Open("INBOX")
	}
	s.take()
	kind.issue(u, v)
	noop(u)
	s.serverCut(v.response(), cut)
	s.tr.Lose(nil)
	s.end()
	u.note("sent %q", s.tr.Take())
	return s.take()
}

func TestVectors(t *testing.T) {
	vectors := loadVectors(t)
	if got, want := len(vectors), len(vectorEvents); got != want {
		t.Errorf("vectors: got %d, want %d", got, want)
	}
	for _, v := range vectors {
		t.Run(v.ID+" "+v.Kind, func(t *testing.T) {
			whole := v.play(t, reactortest.Whole)
			if want, ok := vectorEvents[v.ID]; !ok || !slices.Equal(whole, want) {
				t.Errorf("%s\n%q\nevents:\n got %s\nwant %s", v.Expect, v.Data, list(whole), list(want))
			}
			wantEvents(t, v.play(t, reactortest.Bytewise), whole)
			for n := 1; n < len(v.response()) && !t.Failed(); n++ {
				wantEvents(t, v.play(t, cutAt(n)), whole)
				if t.Failed() {
					t.Fatalf("cut behind byte %d", n)
				}
			}
		})
	}
}

// What is not in a typed result: the code and the text of the command's own answer.
func TestVectorAnswers(t *testing.T) {
	want := map[string]imap4.CommandResult{
		"G10": {
			Code:     "ERROR=",
			CodeArgs: `"Vendor.Storage.WrongServerException:Cross Server access for mailbox abc" AuthResult=0 Proxy=HOST.example:1993:SSL MailboxBE=HOST Service=Imap4`,
			Text:     "AUTHENTICATE completed.",
		},
		"G13": {Text: "CAPABILITY completed."},
		"G15": {},
		"G16": {Text: "Success [THROTTLED]"},
		"R10": {Code: "READ-WRITE", Text: "[Gmail]/Sent Mail selected. (Success)"},
	}
	played := 0
	for _, v := range loadVectors(t) {
		if answer, ok := want[v.ID]; ok {
			played++
			everyVectorCut(t, v, func(s *session, cut reactortest.Chunking) {
				d := s.Send(imap4.Command{Name: "X-SAME"})
				s.serverCut(v.response(), cut)
				wantEqual(t, v.ID, got(t, d), answer)
			})
		}
	}
	wantEqual(t, "vectors", played, len(want))
}

// What a caller asks of an error, of the session or of a value behind a vector.
func TestVectorMeanings(t *testing.T) {
	vectors := map[string]vector{}
	for _, v := range loadVectors(t) {
		vectors[v.ID] = v
	}
	everyVectorCut(t, vectors["G12"], func(s *session, cut reactortest.Chunking) {
		d := s.Login("alice", "secret")
		s.serverCut(vectors["G12"].response(), cut)
		wantError(t, d, imap4.ErrTooManyConnections)
	})
	everyVectorCut(t, vectors["G09"], func(s *session, cut reactortest.Chunking) {
		d, waiting := s.Login("alice", "secret"), s.Noop()
		s.serverCut(vectors["G09"].response(), cut)
		s.tr.Lose(nil)
		for _, err := range []error{gotError(t, d), gotError(t, waiting)} {
			var bye *imap4.ByeError
			if !errors.As(err, &bye) || bye.Code != "ALERT" {
				t.Errorf("G09: got %v, want a *ByeError with the code ALERT", err)
			}
		}
	})
	everyVectorCut(t, vectors["R06"], func(s *session, cut reactortest.Chunking) {
		s.Open("INBOX")
		d := s.Select("x")
		s.serverCut(vectors["R06"].response(), cut)
		wantError(t, d, imap4.ErrNonexistent)
		if box, ok := s.Mailbox(); ok {
			t.Errorf("R06: got %v open, want no mailbox", box)
		}
	})
	everyVectorCut(t, vectors["U06"], func(s *session, cut reactortest.Chunking) {
		d := s.GetQuota("ROOT")
		s.serverCut(vectors["U06"].response(), cut)
		wantEqual(t, "U06", got(t, d), imap4.Quota{Root: "ROOT"})
	})
	everyVectorCut(t, vectors["G07"], func(s *session, cut reactortest.Chunking) {
		s.serverCut(vectors["G07"].response(), cut)
		caps, _ := s.Capabilities()
		wantEqual(t, "G07", printed(caps), []string{"IMAP4rev1: None", "AUTH: [None, 'PLAIN', 'LOGIN']", "THREAD: ['A', 'B']", "X: ['Y=Z']"})
	})
}

// everyVectorCut runs f with a session that is greeted for each way to cut what the server says.
func everyVectorCut(t *testing.T, v vector, f func(s *session, cut reactortest.Chunking)) {
	t.Helper()
	cuts := []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise}
	for n := 1; n < len(v.response()); n++ {
		cuts = append(cuts, cutAt(n))
	}
	for _, cut := range cuts {
		greeting := "* PREAUTH ready\r\n* CAPABILITY IMAP4rev1 QUOTA\r\n"
		if v.Kind == "login" {
			greeting = wantsLogin
		}
		s := start(t, newUser(nil))
		s.server(greeting)
		f(s, cut)
		s.end()
	}
}

func wantError[T any](t *testing.T, d *deferred.Deferred[T], target error) {
	t.Helper()
	if err := gotError(t, d); !errors.Is(err, target) {
		t.Errorf("got %v, want %v", err, target)
	}
}
