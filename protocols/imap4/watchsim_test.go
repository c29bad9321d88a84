package imap4_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// mailSim is a mail server for tests of Watch. Messages come, change and go at random, also in the middle of its answers; its
// connections are cut anywhere.
type mailSim struct {
	clock    *reactortest.Clock
	rand     *rand.Rand
	caps     string
	validity uint32
	modSeq   uint64
	boxes    []*simBox
	conns    []*simConn
	made     int
	restless bool       // things happen in the middle of answers
	budget   int        // how many in one run: else it might never come to an end
	cut      func() int // after how many bytes of the server's the next connection is cut; negative is never
	answer   func(c *simConn, line string) bool
	log      []string
}

// simBox is a mailbox.
type simBox struct {
	name     string
	validity uint32
	next     uint32
	messages []*simMessage
	gone     []simGone
	version  int
}

type simMessage struct {
	uid    uint32
	flags  string
	modSeq uint64
}

type simGone struct {
	uid    uint32
	modSeq uint64
}

func newMailSim(seed uint64, caps string) *mailSim {
	m := &mailSim{
		clock: reactortest.NewClock(), rand: rand.New(rand.NewPCG(seed, 1)), caps: caps, modSeq: 1, validity: 1,
		cut: func() int { return -1 },
	}
	m.create("INBOX")
	return m
}

func (m *mailSim) has(capability string) bool {
	return slices.Contains(strings.Fields(m.caps), capability)
}

// Connect makes the server an endpoint.
func (m *mailSim) Connect(f reactor.Factory) *deferred.Deferred[reactor.Protocol] {
	p := f.BuildProtocol(&net.TCPAddr{})
	m.made++
	c := &simConn{sim: m, tr: reactortest.NewTransport(m.clock), left: m.cut()}
	m.conns = append(m.conns, c)
	c.tr.Connect(p)
	c.say("* PREAUTH ready")
	return deferred.Succeed(p)
}

// Reactor is where the connections live.
func (m *mailSim) Reactor() *reactor.Reactor { return m.clock.Reactor() }

func (m *mailSim) box(name string) *simBox {
	for _, b := range m.boxes {
		if b.name == name {
			return b
		}
	}
	return nil
}

func (m *mailSim) create(name string) *simBox {
	m.validity++
	b := &simBox{name: name, validity: m.validity, next: 1}
	m.boxes = append(m.boxes, b)
	m.tellNames("* LIST () \"/\" %s", name)
	return b
}

func (m *mailSim) delete(b *simBox) {
	m.boxes = slices.DeleteFunc(m.boxes, func(o *simBox) bool { return o == b })
	m.tellNames("* LIST (\\NonExistent) \"/\" %s", b.name)
	if m.rand.IntN(2) == 0 { // otherwise those who have it open keep it
		m.drop(b)
	}
}

// rename gives a mailbox and those below it another name; only the first is told.
func (m *mailSim) rename(b *simBox, name string) {
	old := b.name
	for _, o := range m.boxes {
		if below, ok := strings.CutPrefix(o.name, old); ok && (below == "" || below[0] == '/') {
			o.name = name + below
			m.drop(o)
		}
	}
	m.tellNames("* LIST () \"/\" %s (\"OLDNAME\" (%s))", name, old)
}

// renumber gives the mailbox another UIDVALIDITY.
func (m *mailSim) renumber(b *simBox) {
	m.validity++
	b.validity, b.gone = m.validity, nil
	b.next = 1
	for _, message := range b.messages {
		message.uid = b.next
		b.next++
	}
	b.version++
	m.drop(b)
}

// drop cuts the connections that have a mailbox open.
func (m *mailSim) drop(b *simBox) {
	for _, c := range m.conns {
		if c.box == b {
			c.left = 0
		}
	}
}

func (m *mailSim) tellNames(format string, args ...any) {
	for _, c := range m.conns {
		if c.notify != nil {
			c.say(fmt.Sprintf(format, args...))
		}
	}
}

func (m *mailSim) touch(b *simBox) uint64 {
	m.modSeq++
	b.version++
	return m.modSeq
}

func (m *mailSim) deliver(b *simBox) {
	b.messages = append(b.messages, &simMessage{uid: b.next, modSeq: m.touch(b)})
	b.next += 1 + uint32(m.rand.IntN(2))
}

func (m *mailSim) flag(b *simBox, i int, flags string) {
	if b.messages[i].flags != flags {
		b.messages[i].flags, b.messages[i].modSeq = flags, m.touch(b)
	}
}

