package imap4_test

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
	"github.com/tconn/tconn/reactor/reactortest"
)

// spoken is one command of a conversation with a server that can do everything. {T} in an answer is its tag; an answer without its last
// line ends with OK.
type spoken struct {
	method string // of Client
	wire   string // the command's name
	issue  func(u *user)
	answer string
}

// fetches notes each message.
func (u *user) fetches(o imap4.FetchOptions) {
	result(u, "Fetch", u.Fetch(imap4.AllUIDs(), o, func(m *imap4.Message) { u.notes(m) }))
}

// counted is a sink that notes its end, and that it is begun.
type counted struct {
	u    *user
	size int64
	got  []byte
}

func (k *counted) Write(p []byte) (int, error) {
	k.got = append(k.got, p...)
	return len(p), nil
}

func (k *counted) Done(err error) {
	if err != nil {
		k.u.note("sink failed")
		return
	}
	k.u.note("sink: %d of %d", len(k.got), k.size)
}

const (
	someMessages = "* 1 FETCH (UID 11 FLAGS (\\Seen) RFC822.SIZE 1234 INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" MODSEQ (7))\r\n"
	oneEnvelope  = "ENVELOPE (\"Wed, 17 Jul 1996 02:23:25 -0700\" {2}\r\nhi ((\"T\" NIL \"g\" \"x.example\")) NIL NIL NIL NIL NIL NIL \"<1@x>\")"
	oneStructure = "(\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"7bit\" 5 1 NIL NIL NIL NIL)"
	oneBody      = "BODY[] {9}\r\nA: b\r\n\r\nc"
)

