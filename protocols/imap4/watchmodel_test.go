package imap4_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/clientservice"
	"github.com/tconn/tconn/protocols/imap4"
)

// mirror is a program that keeps a copy of the mailboxes by what a Watch tells, and finds fault with all that it should not be told.
type mirror struct {
	imap4.BaseWatchHandler
	t       testing.TB
	boxes   map[string]map[uint32]string // flags by UID
	told    map[string]bool              // what must not be told again
	resumed bool                         // the program was started anew: flags may be told again
	compare bool                         // the server has no mod-sequences
	all     bool
	synced  int
	resets  int
	news    int
}

func newMirror(t testing.TB) *mirror {
	return &mirror{t: t, boxes: make(map[string]map[uint32]string), told: make(map[string]bool)}
}

func (m *mirror) box(name string) map[uint32]string {
	if m.boxes[name] == nil {
		if m.all {
			m.t.Errorf("%s: got messages of a mailbox that was not told", name)
		}
		m.boxes[name] = make(map[uint32]string)
	}
	return m.boxes[name]
}

func (m *mirror) once(format string, args ...any) {
	key := fmt.Sprintf(format, args...)
	if m.told[key] {
		m.t.Errorf("%s: got told twice", key)
	}
	m.told[key] = true
}

func flagsText(flags []imap4.Flag) string {
	var words []string
	for _, f := range flags {
		words = append(words, string(f))
	}
	sort.Strings(words)
	return strings.Join(words, " ")
}

func (m *mirror) New(mailbox string, message *imap4.Message) {
	box := m.box(mailbox)
	if _, known := box[message.UID]; known {
		m.t.Errorf("%s %d: got New twice", mailbox, message.UID)
	}
	if !message.Has(imap4.ItemUID|imap4.ItemFlags|imap4.ItemSize) || message.Size != int64(1000+message.UID) {
		m.t.Errorf("%s %d: got items %v and size %d, want UID, flags and size %d", mailbox, message.UID, message.Items(), message.Size, 1000+message.UID)
	}
	m.news++
	m.once("%s %d %d new", mailbox, m.resets, message.UID)
	box[message.UID] = flagsText(message.Flags)
}

func (m *mirror) Flags(mailbox string, message *imap4.Message) {
	box, flags := m.box(mailbox), flagsText(message.Flags)
	old, known := box[message.UID]
	switch {
	case !known:
		m.t.Errorf("%s %d: got Flags before New, or after Vanished", mailbox, message.UID)
	case m.resumed:
	case m.compare && old == flags:
		m.t.Errorf("%s %d: got Flags %q again", mailbox, message.UID, flags)
	case !m.compare:
		m.once("%s %d %d flags %d", mailbox, m.resets, message.UID, message.ModSeq)
	}
	box[message.UID] = flags
}

func (m *mirror) Vanished(mailbox string, uids imap4.MessageSet) {
	box := m.box(mailbox)
	if uids.IsEmpty() {
		m.t.Errorf("%s: got Vanished of nothing", mailbox)
	}
	for uid := range uids.All() {
		if _, known := box[uid]; !known {
			m.t.Errorf("%s %d: got Vanished before New, or twice", mailbox, uid)
		}
		delete(box, uid)
	}
}

func (m *mirror) Reset(mailbox string, _ uint32) {
	m.resets++
	m.boxes[mailbox] = make(map[uint32]string)
}

func (m *mirror) Mailbox(e *imap4.ListEntry) {
	if m.boxes[e.Name] != nil {
		m.t.Errorf("%s: got Mailbox twice", e.Name)
	}
	m.resets++
	m.boxes[e.Name] = make(map[uint32]string)
}

func (m *mirror) MailboxGone(name string) {
	if m.boxes[name] == nil {
		m.t.Errorf("%s: got MailboxGone of one that is not there", name)
	}
	delete(m.boxes, name)
}

func (m *mirror) MailboxRenamed(from, to string) {
	if m.boxes[from] == nil || m.boxes[to] != nil {
		m.t.Errorf("%s to %s: got MailboxRenamed, want the first and not the second to be there", from, to)
	}
	m.resets++
	m.boxes[to] = m.boxes[from]
	delete(m.boxes, from)
}

func (m *mirror) Skipped(name string, err error) { m.t.Errorf("%s: got Skipped: %v", name, err) }

func (m *mirror) Synced(*imap4.Watch) { m.synced++ }

// check compares the copy with the truth.
func (m *mirror) check(sim *mailSim, names ...string) {
	m.t.Helper()
	for _, name := range names {
		truth := make(map[uint32]string)
		for _, message := range sim.box(name).messages {
			words := strings.Fields(message.flags)
			sort.Strings(words)
			truth[message.uid] = strings.Join(words, " ")
		}
		if !maps.Equal(m.boxes[name], truth) {
			m.t.Errorf("%s:\n got %v\nwant %v", name, m.boxes[name], truth)
		}
	}
	if m.all {
		var want []string
		for _, b := range sim.boxes {
			want = append(want, b.name)
		}
		slices.Sort(want)
		if got := slices.Sorted(maps.Keys(m.boxes)); !slices.Equal(got, want) {
			m.t.Errorf("mailboxes: got %v, want %v", got, want)
		}
	}
}

var quickRetry = clientservice.Options{RetryPolicy: func(int) time.Duration { return time.Second }}

func watchOptions(m *mirror) imap4.WatchOptions {
	return imap4.WatchOptions{
		All: m.all, Handler: m, Service: quickRetry, Fetch: imap4.FetchOptions{Items: imap4.ItemSize},
		Client: &imap4.Options{NoID: true},
	}
}