func (m *mailSim) expunge(b *simBox, i int) {
	b.gone = append(b.gone, simGone{b.messages[i].uid, m.touch(b)})
	b.messages = slices.Delete(b.messages, i, i+1)
}

// happen lets something happen to a mailbox.
func (m *mailSim) happen(b *simBox) {
	n := len(b.messages)
	switch k := m.rand.IntN(10); {
	case k < 4 || n == 0:
		m.deliver(b)
	case k < 7:
		m.flag(b, m.rand.IntN(n), []string{"", `\Seen`, `\Flagged`, `\Seen $Junk`}[m.rand.IntN(4)])
	default:
		m.expunge(b, m.rand.IntN(n))
	}
}

// meanwhile lets things happen in the middle of something.
func (m *mailSim) meanwhile() {
	if m.restless && m.budget > 0 && m.rand.IntN(6) == 0 {
		m.budget--
		m.happen(m.boxes[m.rand.IntN(len(m.boxes))])
	}
}

// run moves bytes until nothing moves any more.
func (m *mailSim) run() {
	m.budget = 20
	for {
		m.clock.Turn()
		moved := false
		for _, c := range slices.Clone(m.conns) {
			moved = c.run() || moved
		}
		m.conns = slices.DeleteFunc(m.conns, func(c *simConn) bool { return c.ended })
		if !moved {
			return
		}
	}
}

// overflow takes all notifications back.
func (m *mailSim) overflow() {
	for _, c := range m.conns {
		if c.notify != nil {
			c.notify = nil
			c.say("* OK [NOTIFICATIONOVERFLOW] too much")
		}
	}
}

// push tells those who are in IDLE what has happened.
func (m *mailSim) push() {
	for _, c := range m.conns {
		if c.idle != "" {
			c.news(true)
		}
	}
	m.run()
}

// simConn is the server's side of one connection. view is the client's idea of the mailbox: the UIDs in the order of their numbers.
type simConn struct {
	sim     *mailSim
	tr      *reactortest.Transport
	in, out string
	left    int // bytes until it is cut; negative is never
	ended   bool
	box     *simBox
	view    []uint32
	seen    map[uint32]uint64 // what was told of flags: the mod-sequence
	qresync bool
	cond    bool
	idle    string // tag
	notify  map[*simBox]int
}

func (c *simConn) say(line string) { c.out += line + "\r\n" }

// run carries bytes in both directions, in pieces.
func (c *simConn) run() (moved bool) {
	if c.tr.Disconnecting() || c.tr.Reason() != nil {
		c.ended = true
		return false
	}
	c.in += string(c.tr.Take())
	if line, rest, whole := strings.Cut(c.in, "\r\n"); whole {
		c.in, moved = rest, true
		c.sim.log = append(c.sim.log, "C: "+line)
		c.command(line)
	}
	n := len(c.out)
	if c.sim.restless && n > 0 {
		n = 1 + c.sim.rand.IntN(n)
	}
	lost := c.left >= 0 && n >= c.left
	if lost {
		n = c.left
	}
	if n > 0 {
		moved = true
		piece := c.out[:n]
		c.out, c.left = c.out[n:], c.left-n
		c.sim.log = append(c.sim.log, "S: "+strings.ReplaceAll(piece, "\r\n", "|"))
		c.tr.Receive([]byte(piece))
	}
	if lost {
		c.ended = true
		c.sim.log = append(c.sim.log, "-- cut")
		c.tr.Lose(reactor.ErrConnectionLost)
		return true
	}
	return moved
}

func (c *simConn) command(line string) {
	if line == "DONE" {
		c.news(true)
		c.say(c.idle + " OK done")
		c.idle = ""
		return
	}
	if c.sim.answer != nil && c.sim.answer(c, line) {
		return
	}
	tag, rest, _ := strings.Cut(line, " ")
	name, arguments, _ := strings.Cut(rest, " ")
	done := "OK done"
	switch name {
	case "CAPABILITY":
		c.say("* CAPABILITY " + c.sim.caps)
	case "ENABLE":
		c.qresync, c.cond = true, true
		c.say("* ENABLED QRESYNC")
	case "SELECT", "EXAMINE":
		done = c.open(arguments)
	case "UID":
		c.fetch(arguments)
	case "LIST":
		c.list(arguments)
	case "STATUS":
		name, items, _ := strings.Cut(arguments, " ")
		if b := c.sim.box(name); b != nil {
			c.status(b, strings.Trim(items, "()"))
		} else {
			done = "NO [NONEXISTENT] gone"
		}
	case "NOTIFY":
		c.notify = make(map[*simBox]int)
		for _, b := range c.sim.boxes {
			c.notify[b] = b.version
		}
	case "IDLE":
		c.idle = tag
		c.say("+ idling")
		c.news(true)
		return
	case "NOOP":
	default:
		done = "BAD what"
	}
	if c.box != nil && c.sim.rand.IntN(2) == 0 || name == "NOOP" {
		c.news(true)
	}
	c.say(tag + " " + done)
}

