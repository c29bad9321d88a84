package imap4_test

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
)

// shape is a command and an answer that can be of any length. The scanner's own work is counted in its tests; here it is all that a client
// does with the answer.
type shape struct {
	name   string
	issue  func(c *imap4.Client) *deferred.Deferred[any]
	answer func(n int) string // of about n bytes
}

// repeated is an answer that is one thing again and again; {i} is its number.
func repeated(before, each, after string) func(n int) string {
	return func(n int) string {
		var b strings.Builder
		b.WriteString(before)
		for i := 1; b.Len() < n; i++ {
			if strings.Contains(each, "{i}") {
				b.WriteString(strings.ReplaceAll(each, "{i}", fmt.Sprint(i)))
				continue
			}
			b.WriteString(each)
		}
		b.WriteString(after + "\r\n")
		return b.String()
	}
}

func fetching(o imap4.FetchOptions) func(c *imap4.Client) *deferred.Deferred[any] {
	return func(c *imap4.Client) *deferred.Deferred[any] {
		var all []*imap4.Message
		d := c.Fetch(imap4.AllMessages(), o, func(m *imap4.Message) { all = append(all, m) })
		return deferred.Then(d, func(int) (any, error) { return all, nil })
	}
}

var (
	noMore    = func(c *imap4.Client) *deferred.Deferred[any] { return of(c.Noop()) }
	fetchAll  = fetching(imap4.FetchOptions{Items: imap4.ItemsFull | imap4.ItemBodyStructure, Sections: []imap4.BodySection{{}}, Extra: []string{"X"}})
	searchAll = func(c *imap4.Client) *deferred.Deferred[any] { return of(c.Search(imap4.Query{})) }
	sortAll   = func(c *imap4.Client) *deferred.Deferred[any] {
		return of(c.Sort([]imap4.SortKey{imap4.SortDate}, imap4.Query{}))
	}
	threadAll = func(c *imap4.Client) *deferred.Deferred[any] { return of(c.Thread("x", imap4.Query{})) }
	listAll   = func(c *imap4.Client) *deferred.Deferred[any] { return of(c.List("", "*")) }
	expunge   = func(c *imap4.Client) *deferred.Deferred[any] { return of(c.Expunge()) }
	copyAll   = func(c *imap4.Client) *deferred.Deferred[any] { return of(c.Copy(imap4.AllUIDs(), "x")) }
)

func nested(before, open, inner, closing, after string) func(n int) string {
	return func(n int) string {
		deep := n / (len(open) + len(closing))
		return before + strings.Repeat(open, deep) + inner + strings.Repeat(closing, deep) + after + "\r\n"
	}
}

// falling are numbers that come the wrong way round, none beside another.
func falling(before string, sep string) func(n int) string {
	return func(n int) string {
		var b strings.Builder
		b.WriteString(before)
		for i := n / 4; b.Len() < n; i-- {
			fmt.Fprintf(&b, "%s%d", sep, 2*i+1)
		}
		b.WriteString("\r\n")
		return b.String()
	}
}

