package imap4_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

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

// server is the whole input of a session: a greeting, the vector, the answers that it lacks.
func (v vector) server() string {
	data := strings.ReplaceAll(string(v.Data), "{TAG}", "A1")
	if v.Kind != "greeting" {
		data = "* OK ready\r\n" + data
	}
	if slices.Contains(lastWords, v.ID) {
		return data
	}
	if !strings.Contains(data, "\nA1 ") {
		data += "A1 OK done\r\n"
	}
	return data + "A2 OK done\r\n"
}

// play runs the vector's session: its command, or a NOOP in place of one that this client does not have, and a NOOP behind it.
func (v vector) play(t testing.TB, cut reactortest.Chunking) *session {
	first := noop
	switch v.Kind {
	case "login":
		first = login("alice", "secret")
	case "capability":
		first = capability
	}
	s := start(t, newUser(inTurn(first, noop)))
	s.serverCut(v.server(), cut)
	s.tr.Lose(nil)
	s.end()
	return s
}

func TestVectors(t *testing.T) {
	vectors := loadVectors(t)
	if got, want := len(vectors), len(vectorEvents)+len(vectorNames); got != want {
		t.Errorf("vectors: got %d, want %d", got, want)
	}
	for _, v := range vectors {
		t.Run(v.ID+" "+v.Kind, func(t *testing.T) {
			whole := v.play(t, reactortest.Whole).take()
			if want, ok := vectorEvents[v.ID]; ok {
				wantEvents(t, whole, want)
			} else if got, want := names(whole), vectorNames[v.ID]; got != want {
				t.Errorf("events: got %q, want %q (%s)", got, want, v.Expect)
			}
			wantEvents(t, v.play(t, reactortest.Bytewise).take(), whole)
			for n := 1; n < len(v.server()) && !t.Failed(); n++ {
				wantEvents(t, v.play(t, cutAt(n)).take(), whole)
				if t.Failed() {
					t.Fatalf("cut behind byte %d", n)
				}
			}
		})
	}
}

// names is the events in short: the names of the untagged responses, and how the commands ended.
func names(events []string) string {
	var short []string
	for _, e := range events {
		switch {
		case strings.HasPrefix(e, "* "):
			words := strings.Fields(e)
			if words[1][0] >= '0' && words[1][0] <= '9' {
				words = words[1:]
			}
			short = append(short, words[1])
		case strings.HasPrefix(e, "exists "), strings.HasPrefix(e, "recent "), strings.HasPrefix(e, "expunge "),
			strings.HasPrefix(e, "list "), strings.HasPrefix(e, "status "), strings.HasPrefix(e, "flags "):
			short = append(short, strings.ToUpper(strings.Fields(e)[0]))
		case strings.HasPrefix(e, "message data "):
			short = append(short, "FETCH")
		case strings.HasPrefix(e, "warning "):
			short = append(short, strings.Fields(e)[1])
		case strings.HasPrefix(e, "NOOP: "), strings.HasPrefix(e, "NOOP failed: "):
			short = append(short, strings.TrimPrefix(strings.TrimPrefix(e, "NOOP: "), "NOOP failed: imap4: NOOP: the server said "))
		}
	}
	return strings.Join(short, " ")
}

// What the client knows of the capabilities behind a vector.
func TestVectorCapabilities(t *testing.T) {
	want := map[string]string{
		"G01": "IMAP4rev1 IDLE",
		"G02": "IMAP4rev1 IDLE",
		"G07": "IMAP4rev1 AUTH AUTH=PLAIN AUTH=LOGIN THREAD=A THREAD=B X=Y=Z",
		"G08": "IMAP4rev1 LOGINDISABLED UIDPLUS",
	}
	for _, v := range loadVectors(t) {
		words, known := want[v.ID]
		for _, cut := range []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise} {
			caps, ok := v.play(t, cut).Capabilities()
			if ok != known || caps.String() != words {
				t.Errorf("%s: got [%v], %v, want [%s], %v", v.ID, caps, ok, words, known)
			}
			if v.ID == "G07" {
				g07(t, caps)
			}
		}
	}
}

func g07(t *testing.T, caps imap4.Capabilities) {
	t.Helper()
	want := []string{"IMAP4rev1: None", "AUTH: [None, 'PLAIN', 'LOGIN']", "THREAD: ['A', 'B']", "X: ['Y=Z']"}
	if got := printed(caps); !slices.Equal(got, want) {
		t.Errorf("G07 prints\n got %q\nwant %q", got, want)
	}
}