// before is what is said up to the login, and behind it in no mailbox.
var before = []spoken{
	{"GetCapabilities", "CAPABILITY", func(u *user) { result(u, "GetCapabilities", u.GetCapabilities()) }, "* CAPABILITY IMAP4rev1 " + everything + " COMPRESS=DEFLATE\r\n"},
	{"Login", "LOGIN", func(u *user) { result(u, "Login", u.Login("alice", "a\r\nb")) }, "{T} OK [CAPABILITY IMAP4rev1 " + everything + " COMPRESS=DEFLATE] in\r\n"},
	{"ID", "ID", func(u *user) { result(u, "ID", u.ID(map[string]string{"name": "x"})) }, "* ID (\"name\" \"s\" \"version\" NIL)\r\n"},
	{"Namespace", "NAMESPACE", func(u *user) { result(u, "Namespace", u.Namespace()) }, "* NAMESPACE ((\"\" \"/\")) NIL ((\"#s/\" \"/\"))\r\n"},
	{"Enable", "ENABLE", func(u *user) { result(u, "Enable", u.Enable("CONDSTORE", "QRESYNC")) }, "* ENABLED CONDSTORE QRESYNC\r\n"},
	{"List", "LIST", func(u *user) { result(u, "List", u.List("", "*")) }, "* LIST () \"/\" INBOX\r\n* LIST (\\Sent) \"/\" {4}\r\na/&-\r\n"},
	{"List", "LIST", func(u *user) {
		result(u, "List", u.List("", "%", imap4.ListOptions{Status: imap4.StatusMessages, ReturnMyRights: true, Metadata: []string{"/shared/comment"}}))
	}, "* LIST () \"/\" INBOX\r\n* STATUS INBOX (MESSAGES 3)\r\n* MYRIGHTS INBOX lrs\r\n* METADATA INBOX (/shared/comment \"c\")\r\n"},
	{"LSub", "LSUB", func(u *user) { result(u, "LSub", u.LSub("", "*")) }, "* LSUB () \"/\" INBOX\r\n"},
	{"XList", "XLIST", func(u *user) { result(u, "XList", u.XList("", "*")) }, "* XLIST (\\AllMail) \"/\" all\r\n"},
	{"Create", "CREATE", func(u *user) { result(u, "Create", u.Create("n", imap4.AttrSent)) }, "{T} OK [MAILBOXID (F1)] made\r\n"},
	{"Rename", "RENAME", func(u *user) { result(u, "Rename", u.Rename("n", "m")) }, ""},
	{"Subscribe", "SUBSCRIBE", func(u *user) { result(u, "Subscribe", u.Subscribe("m")) }, ""},
	{"Unsubscribe", "UNSUBSCRIBE", func(u *user) { result(u, "Unsubscribe", u.Unsubscribe("m")) }, ""},
	{"Delete", "DELETE", func(u *user) { result(u, "Delete", u.Delete("m")) }, "{T} NO [NONEXISTENT] no m\r\n"},
	{"Status", "STATUS", func(u *user) { result(u, "Status", u.Status("INBOX", imap4.StatusMessages|imap4.StatusUIDNext)) }, "* STATUS INBOX (MESSAGES 3 UIDNEXT 14)\r\n"},
	{"Append", "APPEND", func(u *user) {
		result(u, "Append", u.Append("INBOX", imap4.Bytes([]byte(mail)), imap4.AppendMessage{Parts: []imap4.CatenatePart{imap4.CatenateURL("/x"), imap4.CatenateText([]byte(mail))}}))
	}, "{T} OK [APPENDUID 5 14:15] added\r\n"},
	{"GetACL", "GETACL", func(u *user) { result(u, "GetACL", u.GetACL("INBOX")) }, "* ACL INBOX alice lrs bob r\r\n"},
	{"SetACL", "SETACL", func(u *user) { result(u, "SetACL", u.SetACL("INBOX", "bob", "lr")) }, ""},
	{"DeleteACL", "DELETEACL", func(u *user) { result(u, "DeleteACL", u.DeleteACL("INBOX", "bob")) }, ""},
	{"ListRights", "LISTRIGHTS", func(u *user) { result(u, "ListRights", u.ListRights("INBOX", "bob")) }, "* LISTRIGHTS INBOX bob l r s w\r\n"},
	{"MyRights", "MYRIGHTS", func(u *user) { result(u, "MyRights", u.MyRights("INBOX")) }, "* MYRIGHTS INBOX lrs\r\n"},
	{"GetQuota", "GETQUOTA", func(u *user) { result(u, "GetQuota", u.GetQuota("")) }, "* QUOTA \"\" (STORAGE 10 512)\r\n"},
	{"GetQuotaRoot", "GETQUOTAROOT", func(u *user) { result(u, "GetQuotaRoot", u.GetQuotaRoot("INBOX")) }, "* QUOTAROOT INBOX \"\"\r\n* QUOTA \"\" (STORAGE 10 512)\r\n"},
	{"SetQuota", "SETQUOTA", func(u *user) { result(u, "SetQuota", u.SetQuota("", imap4.QuotaResource{Name: "STORAGE", Limit: 9})) }, "* QUOTA \"\" (STORAGE 10 9)\r\n"},
	{"GetMetadata", "GETMETADATA", func(u *user) {
		result(u, "GetMetadata", u.GetMetadata("INBOX", imap4.MetadataOptions{}, "/shared/comment"))
	}, "* METADATA INBOX (/shared/comment {3}\r\nabc)\r\n"},
	{"SetMetadata", "SETMETADATA", func(u *user) {
		result(u, "SetMetadata", u.SetMetadata("INBOX", map[string][]byte{"/shared/comment": []byte("a\r\nb")}))
	}, ""},
	{"Notify", "NOTIFY", func(u *user) {
		result(u, "Notify", u.Notify(true, imap4.NotifyGroup{Mailboxes: imap4.NotifyPersonal, Events: imap4.MessageEvents()}))
	}, "* STATUS b (MESSAGES 1)\r\n"},
	{"NotifyNone", "NOTIFY", func(u *user) { result(u, "NotifyNone", u.NotifyNone()) }, ""},
	{"GetJMAPAccess", "GETJMAPACCESS", func(u *user) { result(u, "GetJMAPAccess", u.GetJMAPAccess()) }, "* JMAPACCESS \"https://x.example/\"\r\n"},
	{"Send", "X-ONE", func(u *user) { result(u, "Send", u.Send(imap4.Command{Name: "X-ONE", Takes: []string{"X-DATA"}})) }, "* X-DATA (a {1}\r\nb)\r\n{T} OK [X-C d] done\r\n"},
	{"SendCommand", "X-TWO", func(u *user) { result(u, "SendCommand", u.SendCommand("X-TWO", imap4.AString("a\nb"))) }, "* X-MORE 1\r\n"},
	{"Noop", "NOOP", func(u *user) { result(u, "Noop", u.Noop()) }, ""},
}

