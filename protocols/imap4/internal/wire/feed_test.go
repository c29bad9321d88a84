package wire

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// Feeding a scanner in any cutting, and writing down what comes out.

// policy says what the caller does at a LiteralStart.
type policy func(s *Scanner, lit Literal)

func keepAll(*Scanner, Literal) {}

func streamAll(s *Scanner, _ Literal) { s.StreamLiteral() }

func skipAll(s *Scanner, _ Literal) { s.SkipLiteral() }

func refuseSync(s *Scanner, lit Literal) {
	if !lit.NonSync {
		s.RefuseLiteral()
	}
}

// byRemainder is a mixture of all.
func byRemainder(s *Scanner, lit Literal) {
	switch lit.Size % 3 {
	case 1:
		s.StreamLiteral()
	case 2:
		s.SkipLiteral()
	}
}

// feeder runs one scanner over pieces of input.
type feeder struct {
	s      *Scanner
	policy policy
	events []string
	piece  []byte // octets of the literal being streamed
	err    error
	units  int
	work   uint64 // bytes the scanner has looked at
	quiet  bool   // write nothing down
}

func newFeeder(role Role, l *Limits, p policy) *feeder {
	return &feeder{s: NewScanner(role, l), policy: p}
}

func (f *feeder) feed(t testing.TB, p []byte) {
	lookedAt = func(n int) { f.work += uint64(n) }
	defer func() { lookedAt = nil }()
	t.Helper()
	p = bytes.Clone(p)
	input := p
	for f.err == nil {
		u, n, err := f.s.Next(p)
		if n < 0 || n > len(p) {
			t.Fatalf("Next took n=%d of %d bytes", n, len(p))
		}
		p = p[n:]
		if err != nil {
			f.err = err
			return
		}
		if u.Kind == None {
			break
		}
		f.note(u)
	}
	if f.err == nil && len(p) != 0 {
		t.Fatalf("Kind None with %d bytes left", len(p))
	}
	for i := range input { // nothing may still be borrowed from it
		input[i] = '#'
	}
}

func (f *feeder) note(u Unit) {
	if f.quiet {
		return
	}
	switch u.Kind {
	case Line:
		f.units++
		f.add("Line %q%s", u.Bytes, literalsString(u.Literals))
		if f.s.role == Server && bytes.Contains(bytes.ToUpper(u.Bytes), []byte(" AUTHENTICATE ")) {
			f.s.ExpectLine()
		}
	case LiteralStart:
		f.add("Start %q%s + %s", u.Bytes, literalsString(u.Literals), literalString(u.Literal))
		f.policy(f.s, u.Literal)
	case LiteralData:
		f.piece = append(f.piece, u.Bytes...)
		if u.Last {
			f.add("Data %q of %s", f.piece, literalString(u.Literal))
			f.piece = nil
		}
	}
}

func (f *feeder) add(format string, args ...any) {
	f.events = append(f.events, fmt.Sprintf(format, args...))
}

// result is all that must not depend on the cutting.
func (f *feeder) result() string {
	tail := fmt.Sprintf("idle=%v", f.s.Idle())
	if f.err != nil {
		tail = "error: " + f.err.Error()
	} else {
		tail += fmt.Sprintf(" piece=%q", f.piece)
	}
	return strings.Join(append(f.events, tail), "\n")
}

func literalsString(lits []Literal) string {
	var b strings.Builder
	for _, lit := range lits {
		b.WriteString(" " + literalString(lit))
	}
	return b.String()
}

func literalString(lit Literal) string {
	form := fmt.Sprintf("{%d", lit.Size)
	if lit.Binary {
		form = "~" + form
	}
	if lit.NonSync {
		form += "+"
	}
	return fmt.Sprintf("[%d..%d %s} %s]", lit.Start, lit.Offset, form, lit.State)
}

// feedWhole, feedBytes, feedSplit and feedRandom are the cuttings.
func feedWhole(t testing.TB, f *feeder, input []byte) *feeder {
	t.Helper()
	f.feed(t, input)
	return f
}

func feedBytes(t testing.TB, f *feeder, input []byte) *feeder {
	t.Helper()
	for i := range input {
		f.feed(t, input[i:i+1])
	}
	return f
}

func feedSplit(t testing.TB, f *feeder, input []byte, at int) *feeder {
	t.Helper()
	f.feed(t, input[:at])
	f.feed(t, input[at:])
	return f
}

func feedRandom(t testing.TB, f *feeder, input []byte, seed uint64) *feeder {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	for len(input) > 0 {
		n := 1 + r.IntN(min(len(input), 40))
		f.feed(t, input[:n])
		input = input[n:]
	}
	return f
}

// feedEveryCut feeds input whole and in every other cutting, fails if they differ, and returns the whole one's feeder.
func feedEveryCut(t *testing.T, role Role, l *Limits, p policy, input []byte) *feeder {
	t.Helper()
	whole := feedWhole(t, newFeeder(role, l, p), input)
	want := whole.result()
	if got := feedBytes(t, newFeeder(role, l, p), input).result(); got != want {
		t.Errorf("byte by byte differs:\ngot\n%s\nwant\n%s", got, want)
	}
	for at := range input {
		if got := feedSplit(t, newFeeder(role, l, p), input, at).result(); got != want {
			t.Fatalf("cut at byte %d differs:\ngot\n%s\nwant\n%s", at, got, want)
		}
	}
	return whole
}

// scanLines scans input, which holds whole units only, and returns them with kept literals.
func scanLines(t testing.TB, role Role, l *Limits, input string) []Unit {
	t.Helper()
	s := NewScanner(role, l)
	var units []Unit
	p := []byte(input)
	for {
		u, n, err := s.Next(p)
		if err != nil {
			t.Fatalf("scan of %q: %v", input, err)
		}
		p = p[n:]
		switch u.Kind {
		case None:
			return units
		case Line:
			u.Bytes = bytes.Clone(u.Bytes)
			units = append(units, u)
		}
	}
}