var shapes = []shape{
	{"deep lists of an unknown item", fetchAll, nested("* 1 FETCH (UID 1 X ", "(", "a", ")", ")")},
	{"deep multiparts", fetchAll, nested("* 1 FETCH (BODYSTRUCTURE ", "(", `"a" "b" NIL NIL NIL NIL 1`, ` "mixed")`, ")")},
	{"many parts", fetchAll, repeated("* 1 FETCH (BODYSTRUCTURE (", `("a" "b" NIL NIL NIL NIL 1)`, ` "mixed"))`)},
	{"messages without envelopes", fetchAll, repeated("* 1 FETCH (BODYSTRUCTURE (", `("message" "rfc822" NIL NIL NIL NIL 1 NIL ("a" ("b" "c")) 1)`, ` "mixed"))`)},
	{"messages without envelopes in one another", fetchAll, nested("* 1 FETCH (BODYSTRUCTURE ", `("message" "rfc822" NIL NIL NIL NIL 1 NIL `, `("a" "b" NIL NIL NIL NIL 1)`, " 1)", ")")},
	{"empty parts", fetchAll, repeated("* 1 FETCH (BODYSTRUCTURE (", "()", ` "mixed"))`)},
	{"many parameters", fetchAll, repeated(`* 1 FETCH (BODYSTRUCTURE ("a" "b" ("c" "d"`, ` "p{i}" "v"`, `) NIL NIL NIL 1))`)},
	{"many languages", fetchAll, repeated(`* 1 FETCH (BODYSTRUCTURE ("a" "b" NIL NIL NIL NIL 1 NIL NIL (`, ` "de"`, `)))`)},
	{"extensions of a structure", fetchAll, repeated(`* 1 FETCH (BODYSTRUCTURE ("a" "b" NIL NIL NIL NIL 1 NIL NIL NIL NIL`, ` (x)`, `))`)},
	{"many literals", fetchAll, repeated("* 1 FETCH (X (", " {1}\r\na", "))")},
	{"literals in an envelope", fetchAll, repeated("* 1 FETCH (ENVELOPE (NIL NIL (", "(NIL NIL {1}\r\na {1}\r\nb)", ") NIL NIL NIL NIL NIL NIL NIL))")},
	{"a long quoted string", fetchAll, repeated(`* 1 FETCH (ENVELOPE (NIL "`, "aaaaaaaa", `" NIL NIL NIL NIL NIL NIL NIL NIL))`)},
	{"escapes", fetchAll, repeated(`* 1 FETCH (ENVELOPE (NIL "`, `\"\\`, `" NIL NIL NIL NIL NIL NIL NIL NIL))`)},
	{"an open quote again and again", fetchAll, repeated(`* 1 FETCH (ENVELOPE (NIL `, `"a" `, `" NIL))`)},
	{"folded text", fetchAll, repeated(`* 1 FETCH (ENVELOPE (NIL "`, "a\r\n ", `" NIL NIL NIL NIL NIL NIL NIL NIL))`)},
	{"addresses", fetchAll, repeated("* 1 FETCH (ENVELOPE (NIL NIL (", `(NIL NIL "a" "b")`, ") NIL NIL NIL NIL NIL NIL NIL))")},
	{"empty addresses", fetchAll, repeated("* 1 FETCH (ENVELOPE (NIL NIL (", `()`, ") NIL NIL NIL NIL NIL NIL NIL))")},
	{"envelopes", fetchAll, repeated("* 1 FETCH (UID 1", " ENVELOPE ()", ")")},
	{"flags", fetchAll, repeated("* 1 FETCH (FLAGS (a", " a", "))")},
	{"flags that are known", fetchAll, repeated("* 1 FETCH (FLAGS (a", ` \seen`, "))")},
	{"sections", fetchAll, repeated("* 1 FETCH (UID 1", ` BODY[{i}] ""`, ")")},
	{"one section again and again", fetchAll, repeated("* 1 FETCH (UID 1", ` BODY[] ""`, ")")},
	{"a long number of a part", fetchAll, repeated("* 1 FETCH (BODY[1", ".1", `] "")`)},
	{"names of fields", fetchAll, repeated("* 1 FETCH (BODY[HEADER.FIELDS (a", " a", `)] "")`)},
	{"items of a message", fetchAll, repeated("* 1 FETCH (UID 1", " X 1", ")")},
	{"items that are broken", fetchAll, repeated("* 1 FETCH (UID 1", " UID x", ")")},
	{"messages", fetchAll, repeated("* 1 FETCH (UID 1)\r\n", "* {i} FETCH (FLAGS (\\Seen) UID {i})\r\n", "* OK x")},
	{"messages nobody asked for", noMore, repeated("* 1 FETCH (UID 1)\r\n", "* {i} FETCH (FLAGS (\\Seen) UID {i})\r\n", "* OK x")},
	{"messages in a map", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.FetchFlags(imap4.AllMessages())) },
		repeated("* 1 FETCH (UID 1)\r\n", "* {i} FETCH (FLAGS (\\Seen) UID {i})\r\n", "* OK x")},
	{"one message again and again in a map", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.FetchBody(imap4.AllMessages())) },
		repeated("* 1 FETCH (UID 1)\r\n", "* 1 FETCH (BODY[TEXT] \"\")\r\n", "* OK x")},

	{"found numbers", searchAll, repeated("* SEARCH", " {i}", "")},
	{"found numbers, falling", searchAll, falling("* SEARCH", " ")},
	{"found numbers, line by line", searchAll, repeated("* SEARCH\r\n", "* SEARCH {i} 7\r\n", "* OK x")},
	{"found numbers, falling line by line", searchAll, falling("* SEARCH", "\r\n* SEARCH ")},
	{"sorted numbers", sortAll, falling("* SORT", " ")},
	{"threads side by side", threadAll, repeated("* THREAD ", "(1)", "")},
	{"a long thread", threadAll, repeated("* THREAD (1", " 2", ")")},
	{"a deep thread", threadAll, nested("* THREAD ", "(1 ", "(2)", ")", "")},
	{"empty threads", threadAll, nested("* THREAD ", "(", "", ")", "")},

	{"mailboxes", listAll, repeated("", "* LIST () \"/\" m{i}\r\n", "* OK x")},
	{"one mailbox again and again", listAll, repeated("", "* LIST () \"/\" m\r\n", "* OK x")},
	{"names that are no modified UTF-7", listAll, repeated("", "* LIST () \"/\" &{i}\r\n", "* OK x")},
	{"attributes", listAll, repeated("* LIST (", `\a `, `) "/" m`)},
	{"extended items", listAll, repeated(`* LIST () "/" m (`, `"x" (y) `, `)`)},
	{"a name in modified UTF-7", listAll, repeated(`* LIST () "/" "`, `&AOk-`, `"`)},
	{"items of a status", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.Status("x", imap4.StatusMessages)) }, repeated("* STATUS x (", "X 1 ", ")")},
	{"expunged", expunge, repeated("", "* 1 EXPUNGE\r\n", "* OK x")},
	{"vanished", expunge, repeated("* VANISHED 1", ",{i}", "")},
	{"vanished, falling line by line", expunge, falling("* VANISHED 1", "\r\n* VANISHED ")},
	{"copied", copyAll, func(n int) string {
		numbers := strings.Repeat("1,", n/4) + "1"
		return "* OK [COPYUID 1 " + numbers + " " + numbers + "] x\r\n"
	}},
	{"copied, line by line", copyAll, repeated("", "* OK [COPYUID 1 {i} {i}] x\r\n", "* OK x")},
	{"capabilities", noMore, repeated("* CAPABILITY", " A{i}", "")},
	{"capabilities, line by line", noMore, repeated("", "* CAPABILITY A{i}\r\n", "* OK x")},
	{"flags of a mailbox", noMore, repeated("* FLAGS (", "a ", ")")},
	{"enabled", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.Enable("X")) }, repeated("", "* ENABLED X{i}\r\n", "* OK x")},
	{"rights", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.GetACL("x")) }, repeated("* ACL x", " a b", "")},
	{"quotas", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.GetQuota("x")) }, repeated("* QUOTA x (", "a 1 2 ", ")")},
	{"annotations", func(c *imap4.Client) *deferred.Deferred[any] {
		return of(c.GetMetadata("x", imap4.MetadataOptions{}, "/a"))
	}, repeated("* METADATA x (", "/{i} b ", ")")},
	{"fields of ID", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.ID(nil)) }, repeated("* ID (", `"a{i}" "b" `, ")")},
	{"namespaces", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.Namespace()) }, repeated("* NAMESPACE (", `("" NIL)`, ") NIL NIL")},
	{"responses of which nothing is known", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.SendCommand("X")) }, repeated("", "* X\r\n", "* OK x")},
	{"alerts", noMore, repeated("", "* OK [ALERT] x\r\n", "* OK x")},
	{"continuations", noMore, repeated("", "+ x\r\n", "* OK x")},
	{"lines that are none", noMore, repeated("", "x\r\n", "* OK x")},
}