// vectorEvents is all that is noted of the vectors that are about this client's own commands.
var vectorEvents = map[string][]string{
	"G01": { // greeting = first line, no capabilities; 2nd line is an ordinary untagged OK whose CAPABILITY code updates the cache
		`greeting "Waiting for authentication process to respond.." false`,
		`* OK "[CAPABILITY IMAP4rev1 IDLE] Dovecot ready."`,
		"NOOP: ok", "NOOP: ok", cleanEnd,
	},
	"G02": { // caps {IMAP4rev1,IDLE}
		`greeting "ready" false`,
		"NOOP: ok", "NOOP: ok", cleanEnd,
	},
	"G03": { // OK greeting, text ""
		`greeting "" false`,
		"NOOP: ok", "NOOP: ok", cleanEnd,
	},
	"G05": { // text keeps the brackets; no response code; capability cache stays unknown
		`greeting "mail.example [192.0.2.7] ready" false`,
		"NOOP: ok", "NOOP: ok", cleanEnd,
	},
	"G07": { // AUTH -> [nil,"PLAIN","LOGIN"]; THREAD -> [A,B]; X -> ["Y=Z"]
		`greeting "ready" false`,
		"NOOP: ok", "NOOP: ok", cleanEnd,
	},
	"G08": { // login succeeds; LOGINDISABLED after auth ignored
		`greeting "ready" false`,
		"LOGIN: ok",
		"NOOP: ok",
		cleanEnd,
	},
	"G09": { // login Deferred fails once with a ByeError{Code:ALERT,Text}; every queued command fails too; no hang
		`greeting "ready" false`,
		`alert "Fatal error: Account's mailbox directory is not owned by the correct uid or gid: "`,
		`bye "ALERT" "Fatal error: Account's mailbox directory is not owned by the correct uid or gid: "`,
		`LOGIN failed: imap4: LOGIN: the server said BYE "Fatal error: Account's mailbox directory is not owned by the correct uid or gid: " (sent true)`,
		`NOOP failed: imap4: NOOP: the server said BYE "Fatal error: Account's mailbox directory is not owned by the correct uid or gid: " (sent false)`,
		cleanEnd,
	},
	"G10": { // OK; unknown code kept raw (quotes, =, : inside); text "AUTHENTICATE completed."
		`greeting "ready" false`,
		"LOGIN: ok",
		"NOOP: ok",
		cleanEnd,
	},
	"G12": { // error Code=ALERT, class TooManyConnections
		`greeting "ready" false`,
		`alert "Too many simultaneous connections. (Failure)"`,
		`LOGIN failed: imap4: LOGIN: the server said NO [ALERT] "Too many simultaneous connections. (Failure)"`,
		"NOOP: ok",
		cleanEnd,
	},
	"G13": { // first line completes; stray line has unknown tag: logged, connection lives
		`greeting "ready" false`,
		"NOOP: ok", "NOOP: ok", cleanEnd,
	},
	"G14": { // code parsed, text ""
		`greeting "ready" false`,
		`* OK "[HIGHESTMODSEQ 11228865]"`,
		"NOOP: ok", "NOOP: ok", cleanEnd,
	},
	"G15": { // command OK, text ""
		`greeting "ready" false`,
		"NOOP: ok", "NOOP: ok", cleanEnd,
	},
	"G16": { // OK; text contains [THROTTLED] (surfaced as a hint, not a resp code)
		`greeting "ready" false`,
		"NOOP: ok", "NOOP: ok", cleanEnd,
	},
	"G17": { // connection ends once, pending fail once
		`greeting "ready" false`,
		`bye "" ""`,
		`NOOP failed: imap4: NOOP: the server said BYE "" (sent true)`,
		`NOOP failed: imap4: NOOP: the server said BYE "" (sent false)`,
		cleanEnd,
	},
	"G18": { // treated as fatal server error with that text (no panic, no silent hang)
		`greeting "ready" false`,
		`bye "" "Server Unavailable. 15"`,
		`NOOP failed: imap4: NOOP: the server said BYE "Server Unavailable. 15" (sent true)`,
		`NOOP failed: imap4: NOOP: the server said BYE "Server Unavailable. 15" (sent false)`,
		cleanEnd,
	},
	"R10": { // code READ-WRITE, text "[Gmail]/Sent Mail selected. (Success)"
		`greeting "ready" false`,
		"NOOP: ok", "NOOP: ok", cleanEnd,
	},
	"R13": { // ignored / progress callback
		`greeting "ready" false`,
		`* OK "Still here"`,
		"progress {A1 454 1000 Processing}",
		"NOOP: ok", "NOOP: ok", cleanEnd,
	},
	"U02": { // ignored with RawResponse callback; connection alive, literal skipped
		`greeting "ready" false`,
		`* NOOP ""`,
		`* 86 NOOP "froopy"`,
		`* XFROB "(a (b \"c)\")) {3}\r\nx)y z"`,
		"NOOP: ok", "NOOP: ok", cleanEnd,
	},
	"U03": { // callbacks vanished(earlier,...), exists 7, expunge 2; RECENT optional
		`greeting "ready" false`,
		"vanished 300:310,405 true",
		"recent 3",
		"exists 7",
		"expunge 2",
		"NOOP: ok", "NOOP: ok", cleanEnd,
	},
	"U04": { // order kept; flags update callback mid-session
		`greeting "ready" false`,
		"expunge 1",
		"exists 4",
		`flags [\Draft \Answered] false`,
		`flags [\* \Draft] true`,
		"NOOP: ok", "NOOP: ok", cleanEnd,
	},
	"U05": { // logged, connection alive
		`greeting "ready" false`,
		"NOOP: ok", "NOOP: ok", cleanEnd,
	},
	"U06": { // all accepted; quota root ROOT with 0 resources
		`greeting "ready" false`,
		`* XLIST "(\\Inbox) \"/\" INBOX"`,
		`* LSUB "() \".\" #news.comp"`,
		`* QUOTA "\"ROOT\""`,
		`* ACL "INBOX owner lrs"`,
		"NOOP: ok", "NOOP: ok", cleanEnd,
	},
	"G19": { // NOT a literal: text ends with {5}; EXISTS 7 delivered
		`greeting "ready" false`,
		`* OK "resync of box {5}"`,
		"exists 7",
		"NOOP: ok", "NOOP: ok", cleanEnd,
	},
	"G20": { // text kept, alert callback
		`greeting "ready" false`,
		`alert "café — raw utf-8 text"`,
		"NOOP: ok", "NOOP: ok", cleanEnd,
	},
}

