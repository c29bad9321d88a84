package wire

import (
	"bytes"
	"slices"
	"sync"
)

// Role tells whose input a Scanner reads.
type Role uint8

// Roles of a Scanner.
const (
	Client Role = iota // a client: reads responses
	Server             // a server: reads commands
)

// Scanner cuts a stream of bytes into units. It can be fed any pieces: the units do not depend on how the bytes
// are cut. Between units it holds no buffer. The zero value is a client's scanner with default limits.
//
// Goroutine: one at a time.
type Scanner struct {
	limits *Limits
	unit   *partial // nil between units
	role   Role
	raw    bool // ExpectLine was called
}

// lookedAt, if a test sets it, is told how many bytes were looked at: the proof of linear time.
var lookedAt func(n int)

func lookAt(n int) {
	if lookedAt != nil {
		lookedAt(n)
	}
}

// partial is a unit that has begun and is not complete.
type partial struct {
	carry     []byte    // the unit's bytes so far
	literals  []Literal // all literals whose octets are through, and the open one
	counted   int64     // bytes that count to Limits.Line, of those that have been counted
	uncounted int       // index in carry of the first byte of a line that has not: see exceeds
	total     int64     // bytes that count to Limits.Response
	left      int64     // octets of the open literal still to come
	start     int       // index in carry of the line's first byte that shape has not seen
	framed    bool      // the line's head says that literals can follow
	shape     shape
	mode      mode
	err       error
}

// mode is what was just read of a unit that has begun.
type mode uint8

const (
	modeLine      mode = iota // part of a line
	modeBroken                // a line which cannot be complete: its first byte tells whether the next belongs to it
	modeAnnounced             // a literal's announcement, the caller has not been back since
	modeKeep                  // part of a literal's octets, which are kept
	modeStream                // the same, handed out
	modeSkip                  // the same, dropped
	modeOver                  // all of it: the unit was handed out, and its memory is borrowed until the next call
	modeFailed                // something after which no unit can be found
)

// NewScanner returns a scanner for a connection's input.
// Limits: nil means the defaults; otherwise shared, not copied.
func NewScanner(role Role, limits *Limits) *Scanner {
	s := new(Scanner)
	s.Init(role, limits)
	return s
}

// Init makes s a fresh scanner, for those who embed it.
func (s *Scanner) Init(role Role, limits *Limits) {
	*s = Scanner{limits: limits, role: role}
}

// Idle reports whether s stands between two units: the end of input is no truncation here.
func (s *Scanner) Idle() bool { return s.unit == nil || s.unit.mode == modeOver }

// Buffered is how many bytes of an incomplete unit s holds.
func (s *Scanner) Buffered() int {
	if s.Idle() {
		return 0
	}
	return len(s.unit.carry)
}

// ExpectLine makes the next unit one raw line, in which no literal is looked for: a SASL answer or DONE
// (RFC 3501 section 6.2.2, RFC 2177). Call it between units.
func (s *Scanner) ExpectLine() { s.raw = true }

// StreamLiteral asks for the literal just announced as LiteralData pieces. Legal directly after LiteralStart.
func (s *Scanner) StreamLiteral() { s.decide(modeStream, LiteralStreamed) }

// SkipLiteral drops the octets of the literal just announced as they come. Legal directly after LiteralStart.
func (s *Scanner) SkipLiteral() { s.decide(modeSkip, LiteralSkipped) }

// RefuseLiteral forgets the unit whose literal was just announced: a server answers NO or BAD instead of "+", the
// client then sends no octets, and the next byte begins a new command (RFC 3501 section 7.5). Legal directly
// after LiteralStart, and not for a NonSync literal, whose octets come in any case: use SkipLiteral for that.
func (s *Scanner) RefuseLiteral() {
	lit := s.announced()
	if lit.NonSync {
		panic("imap4: RefuseLiteral for a literal that is being sent")
	}
	s.unit = nil
}

func (s *Scanner) decide(m mode, state LiteralState) {
	s.announced().State = state
	s.unit.mode = m
}