// opening opens a mailbox.
var opening = []spoken{
	{"Enable", "ENABLE", func(u *user) { result(u, "Enable", u.Enable("QRESYNC")) }, "* ENABLED QRESYNC\r\n"},
	{"Examine", "EXAMINE", func(u *user) { result(u, "Examine", u.Examine("INBOX")) }, "* 3 EXISTS\r\n* FLAGS (\\Seen)\r\n* OK [UIDVALIDITY 5] v\r\n{T} OK [READ-ONLY] open\r\n"},
	{"Unselect", "UNSELECT", func(u *user) { result(u, "Unselect", u.Unselect()) }, ""},
	{"Select", "SELECT", func(u *user) {
		result(u, "Select", u.Select("INBOX", imap4.SelectOptions{QResync: &imap4.QResync{UIDValidity: 5, ModSeq: 1}}))
	}, "* 3 EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen \\Deleted)\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] p\r\n* OK [UIDVALIDITY 5] v\r\n* OK [UIDNEXT 14] n\r\n" +
		"* OK [HIGHESTMODSEQ 9] m\r\n* VANISHED (EARLIER) 1:9\r\n* 1 FETCH (UID 11 FLAGS (\\Seen) MODSEQ (8))\r\n{T} OK [READ-WRITE] open\r\n"},
}

// searches, fetches and changes are said about its messages.
var searches = []spoken{
	{"Search", "SEARCH", func(u *user) { result(u, "Search", u.Search(imap4.Query{Subject: "gr\xc3\xbc\xc3\x9fe"})) }, "* ESEARCH (TAG \"{T}\") MIN 1 MAX 3 COUNT 2 ALL 1,3\r\n"},
	{"UIDSearch", "UID SEARCH", func(u *user) { result(u, "UIDSearch", u.UIDSearch(imap4.Query{Unseen: true})) }, "* ESEARCH (TAG \"{T}\") UID MIN 11 MAX 13 COUNT 2 ALL 11,13\r\n"},
	{"Sort", "SORT", func(u *user) { result(u, "Sort", u.Sort([]imap4.SortKey{imap4.SortDate}, imap4.Query{})) }, "* ESEARCH (TAG \"{T}\") ALL 3,1 COUNT 2 MIN 3 MAX 1\r\n"},
	{"UIDSort", "UID SORT", func(u *user) {
		result(u, "UIDSort", u.UIDSort([]imap4.SortKey{imap4.SortDate.Reverse()}, imap4.Query{}, imap4.SearchOptions{All: true, Update: func(c imap4.SearchUpdate) { u.note("update %s", shown(c)) }}))
	}, "* ESEARCH (TAG \"{T}\") UID ALL 13,11\r\n* ESEARCH (TAG \"{T}\") UID ADDTO (1 14)\r\n"},
	{"CancelUpdate", "CANCELUPDATE", func(u *user) { result(u, "CancelUpdate", u.CancelUpdate("A1")) }, ""},
	{"Thread", "THREAD", func(u *user) { result(u, "Thread", u.Thread("x", imap4.Query{})) }, "* THREAD (1 (2)(3))\r\n"},
	{"UIDThread", "UID THREAD", func(u *user) { result(u, "UIDThread", u.UIDThread("x", imap4.Query{})) }, "* THREAD (11)(12 13)\r\n"},
}