// cost is what it costs to answer the command with text: time of this thread, bytes asked for and bytes kept.
func (p shape) cost(t *testing.T, text string) (spent time.Duration, asked, kept int64) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	u := newUser(nil)
	u.Listener = nil
	u.Options = &imap4.Options{
		NoID: true, NoRev2: true, MinRate: 1 << 40, AllowInsecureAuth: true,
		Limits: &imap4.Limits{Line: 1 << 30, Literals: 1 << 30},
	}
	s := start(t, u)
	s.server("* PREAUTH [CAPABILITY IMAP4rev1 " + strings.ReplaceAll(everything, " ESEARCH", "") + "] ready\r\n")
	s.Open("INBOX")
	d := p.issue(&s.Client)
	var result any
	d.Handle(func(v any) { result = v }, func(err error) { result = err })
	tag, _, _ := strings.Cut(string(s.tr.Take()), " ")
	input := []byte(text + tag + " OK done\r\n")
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	percent := debug.SetGCPercent(-1) // the work of a collection would count as ours
	began := threadTime(t)
	s.DataReceived(input)
	spent = threadTime(t) - began
	debug.SetGCPercent(percent)
	runtime.ReadMemStats(&after)
	asked = int64(after.TotalAlloc - before.TotalAlloc)
	runtime.GC()
	runtime.ReadMemStats(&after)
	kept = int64(after.HeapAlloc) - int64(before.HeapAlloc)
	runtime.KeepAlive(input)
	if result == nil {
		t.Fatal("the command was not answered")
	}
	runtime.KeepAlive(result)
	s.end()
	return spent, asked, kept
}