func (s *Scanner) announced() *Literal {
	if s.unit == nil || s.unit.mode != modeAnnounced {
		panic("imap4: no literal has just been announced")
	}
	return &s.unit.literals[len(s.unit.literals)-1]
}

// Next takes n bytes of p and returns the next unit. Call it again with p[n:] until the unit's Kind is None, which
// means that all of p was taken; then again with the next input.
//
// After LiteralStart the caller may call StreamLiteral, SkipLiteral or RefuseLiteral; otherwise the literal is
// kept within Limits.Literal, else skipped.
// Errors: *LimitError, or *SyntaxError for a literal's size that is no 63 bit number; the scanner then stays failed.
// Lifetime: see Unit.
func (s *Scanner) Next(p []byte) (u Unit, n int, err error) {
	n, err = s.Read(p, &u)
	return u, n, err
}

// Read is Next for a caller that has room for the unit: u, which it sets, also if there is none.
func (s *Scanner) Read(p []byte, u *Unit) (n int, err error) {
	if s.unit != nil && s.unit.mode != modeOver {
		return s.resume(p, u)
	}
	if len(p) == 0 {
		s.letGo()
		*u = Unit{}
		return 0, nil
	}
	if n, err = s.wholeLine(p, u); n > 0 {
		return n, err
	}
	s.begin()
	return s.resume(p, u)
}

// wholeLine is the way of nearly all units: a line that lies in p as a whole and announces no literal is handed
// out where it lies. n is 0 if p does not begin with such a line. One that announces a literal begins a unit at once.
func (s *Scanner) wholeLine(p []byte, u *Unit) (n int, err error) {
	end := bytes.IndexByte(p, '\n')
	if end < 0 {
		lookAt(len(p))
		return 0, nil
	}
	lookAt(end)
	if int64(end) >= min(s.limits.line(), s.limits.response()) {
		return 0, nil
	}
	line := dropCR(p[:end])
	if !s.mayGoOn(line, p[end+1:]) {
		return s.lineAt(end, line, u), nil
	}
	if from, ok := s.framed(line); ok {
		lookAt(end)
		var sh shape
		sh.scan(line[from:])
		if a, ok := s.announces(line, sh); ok {
			return end + 1, s.beginWith(p[:end+1], len(line), sh, a, u)
		}
		if s.role == Client && sh.open() {
			return 0, nil
		}
	}
	return s.lineAt(end, line, u), nil
}

// lineAt hands out line, whose end is at end, where it lies.
func (s *Scanner) lineAt(end int, line []byte, u *Unit) (n int) {
	s.letGo()
	s.raw = false
	u.set(Line, line, nil)
	return end + 1
}

// beginWith begins a unit with a line within the limits that announces a literal, as a says; line is with its end, which begins at end.
func (s *Scanner) beginWith(line []byte, end int, sh shape, a announcement, u *Unit) error {
	s.begin()
	m := s.unit
	lookAt(len(line))
	m.carry = append(m.carry, line...)
	m.total = int64(len(line))
	m.framed, m.shape = true, sh
	if err := s.openLiteral(m.carry[:end], a, u); err != nil {
		*u = Unit{}
		return s.fail(err)
	}
	return nil
}

// mayGoOn reports whether what follows line can belong to its unit, as far as the two bytes say where they meet: behind an
// announcement a literal, and in front of what continues a broken line such a one. It spares most lines a closer look.
func (s *Scanner) mayGoOn(line, next []byte) bool {
	if len(line) > 0 && line[len(line)-1] == '}' {
		return true
	}
	return s.role == Client && (len(next) == 0 || continuesBroken(next[0]))
}