var fetches = []spoken{
	{"Fetch", "UID FETCH", func(u *user) {
		u.fetches(imap4.FetchOptions{Items: imap4.ItemsFast | imap4.ItemModSeq})
	}, someMessages + "* 2 FETCH (UID 12 FLAGS () RFC822.SIZE 1)\r\n"},
	{"Fetch", "UID FETCH", func(u *user) {
		o := imap4.FetchOptions{Items: imap4.ItemEnvelope, Sections: []imap4.BodySection{{Peek: true}}}
		o.Sink = func(m imap4.LiteralMeta) imap4.LiteralSink {
			u.note("sink begun")
			return &counted{u: u, size: m.Size}
		}
		u.fetches(o)
	}, "* 1 FETCH (UID 11 " + oneEnvelope + " " + oneBody + ")\r\n* 2 FETCH (" + oneBody + " UID 12 ENVELOPE NIL)\r\n* 3 EXISTS\r\n"},
	{"FetchUID", "FETCH", func(u *user) { result(u, "FetchUID", u.FetchUID(imap4.SeqNums(1))) }, "* 1 FETCH (UID 11)\r\n"},
	{"FetchFlags", "FETCH", func(u *user) { result(u, "FetchFlags", u.FetchFlags(imap4.SeqNums(1))) }, "* 1 FETCH (FLAGS (\\Seen) UID 11)\r\n"},
	{"FetchInternalDate", "FETCH", func(u *user) { result(u, "FetchInternalDate", u.FetchInternalDate(imap4.SeqNums(1))) }, someMessages},
	{"FetchEnvelope", "FETCH", func(u *user) { result(u, "FetchEnvelope", u.FetchEnvelope(imap4.SeqNums(1))) }, "* 1 FETCH (UID 11 " + oneEnvelope + ")\r\n"},
	{"FetchBodyStructure", "FETCH", func(u *user) { result(u, "FetchBodyStructure", u.FetchBodyStructure(imap4.SeqNums(1))) }, "* 1 FETCH (UID 11 BODYSTRUCTURE " + oneStructure + ")\r\n"},
	{"FetchSimplifiedBody", "FETCH", func(u *user) { result(u, "FetchSimplifiedBody", u.FetchSimplifiedBody(imap4.SeqNums(1))) }, "* 1 FETCH (UID 11 BODY " + oneStructure + ")\r\n"},
	{"FetchMessage", "FETCH", func(u *user) { result(u, "FetchMessage", u.FetchMessage(imap4.SeqNums(1))) }, "* 1 FETCH (UID 11 " + oneBody + ")\r\n"},
	{"FetchHeaders", "FETCH", func(u *user) { result(u, "FetchHeaders", u.FetchHeaders(imap4.SeqNums(1))) }, "* 1 FETCH (UID 11 BODY[HEADER] {8}\r\nA: b\r\n\r\n)\r\n"},
	{"FetchBody", "FETCH", func(u *user) { result(u, "FetchBody", u.FetchBody(imap4.SeqNums(1))) }, "* 1 FETCH (UID 11 BODY[TEXT] \"c\")\r\n"},
	{"FetchSize", "FETCH", func(u *user) { result(u, "FetchSize", u.FetchSize(imap4.SeqNums(1))) }, someMessages},
	{"FetchFull", "FETCH", func(u *user) { result(u, "FetchFull", u.FetchFull(imap4.SeqNums(1))) }, someMessages},
	{"FetchAll", "FETCH", func(u *user) { result(u, "FetchAll", u.FetchAll(imap4.SeqNums(1))) }, someMessages},
	{"FetchFast", "FETCH", func(u *user) { result(u, "FetchFast", u.FetchFast(imap4.SeqNums(1))) }, someMessages},
	{"FetchSpecific", "FETCH", func(u *user) {
		result(u, "FetchSpecific", u.FetchSpecific(imap4.SeqNums(1), imap4.BodySection{Part: []int{1}}))
	}, "* 1 FETCH (UID 11 BODY[1] {1}\r\nc)\r\n"},
}