// open opens a mailbox.
func (c *simConn) open(arguments string) string {
	name, options, _ := strings.Cut(arguments, " ")
	if c.box != nil && c.sim.rand.IntN(2) == 0 {
		c.news(true)
	}
	if c.box != nil && c.qresync {
		c.say("* OK [CLOSED] closed")
	}
	c.box, c.view, c.seen = nil, nil, make(map[uint32]uint64)
	b := c.sim.box(name)
	if b == nil {
		return "NO [NONEXISTENT] gone"
	}
	c.cond = c.cond || strings.Contains(options, "CONDSTORE")
	for _, message := range b.messages {
		c.view = append(c.view, message.uid)
		c.seen[message.uid] = message.modSeq
	}
	c.say(fmt.Sprintf("* %d EXISTS", len(c.view)))
	c.say(`* FLAGS (\Seen \Flagged)`)
	c.say(fmt.Sprintf("* OK [UIDVALIDITY %d] ok", b.validity))
	if c.cond {
		c.say(fmt.Sprintf("* OK [HIGHESTMODSEQ %d] ok", c.sim.modSeq))
	}
	if _, resync, ok := strings.Cut(options, "(QRESYNC ("); ok {
		c.resync(b, strings.Fields(strings.Trim(resync, "()")))
	}
	c.box = b
	if c.notify != nil {
		c.notify[b] = b.version
	}
	return "OK [READ-ONLY] done"
}

func (c *simConn) resync(b *simBox, words []string) {
	validity, _ := strconv.ParseUint(words[0], 10, 32)
	since, _ := strconv.ParseUint(words[1], 10, 64)
	known, err := imap4.ParseUIDSet(words[2])
	if err != nil || uint32(validity) != b.validity {
		return
	}
	var gone []uint32
	for _, g := range b.gone {
		if g.modSeq > since && known.Contains(g.uid) {
			gone = append(gone, g.uid)
		}
	}
	if len(gone) > 0 {
		c.say("* VANISHED (EARLIER) " + imap4.UIDs(gone...).String())
	}
	for i, message := range b.messages {
		if message.modSeq > since && known.Contains(message.uid) {
			c.tellFlags(i, message, true)
		}
	}
}

func (c *simConn) tellFlags(i int, message *simMessage, uid bool) {
	items := []string{"FLAGS (" + message.flags + ")"}
	if c.cond {
		items = append(items, fmt.Sprintf("MODSEQ (%d)", message.modSeq))
	}
	if uid {
		items = append([]string{fmt.Sprintf("UID %d", message.uid)}, items...)
	}
	c.say(fmt.Sprintf("* %d FETCH (%s)", i+1, strings.Join(items, " ")))
	c.seen[message.uid] = message.modSeq
}

func (b *simBox) find(uid uint32) *simMessage {
	for _, message := range b.messages {
		if message.uid == uid {
			return message
		}
	}
	return nil
}

// news tells what the client does not know yet, some of it at least.
func (c *simConn) news(all bool) {
	if c.notify != nil {
		for _, b := range c.sim.boxes {
			if b != c.box && c.notify[b] != b.version {
				c.notify[b] = b.version
				c.status(b, "MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ")
			}
		}
	}
	if c.box == nil {
		return
	}
	if c.notify != nil && c.qresync && all { // what is told here is not told again by STATUS
		c.notify[c.box] = c.box.version
	}
	skip := func() bool { return !all && c.sim.rand.IntN(3) == 0 }
	for i := len(c.view) - 1; i >= 0; i-- {
		if c.box.find(c.view[i]) != nil || skip() {
			continue
		}
		if c.qresync {
			c.say(fmt.Sprintf("* VANISHED %d", c.view[i]))
		} else {
			c.say(fmt.Sprintf("* %d EXPUNGE", i+1))
		}
		c.view = slices.Delete(c.view, i, i+1)
	}
	if last := len(c.view); !skip() {
		for _, message := range c.box.messages {
			if _, known := c.seen[message.uid]; !known {
				c.view = append(c.view, message.uid)
				c.seen[message.uid] = message.modSeq
			}
		}
		if len(c.view) != last {
			c.say(fmt.Sprintf("* %d EXISTS", len(c.view)))
		}
	}
	for i, uid := range c.view {
		if message := c.box.find(uid); message != nil && message.modSeq != c.seen[uid] && !skip() {
			c.tellFlags(i, message, c.qresync || c.sim.rand.IntN(3) == 0)
		}
	}
}