// restart replaces a Watch by one that goes on from its state, through JSON.
func restart(t testing.TB, sim *mailSim, w *imap4.Watch, m *mirror) *imap4.Watch {
	text, err := json.Marshal(w.State())
	if err != nil {
		t.Fatal(err)
	}
	w.Stop()
	sim.run()
	var state imap4.WatchState
	if err := json.Unmarshal(text, &state); err != nil {
		t.Fatal(err)
	}
	m.resumed = true
	o := watchOptions(m)
	o.Resume = &state
	w = imap4.NewWatch(sim, o)
	w.Start()
	return w
}

const (
	capsPlain     = "IMAP4rev1 IDLE"
	capsPoll      = "IMAP4rev1"
	capsCondStore = "IMAP4rev1 IDLE CONDSTORE"
	capsQResync   = "IMAP4rev1 IDLE ENABLE CONDSTORE QRESYNC"
	capsStatus    = " LIST-EXTENDED LIST-STATUS"
)

// watchKinds are the servers and programs of the model test.
var watchKinds = []struct {
	name, caps   string
	all, restart bool
	seeds        uint64
}{
	{"QRESYNC", capsQResync, false, false, 12},
	{"QRESYNC, programs that end", capsQResync, false, true, 4},
	{"CONDSTORE", capsCondStore, false, false, 12},
	{"CONDSTORE, programs that end", capsCondStore, false, true, 4},
	{"neither", capsPlain, false, false, 12},
	{"neither, programs that end", capsPlain, false, true, 4},
	{"no IDLE", capsPoll, false, false, 4},
	{"all by NOTIFY", capsQResync + capsStatus + " NOTIFY", true, false, 24},
	{"all by NOTIFY, programs that end", capsQResync + capsStatus + " NOTIFY", true, true, 4},
	{"all by NOTIFY with CONDSTORE", capsCondStore + capsStatus + " NOTIFY", true, false, 24},
	{"all by NOTIFY with neither", capsPlain + capsStatus + " NOTIFY", true, false, 24},
	{"all by NOTIFY without LIST-STATUS", capsQResync + " NOTIFY", true, false, 24},
	{"all by polling", capsQResync + capsStatus, true, false, 4},
	{"all by polling with CONDSTORE", capsCondStore, true, false, 4},
}

// TestWatchModel lets a Watch follow mailboxes in which things happen at random, over connections that are cut anywhere. What it tells must
// add up to the truth, with nothing told twice. FuzzWatchModel goes on with other seeds.
func TestWatchModel(t *testing.T) {
	for _, kind := range watchKinds {
		t.Run(kind.name, func(t *testing.T) {
			for seed := range kind.seeds {
				if follow(t, seed, kind.caps, kind.all, kind.restart); t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
		})
	}
}

// FuzzWatchModel is TestWatchModel with seeds of the fuzzer's choice.
func FuzzWatchModel(f *testing.F) {
	for i := range watchKinds {
		f.Add(uint64(1000), uint8(i))
	}
	f.Add(uint64(816), uint8(10)) // a status that NOTIFY tells while the mailboxes are listed
	f.Fuzz(func(t *testing.T, seed uint64, kind uint8) {
		k := watchKinds[int(kind)%len(watchKinds)]
		follow(t, seed, k.caps, k.all, k.restart)
	})
}

// follow is one run of the model test.
func follow(t *testing.T, seed uint64, caps string, all, restarts bool) {
	sim := newMailSim(seed, caps)
	m := newMirror(t)
	m.all, m.compare = all, !sim.has("CONDSTORE")
	if all {
		sim.create("Work")
		sim.create("Work/Old")
	}
	sim.restless = true
	sim.cut = func() int {
		if sim.rand.IntN(3) == 0 {
			return -1
		}
		return sim.rand.IntN(1500)
	}
	w := imap4.NewWatch(sim, watchOptions(m))
	w.Start()
	for range 60 {
		sim.run()
		if all && sim.rand.IntN(60) == 0 {
			sim.overflow()
		}
		box := sim.boxes[sim.rand.IntN(len(sim.boxes))]
		switch k := sim.rand.IntN(40); {
		case k < 20:
			sim.happen(box)
		case k < 30:
			sim.push()
		case k < 36:
			sim.clock.Advance(time.Second)
		case k == 36:
			sim.clock.Advance(3 * time.Minute)
		case k == 37:
			sim.renumber(box)
		case k == 38 && restarts:
			w = restart(t, sim, w, m)
		case k == 39 && all:
			sim.reshape()
		}
	}
	sim.restless = false
	sim.cut = func() int { return -1 }
	for range 4 { // each long enough for a reconnect and for a poll
		sim.run()
		sim.push()
		for _, c := range sim.conns {
			c.left = -1
		}
		sim.clock.Advance(3 * time.Minute)
		sim.run()
		sim.push()
	}
	if m.synced == 0 {
		t.Error("got no Synced")
	}
	names := []string{"INBOX"}
	if all {
		names = nil
		for _, b := range sim.boxes {
			names = append(names, b.name)
		}
	}
	m.check(sim, names...)
	if t.Failed() {
		t.Logf("conversation:\n%s", strings.Join(sim.log, "\n"))
	}
	w.Stop()
	sim.run()
	sim.clock.Turn()
	if n := sim.clock.Pending(); n != 0 {
		t.Errorf("planned calls after Stop: got %d, want 0", n)
	}
}

// reshape creates, deletes or renames a mailbox.
func (m *mailSim) reshape() {
	name := fmt.Sprintf("Box%d", m.validity)
	switch k := m.rand.IntN(3); {
	case k == 0 || len(m.boxes) < 2:
		m.create(name)
	case k == 1:
		m.delete(m.boxes[1+m.rand.IntN(len(m.boxes)-1)])
	default:
		m.validity++
		m.rename(m.boxes[1+m.rand.IntN(len(m.boxes)-1)], name)
	}
}