var changes = []spoken{
	{"SetFlags", "UID STORE", func(u *user) {
		result(u, "SetFlags", u.SetFlags(imap4.UIDs(11), []imap4.Flag{imap4.FlagSeen}, imap4.StoreOptions{Tell: true, UnchangedSince: 3}))
	}, "* 1 FETCH (UID 11 FLAGS (\\Seen) MODSEQ (10))\r\n{T} OK [MODIFIED 12] done\r\n"},
	{"AddFlags", "STORE", func(u *user) {
		result(u, "AddFlags", u.AddFlags(imap4.SeqNums(1), []imap4.Flag{"x"}, imap4.StoreOptions{Tell: true}))
	}, "* 1 FETCH (FLAGS (x))\r\n"},
	{"RemoveFlags", "STORE", func(u *user) { result(u, "RemoveFlags", u.RemoveFlags(imap4.SeqNums(1), []imap4.Flag{"x"})) }, ""},
	{"SetLabels", "UID STORE", func(u *user) { result(u, "SetLabels", u.SetLabels(imap4.UIDs(11), []string{"a"})) }, ""},
	{"AddLabels", "UID STORE", func(u *user) { result(u, "AddLabels", u.AddLabels(imap4.UIDs(11), []string{"b\r\nc"})) }, ""},
	{"RemoveLabels", "UID STORE", func(u *user) { result(u, "RemoveLabels", u.RemoveLabels(imap4.UIDs(11), []string{"a"})) }, ""},
	{"Copy", "UID COPY", func(u *user) { result(u, "Copy", u.Copy(imap4.UIDs(11, 12), "b")) }, "{T} OK [COPYUID 6 11:12 20:21] done\r\n"},
	{"Move", "UID MOVE", func(u *user) { result(u, "Move", u.Move(imap4.UIDs(11), "b")) }, "* OK [COPYUID 6 11 22] moved\r\n* VANISHED 11\r\n"},
	{"Replace", "UID REPLACE", func(u *user) { result(u, "Replace", u.Replace(imap4.UIDs(12), "b", imap4.Bytes([]byte(mail)))) }, "* OK [APPENDUID 6 23] added\r\n* VANISHED 12\r\n"},
	{"Expunge", "EXPUNGE", func(u *user) { result(u, "Expunge", u.Expunge()) }, "* VANISHED 13\r\n{T} OK [HIGHESTMODSEQ 11] done\r\n"},
	{"UIDExpunge", "UID EXPUNGE", func(u *user) { result(u, "UIDExpunge", u.UIDExpunge(imap4.UIDs(14))) }, "* VANISHED 14\r\n"},
	{"Check", "CHECK", func(u *user) { result(u, "Check", u.Check()) }, "* OK [ALERT] low on space\r\n"},
	{"Close", "CLOSE", func(u *user) { result(u, "Close", u.Close()) }, ""},
}

// after is the end.
var after = []spoken{
	{"Unauthenticate", "UNAUTHENTICATE", func(u *user) { result(u, "Unauthenticate", u.Unauthenticate()) }, ""},
	{"Login", "LOGIN", func(u *user) { result(u, "Login", u.Login("bob", "x")) }, "{T} NO [AUTHENTICATIONFAILED] no\r\n"},
	{"Login", "LOGIN", func(u *user) { result(u, "Login", u.Login("bob", "y")) }, "{T} OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] in\r\n"},
	{"Compress", "COMPRESS", func(u *user) { result(u, "Compress", u.Compress()) }, ""},
	{"Noop", "NOOP", func(u *user) { result(u, "Noop", u.Noop()) }, "* OK [INPROGRESS (\"A1\" 1 2)] so far\r\n"},
	{"Logout", "LOGOUT", func(u *user) { result(u, "Logout", u.Logout()) }, "* BYE out\r\n"},
}

// talk is a conversation from the greeting on.
type talk struct {
	name, greeting string
	commands       []spoken
}

const knowsAll = "* PREAUTH [CAPABILITY IMAP4rev1 " + everything + " COMPRESS=DEFLATE] ready\r\n"

// longTalks have every command in them.
var longTalks = []talk{
	{"before a mailbox is open", "* OK ready\r\n", before},
	{"looking for messages", knowsAll, slices.Concat(opening, searches)},
	{"fetching messages", knowsAll, slices.Concat(opening, fetches)},
	{"changing messages", knowsAll, slices.Concat(opening, changes)},
	{"the end", knowsAll, after},
}

func TestConversationIsWhole(t *testing.T) {
	elsewhere := []string{"StartTLS", "Authenticate", "AuthenticateWith", "SignIn"} // which a session that has logged in does not have
	client := reflect.TypeFor[*imap4.Client]()
	for i := range client.NumMethod() {
		m := client.Method(i)
		if m.Type.NumOut() != 1 || !strings.HasPrefix(m.Type.Out(0).String(), "*deferred.Deferred[") || slices.Contains(elsewhere, m.Name) {
			continue
		}
		if !slices.ContainsFunc(slices.Concat(before, opening, searches, fetches, changes, after), func(s spoken) bool { return s.method == m.Name }) {
			t.Errorf("%s is in no conversation", m.Name)
		}
	}
}

// recorded is a conversation as the server has said it.
type recorded struct {
	talk
	input  string   // the server's bytes
	sent   []byte   // the client's
	events []string // all that happened
	at     []int    // behind how many bytes of input
}

// begin makes a client that says all of the conversation, each command when the one before is answered.
func (r *recorded) begin(t testing.TB) *session {
	t.Helper()
	u := newUser(func(u *user) {
		u.Listener = wholeListener{listener{u}}
		for _, c := range r.commands {
			c.issue(u)
		}
	})
	u.Options.NoRev2, u.Options.NoID = true, true
	return start(t, u)
}