// fetch answers UID FETCH set (items) [(CHANGEDSINCE n)]. Things happen meanwhile, and some of them are told.
func (c *simConn) fetch(arguments string) {
	words := strings.SplitN(arguments, " ", 3)
	set, err := imap4.ParseUIDSet(words[1])
	if words[0] != "FETCH" || err != nil || c.box == nil {
		return
	}
	if len(c.view) > 0 {
		set = set.WithLast(c.view[len(c.view)-1])
	}
	since := uint64(0)
	if _, text, ok := strings.Cut(words[2], "(CHANGEDSINCE "); ok {
		since, _ = strconv.ParseUint(strings.TrimRight(text, ")"), 10, 64)
	}
	for _, uid := range slices.Clone(c.view) {
		if c.sim.meanwhile(); c.sim.restless && c.sim.rand.IntN(8) == 0 {
			c.news(false)
		}
		message, i := c.box.find(uid), slices.Index(c.view, uid)
		if message == nil || i < 0 || !set.Contains(uid) || message.modSeq <= since {
			continue
		}
		items := []string{fmt.Sprintf("UID %d", uid)}
		if strings.Contains(words[2], "FLAGS") {
			items = append(items, "FLAGS ("+message.flags+")")
			c.seen[uid] = message.modSeq
			if c.cond {
				items = append(items, fmt.Sprintf("MODSEQ (%d)", message.modSeq))
			}
		}
		if strings.Contains(words[2], "RFC822.SIZE") {
			items = append(items, fmt.Sprintf("RFC822.SIZE %d", 1000+uid))
		}
		c.say(fmt.Sprintf("* %d FETCH (%s)", i+1, strings.Join(items, " ")))
	}
}

// list answers LIST, with STATUS if that was asked for.
func (c *simConn) list(arguments string) {
	_, items, status := strings.Cut(arguments, "(STATUS (")
	for _, b := range slices.Clone(c.sim.boxes) {
		if c.sim.box(b.name) != b { // meanwhile
			continue
		}
		c.say(`* LIST () "/" ` + b.name)
		if status {
			c.status(b, strings.Trim(items, "()"))
		}
		c.sim.meanwhile()
		if c.notify != nil && c.sim.restless && c.sim.rand.IntN(16) == 0 {
			c.sim.reshape()
		}
	}
}

func (c *simConn) status(b *simBox, items string) {
	unseen := 0
	for _, message := range b.messages {
		if !strings.Contains(message.flags, "Seen") {
			unseen++
		}
	}
	var values []string
	for _, item := range strings.Fields(items) {
		switch item {
		case "MESSAGES":
			values = append(values, fmt.Sprintf("MESSAGES %d", len(b.messages)))
		case "UIDNEXT":
			values = append(values, fmt.Sprintf("UIDNEXT %d", b.next))
		case "UIDVALIDITY":
			values = append(values, fmt.Sprintf("UIDVALIDITY %d", b.validity))
		case "UNSEEN":
			values = append(values, fmt.Sprintf("UNSEEN %d", unseen))
		case "HIGHESTMODSEQ":
			if c.sim.has("CONDSTORE") {
				values = append(values, fmt.Sprintf("HIGHESTMODSEQ %d", b.highest()))
			}
		}
	}
	c.say("* STATUS " + b.name + " (" + strings.Join(values, " ") + ")")
}

// highest is the mod-sequence of the last thing that happened to the mailbox.
func (b *simBox) highest() uint64 {
	highest := uint64(1)
	for _, message := range b.messages {
		highest = max(highest, message.modSeq)
	}
	for _, g := range b.gone {
		highest = max(highest, g.modSeq)
	}
	return highest
}