// resume goes on with a unit that has begun.
func (s *Scanner) resume(p []byte, u *Unit) (n int, err error) {
	m := s.unit
	*u = Unit{}
	for {
		rest := p[n:]
		switch m.mode {
		case modeLine:
			k, complete, err := s.addLine(rest)
			n += k
			if err == nil && !complete {
				return n, nil
			}
			if err == nil {
				err = s.endLine(u)
			}
			if err != nil {
				return n, s.fail(err)
			}
			if u.Kind != None {
				return n, nil
			}
		case modeBroken:
			if len(rest) == 0 {
				return n, nil
			}
			if !continuesBroken(rest[0]) {
				s.finish(u)
				return n, nil
			}
			m.mode = modeLine
		case modeAnnounced:
			m.keepOrSkip(s.limits)
		case modeStream:
			if len(rest) == 0 && m.left > 0 {
				return n, nil
			}
			m.streamed(rest, u)
			return n + len(u.Bytes), nil
		case modeKeep, modeSkip:
			n += m.octets(rest)
			if m.left > 0 {
				return n, nil
			}
			m.endLiteral()
		case modeFailed:
			return n, m.err
		}
	}
}

// fail makes err the answer to all that follows.
func (s *Scanner) fail(err error) error {
	s.unit = &partial{mode: modeFailed, err: err}
	return err
}

// finish hands out the unit. A large buffer goes with it; a small one is used again.
func (s *Scanner) finish(u *Unit) {
	m := s.unit
	m.mode, s.raw = modeOver, false
	u.set(Line, m.carry, m.literals)
	u.Owned = cap(m.carry) > maxSpareBytes
	if u.Owned {
		m.carry = nil
	}
}

// Scanners share the memory of units that do not lie in one piece: a FETCH of bodies has one for each message.
var partials = sync.Pool{New: func() any { return new(partial) }}

// begin takes up memory for a unit: that of the one before, if that is still at hand.
func (s *Scanner) begin() {
	if s.unit == nil {
		s.unit = partials.Get().(*partial)
		return
	}
	s.unit.empty()
}

// letGo gives the memory of the unit before back, of which nothing may be used any more.
func (s *Scanner) letGo() {
	if s.unit != nil {
		s.unit.empty()
		partials.Put(s.unit)
		s.unit = nil
	}
}

const (
	maxSpareBytes    = 1 << 10
	maxSpareLiterals = 16
)

// empty makes m fit for the next unit. Nobody may use the one before any more.
func (m *partial) empty() {
	if cap(m.literals) > maxSpareLiterals {
		m.literals = nil
	}
	m.carry, m.literals = m.carry[:0], m.literals[:0]
	m.counted, m.uncounted, m.total, m.left, m.start = 0, 0, 0, 0, 0
	m.framed, m.shape, m.mode, m.err = false, shape{}, modeLine, nil
}

// keepOrSkip is what happens to a literal about which the caller said nothing.
func (m *partial) keepOrSkip(l *Limits) {
	lit := &m.literals[len(m.literals)-1]
	if lit.Size > l.literal() || lit.Size > l.response()-m.total {
		lit.State = LiteralTooLarge
		m.mode = modeSkip
		return
	}
	m.count()
	m.mode = modeKeep
}

// octets takes what p holds of a literal that is kept or skipped.
func (m *partial) octets(p []byte) int {
	k := int(min(int64(len(p)), m.left))
	m.left -= int64(k)
	if m.mode == modeKeep {
		m.makeRoom(k)
		m.carry = append(m.carry, p[:k]...)
		m.total += int64(k)
	}
	return k
}

// makeRoom makes room for k octets of a literal and, if they are its last, for the line that follows, which is short as a rule.
func (m *partial) makeRoom(k int) {
	if m.left == 0 {
		k += restRoom
	}
	m.carry = slices.Grow(m.carry, k)
}

// restRoom is room for what stands behind a literal: ")", or a UID and flags.
const restRoom = 64

// streamed hands out what p holds of a literal, where it lies.
func (m *partial) streamed(p []byte, u *Unit) {
	k := int(min(int64(len(p)), m.left))
	m.left -= int64(k)
	u.Kind, u.Bytes, u.Last, u.Literal = LiteralData, p[:k:k], m.left == 0, m.literals[len(m.literals)-1]
	if u.Last {
		m.endLiteral()
	}
}

func (m *partial) endLiteral() {
	if m.mode == modeKeep {
		m.uncounted = len(m.carry)
	}
	m.mode = modeLine
	m.start = len(m.carry)
}