// vectorNames is what names makes of the others.
var vectorNames = map[string]string{
	"R01": "EXISTS OK OK OK ok ok",
	"R02": "FLAGS FLAGS EXISTS ok ok",
	"R03": "FLAGS EXISTS ok ok",
	"R04": "FLAGS EXISTS ok ok",
	"R05": "EXISTS OK FLAGS ok ok",
	"R06": "OK NO [NONEXISTENT] \"no such\" ok",
	"R08": "OK EXPUNGE ok ok",
	"R09": "OK EXPUNGE ok ok",
	"R12": "NO ok ok",
	"R14": "ok ok",
	"U01": "EXISTS RECENT ok ok",
	"F02": "FETCH ok ok",
	"F04": "FETCH ok ok",
	"F05": "FETCH ok ok",
	"F06": "FETCH ok ok",
	"F08": "FETCH ok ok",
	"F09": "FETCH ok ok",
	"F10": "FETCH ok ok",
	"F11": "FETCH ok ok",
	"F12": "FETCH ok ok",
	"F13": "FETCH ok ok",
	"F14": "FETCH FETCH ok ok",
	"F16": "FETCH ok ok",
	"F17": "FETCH ok ok",
	"F18": "FETCH ok ok",
	"E01": "FETCH ok ok",
	"E03": "FETCH ok ok",
	"E05": "FETCH FETCH ok ok",
	"E06": "FETCH ok ok",
	"E08": "FETCH ok ok",
	"E09": "FETCH FETCH ok ok",
	"B01": "FETCH ok ok",
	"B03": "FETCH ok ok",
	"B05": "FETCH ok ok",
	"B06": "FETCH ok ok",
	"B07": "FETCH ok ok",
	"B09": "FETCH ok ok",
	"B10": "FETCH ok ok",
	"B12": "FETCH ok ok",
	"B13": "FETCH ok ok",
	"B14": "FETCH FETCH ok ok",
	"B16": "FETCH ok ok",
	"L01": "LIST LIST LIST ok ok",
	"L03": "LIST LIST LIST LIST ok ok",
	"L04": "LIST LIST ok ok",
	"L05": "LIST LIST ok ok",
	"L06": "LIST LIST ok ok",
	"S01": "STATUS ok ok",
	"S02": "STATUS ok ok",
	"S03": "STATUS ok ok",
	"S04": "STATUS ok ok",
	"Q01": "SEARCH SEARCH ok ok",
	"Q02": "SEARCH ok ok",
	"Q03": "SEARCH ok ok",
	"Q05": "ESEARCH ok ok",
	"Q06": "ESEARCH ok ok",
	"N01": "NAMESPACE ok ok",
	"N02": "NAMESPACE ok ok",
	"I01": "ID ok ok",
	"I02": "ID ok ok",
	"K01": "QUOTAROOT QUOTA ok ok",
	"T01": "THREAD ok ok",
}
