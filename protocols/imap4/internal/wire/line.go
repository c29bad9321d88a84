package wire

import "bytes"

// Lines: where one ends, what counts to its limit, and whether it announces a literal.

// addLine takes p up to and with the next line feed; complete tells that there was one.
func (s *Scanner) addLine(p []byte) (n int, complete bool, err error) {
	if end := bytes.IndexByte(p, '\n'); end >= 0 {
		p, complete = p[:end+1], true
	}
	m := s.unit
	lookAt(2 * len(p))
	room := s.limits.response() - m.total
	full := int64(len(p)) > room
	if full { // what comes behind the first byte too many must not decide which limit is named
		p = p[:room+1]
	}
	m.carry = append(m.carry, p...)
	if limit := s.limits.line(); m.exceeds(limit) {
		return len(p), false, &LimitError{Limit: LimitLine, Max: limit}
	}
	if full {
		return len(p), false, &LimitError{Limit: LimitResponse, Max: s.limits.response()}
	}
	m.total += int64(len(p))
	return len(p), complete, nil
}

// endLine decides what a line that is complete ends: the unit, or only the part before a literal, or nothing at
// all because it is broken.
func (s *Scanner) endLine(u *Unit) error {
	m := s.unit
	part := dropCR(m.carry[m.start : len(m.carry)-1])
	end := m.start + len(part)
	if !m.framed {
		if _, m.framed = s.framed(m.carry[:end]); !m.framed {
			m.carry = m.carry[:end]
			s.finish(u)
			return nil
		}
	}
	lookAt(len(part))
	m.shape.scan(part)
	if a, ok := s.announces(part, m.shape); ok {
		return s.openLiteral(part, a, u)
	}
	m.carry = m.carry[:end]
	if s.role == Client && m.shape.open() {
		m.mode, m.start, m.uncounted = modeBroken, end, min(m.uncounted, end)
		return nil
	}
	s.finish(u)
	return nil
}

// openLiteral begins the literal that a announces at the end of part, the line just completed.
func (s *Scanner) openLiteral(part []byte, a announcement, u *Unit) error {
	m := s.unit
	start := m.start + a.start
	if a.size < 0 {
		return &SyntaxError{Offset: start, Want: "literal size of at most 63 bits", Got: quoteGot(part[a.start:])}
	}
	if limit := s.limits.literalSize(); a.size > limit {
		return &LimitError{Limit: LimitLiteralSize, Max: limit}
	}
	before := m.literals
	if limit := s.limits.literals(); len(before) >= limit {
		return &LimitError{Limit: LimitLiterals, Max: int64(limit)}
	}
	m.literals = append(before, Literal{})
	m.literals[len(before)].announced(start, len(m.carry), a)
	m.left, m.mode = a.size, modeAnnounced
	u.set(LiteralStart, m.carry[:start], before)
	u.Literal.announced(start, len(m.carry), a)
	return nil
}

// framed reports whether a unit that begins with line is one in which a literal can be announced. By grammar, not
// by look: status responses, continuations, raw lines and what is no response at all are text to their end. Before from nothing stands
// that has a shape.
func (s *Scanner) framed(line []byte) (from int, ok bool) {
	if s.raw {
		return 0, false
	}
	if s.role == Server {
		return 0, true
	}
	if _, list := PlainFetch(line); list > 0 {
		return list, true
	}
	return 0, parseHead(line).isData()
}

// announces finds the announcement in which part, a line of a unit that can hold literals, ends.
//
//	literal = ["~"] "{" number64 ["+"] "}" CRLF *OCTET  (RFC 9051 section 9, RFC 7888)
//
// A client takes it for one outside a quoted string and where a token can begin: a server which sends text like
// box{3} unquoted means no literal. A server takes any, as RFC 7888 section 3 demands: the octets are on their way.
func (s *Scanner) announces(part []byte, sh shape) (a announcement, ok bool) {
	a, ok = lastAnnouncement(part)
	if !ok || s.role == Server {
		return a, ok
	}
	if sh.quoted {
		return a, false
	}
	if a.start == 0 { // directly behind a literal, or folded: no token goes on here
		return a, true
	}
	switch part[a.start-1] {
	case ' ', '\t', '(', ']', '>': // "]" and ">": BODY[]{5} and BODY[]<0>{5}, the space left out
		return a, true
	}
	return a, false
}

// announcement is what a line announces at its end.
type announcement struct {
	start   int   // where it stands in the line
	size    int64 // octets; -1 for more than 63 bits
	nonSync bool
	binary  bool
}

// lastAnnouncement finds one at the end of b.
func lastAnnouncement(b []byte) (a announcement, ok bool) {
	end := len(b) - 1
	if end < 2 || b[end] != '}' {
		return a, false
	}
	if b[end-1] == '+' {
		a.nonSync = true
		end--
	}
	digits := end
	for digits > 0 && isDigit(b[digits-1]) {
		digits--
	}
	if digits == end || digits == 0 || b[digits-1] != '{' {
		return a, false
	}
	if a.size, ok = parseNumber63(b[digits:end]); !ok {
		a.size = -1
	}
	a.start = digits - 1
	if a.start > 0 && b[a.start-1] == '~' {
		a.binary = true
		a.start--
	}
	return a, true
}

// continuesBroken reports whether a line that begins with c belongs to the broken one before it. No response
// begins so. Seen: quoted strings with a line end in them, and literals announced two octets too short, whose
// line end then stands in the list.
func continuesBroken(c byte) bool { return c == ' ' || c == '\t' || c == ')' }

// exceeds tells whether the unit's lines are longer than limit. It counts only when they may be.
func (m *partial) exceeds(limit int64) bool {
	if m.counted+int64(len(m.carry)-m.uncounted) <= limit {
		return false
	}
	m.count()
	return m.counted > limit
}

// count counts what has not been counted yet: all bytes but line ends and what number lists are made of.
func (m *partial) count() {
	for _, c := range m.carry[m.uncounted:] {
		m.counted += int64(counted[c])
	}
	m.uncounted = len(m.carry)
}

// counted has 1 for what counts, 0 for what does not.
var counted = makeCounted()

func makeCounted() (table [256]uint8) {
	for i := range table {
		if !isOneOf(byte(i), " ,:*()\r\n0123456789") {
			table[i] = 1
		}
	}
	return table
}

// dropCR cuts off the carriage return that belongs to the line's end.
func dropCR(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}

// parseNumber63 reads digits of any number, leading zeros allowed, up to 1<<63-1.
func parseNumber63(digits []byte) (int64, bool) {
	n, ok := parseNumber(digits)
	return int64(n), ok && n < 1<<63
}

// parseNumber reads digits of any number, leading zeros allowed, up to 1<<64-1.
func parseNumber(digits []byte) (n uint64, ok bool) {
	const max = 1<<64 - 1
	if len(digits) < len("18446744073709551615") { // no such number is too large
		for _, c := range digits {
			if !isDigit(c) {
				return 0, false
			}
			n = n*10 + uint64(c-'0')
		}
		return n, len(digits) > 0
	}
	for _, c := range digits {
		d := uint64(c - '0')
		if d > 9 || n > max/10 || n*10 > max-d {
			return 0, false
		}
		n = n*10 + d
	}
	return n, len(digits) > 0
}