// record plays the conversation with a server that answers each command when it comes, and notes where what happens.
func record(t testing.TB, c talk) *recorded {
	t.Helper()
	r := &recorded{talk: c}
	s := r.begin(t)
	server := &answering{scanner: wire.NewScanner(wire.Server, nil), left: slices.Clone(c.commands)}
	say := func(text string) {
		for i := range len(text) {
			s.server(text[i : i+1])
			r.note(s, len(r.input)+i+1)
		}
		r.input += text
	}
	say(c.greeting)
	for sent := s.tr.Take(); len(sent) > 0; sent = s.tr.Take() {
		r.sent = append(r.sent, sent...)
		say(server.answer(t, sent))
	}
	if len(server.left) > 0 {
		t.Fatalf("the client has not sent %s (%s) and %d more, in %s", server.left[0].method, server.left[0].wire, len(server.left)-1, list(r.events))
	}
	s.tr.Lose(nil)
	s.end()
	r.note(s, len(r.input)+1)
	return r
}

// note notes what has happened up to now.
func (r *recorded) note(s *session, at int) {
	for _, e := range s.take() {
		r.events = append(r.events, e)
		r.at = append(r.at, at)
	}
}

// upTo is what has happened when the server has said n bytes.
func (r *recorded) upTo(n int) []string {
	i, _ := slices.BinarySearch(r.at, n+1)
	return r.events[:i]
}

// answering is a server that takes the commands in their order.
type answering struct {
	scanner  *wire.Scanner
	left     []spoken
	deflater *flate.Writer
	deflated bytes.Buffer
	plain    []byte // what the client has sent under compression
	inflated int
}

// answer is what the server says to what the client has sent.
func (a *answering) answer(t testing.TB, sent []byte) string {
	t.Helper()
	if a.deflater != nil {
		a.plain = append(a.plain, sent...)
		text, _ := io.ReadAll(flate.NewReader(bytes.NewReader(a.plain)))
		sent, a.inflated = text[a.inflated:], len(text)
	}
	var said strings.Builder
	compress := false
	for {
		u, n, err := a.scanner.Next(sent)
		if err != nil {
			t.Fatalf("the client sent %q: %v", sent, err)
		}
		sent = sent[n:]
		if u.Kind == wire.None {
			break
		}
		if u.Kind == wire.LiteralStart && !u.Literal.NonSync {
			said.WriteString("+ go on\r\n")
		}
		if u.Kind == wire.Line {
			compress = a.command(t, u, &said)
		}
	}
	if a.deflater == nil {
		if compress {
			a.deflater, _ = flate.NewWriter(&a.deflated, flate.BestSpeed)
		}
		return said.String()
	}
	_, _ = io.WriteString(a.deflater, said.String())
	_ = a.deflater.Flush()
	defer a.deflated.Reset()
	return a.deflated.String()
}

func (a *answering) command(t testing.TB, u wire.Unit, said *strings.Builder) (compress bool) {
	t.Helper()
	c, err := wire.DecodeCommand(u, nil)
	if err != nil {
		t.Fatalf("the client sent %q: %v", u.Bytes, err)
	}
	name := c.Name
	if c.UID {
		name = "UID " + name
	}
	if len(a.left) == 0 || a.left[0].wire != name {
		t.Fatalf("the client sent %q, want %v", u.Bytes, a.left[:min(1, len(a.left))])
	}
	answer := strings.ReplaceAll(a.left[0].answer, "{T}", c.Tag)
	a.left = a.left[1:]
	said.WriteString(answer)
	if lines := strings.Split(answer, "\r\n"); len(lines) < 2 || !strings.HasPrefix(lines[len(lines)-2], c.Tag+" ") {
		fmt.Fprintf(said, "%s OK done\r\n", c.Tag)
	}
	return c.Name == "COMPRESS"
}

// replay lets the server say the first n bytes again, cut as cut says.
func (r *recorded) replay(t testing.TB, n int, cut reactortest.Chunking) *session {
	t.Helper()
	s := r.begin(t)
	s.serverCut(r.input[:n], cut)
	return s
}

// notes notes a value.
func (u *user) notes(v any) {
	if !u.quiet {
		u.note("%s", shown(v))
	}
}