// threadTime is how long this thread has worked. It stands still while others do.
func threadTime(t *testing.T) time.Duration {
	t.Helper()
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now); err != nil {
		t.Skip(err)
	}
	return time.Duration(now.Nano())
}

// An answer of eight times the length costs about eight times as much work as a short one, whatever it is made of: quadratic work would be
// sixty-four times. And what is kept of it is in proportion to its length.
func TestLinear(t *testing.T) {
	const (
		times    = 8
		margin   = 3  // of the work
		tries    = 40 // the fastest counts: whatever else the machine does makes one slower, and none faster
		maxKept  = 16 // bytes for each byte
		maxAsked = 128
		small    = 64 << 10
	)
	for _, p := range shapes {
		t.Run(p.name, func(t *testing.T) {
			short, long := p.answer(shortAnswer), p.answer(times*shortAnswer)
			least := func(text string, so time.Duration) time.Duration {
				spent, asked, kept := p.cost(t, text)
				checkMemory(t, len(text), asked, kept, maxAsked, maxKept, small)
				return min(so, spent)
			}
			one, all := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
			for range tries {
				if one, all = least(short, one), least(long, all); all <= margin*times*one {
					return
				}
			}
			t.Errorf("work for %d bytes: got %v, want not much more than %d times the %v for %d bytes", len(long), all, times, one, len(short))
		})
	}
}

func checkMemory(t *testing.T, n int, asked, kept, maxAsked, maxKept, small int64) {
	t.Helper()
	if most := maxKept*int64(n) + small; kept > most {
		t.Errorf("%d bytes: got %d kept, want at most %d", n, kept, most)
	}
	if most := maxAsked*int64(n) + small; asked > most {
		t.Errorf("%d bytes: got %d asked for, want at most %d", n, asked, most)
	}
}

// Many commands that are further steps of one are put into their place one by one, each with the same little work.
func TestStepsAreLinear(t *testing.T) {
	const times, margin, tries, few = 8, 3, 20, 1000
	spent := func(n int) time.Duration {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		s := opened(t, "")
		s.tr.Take()
		s.List("", "*", imap4.ListOptions{Status: imap4.StatusUnseen}).Handle(nil, nil)
		tag, _, _ := strings.Cut(string(s.tr.Take()), " ")
		for i := range n {
			s.server(fmt.Sprintf("* LIST () \"/\" m%d\r\n", i))
		}
		began := threadTime(t)
		s.server(tag + " OK done\r\n")
		return threadTime(t) - began
	}
	one, all := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
	for range tries {
		if one, all = min(one, spent(few)), min(all, spent(times*few)); all <= margin*times*one {
			return
		}
	}
	t.Errorf("work for %d commands: got %v, want not much more than %d times the %v for %d", times*few, all, times, one, few)
}
