package reactor_test

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/tconn/tconn/reactor"
)

const (
	goingOn = "the reactor is stalled: a callback does not return"
	atEnd   = "the reactor was stalled: a callback took too long"
)

// stallLimit is more than a turn up to the callback that blocks may take on a machine that is busy: a turn is reported once, and for what it
// does then.
const stallLimit = 200 * time.Millisecond

// blocker blocks a callback until the watchdog has reported it. Other turns may be slow, too, on a slow machine: their reports do not count.
type blocker struct {
	zapcore.Core
	callback string
	function string // "" for the callback of a connection
	logs     *observer.ObservedLogs
	release  chan struct{} // closed by the report of the turn while it goes on
	ended    chan struct{} // closed by the report at its end

	releaseOnce, endOnce func() // a turn without a callback that is slow is put down to the callback before
}

func newBlocker(callback, function string) *blocker {
	b := &blocker{callback: callback, function: function, release: make(chan struct{}), ended: make(chan struct{})}
	b.releaseOnce, b.endOnce = sync.OnceFunc(func() { close(b.release) }), sync.OnceFunc(func() { close(b.ended) })
	b.Core, b.logs = observer.New(zapcore.WarnLevel)
	return b
}

// option makes a reactor log to the blocker.
func (b *blocker) option() reactor.Option { return reactor.WithLogger(zap.New(b)) }

// Check and Write make it a zapcore.Core that sees the fields.
func (b *blocker) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if b.Enabled(e.Level) {
		return ce.AddCore(e, b)
	}
	return ce
}

func (b *blocker) Write(e zapcore.Entry, fields []zapcore.Field) error {
	err := b.Core.Write(e, fields)
	seen := zapcore.NewMapObjectEncoder()
	for _, f := range fields {
		f.AddTo(seen)
	}
	switch {
	case !b.mine(seen.Fields):
	case e.Message == goingOn:
		b.releaseOnce()
	case e.Message == atEnd:
		b.endOnce()
	}
	return err
}

func (b *blocker) mine(fields map[string]any) bool {
	function, _ := fields[reactor.FieldFunction].(string)
	return fields[reactor.FieldCallback] == b.callback && function == b.function
}

// block is where a callback stands still. It is found in the stack.
func (b *blocker) block() { <-b.release }

// reports are the fields of the two reports. stackTaken tells whether another one before may have taken the stack.
func (b *blocker) reports(t *testing.T) (during, after map[string]any, stackTaken bool) {
	t.Helper()
	wait(t, b.ended, "the report at the end")
	for _, e := range b.logs.All() {
		fields := e.ContextMap()
		mine := b.mine(fields)
		if mine && e.Level != zapcore.WarnLevel {
			t.Errorf("%q: got level %v, want %v", e.Message, e.Level, zapcore.WarnLevel)
		}
		switch {
		case mine && e.Message == goingOn:
			during = fields
		case mine && e.Message == atEnd:
			after = fields
		case e.Message == goingOn:
			stackTaken = true
		}
	}
	return during, after, stackTaken
}

// wantStall wants both reports to have these fields, a duration, and the first a stack of the reactor goroutine.
func (b *blocker) wantStall(t *testing.T, fields map[string]any) {
	t.Helper()
	fields[reactor.FieldCallback] = b.callback
	if b.function != "" {
		fields[reactor.FieldFunction] = b.function
	}
	during, after, stackTaken := b.reports(t)
	stack := fmt.Sprintf("%s", during[reactor.FieldStack])
	right := strings.Contains(stack, "(*blocker).block") && strings.Contains(stack, "(*Reactor).Run") && !strings.Contains(stack, "\n\n")
	if _, has := during[reactor.FieldStack]; has && !right || !has && !stackTaken {
		t.Errorf("got a stack that is not that of the reactor goroutine: %s", stack)
	}
	delete(during, reactor.FieldStack)
	all := fields
	for what, report := range map[string]map[string]any{"during": during, "after": after} {
		fields := all
		if d, ok := report[reactor.FieldDuration].(time.Duration); !ok || d < time.Millisecond {
			t.Errorf("%s: got duration %v, want at least a millisecond", what, report[reactor.FieldDuration])
		}
		delete(report, reactor.FieldDuration)
		if what == "during" { // told by another goroutine, which cannot ask the socket
			if got, has := report[reactor.FieldLocal]; has {
				t.Errorf("during: got a local address %v, want none", got)
			}
			fields = maps.Clone(fields)
			delete(fields, reactor.FieldLocal)
		}
		if !reflect.DeepEqual(report, fields) {
			t.Errorf("%s: got  %v\nwant %v", what, report, fields)
		}
	}
}

// masked is a protocol inside another one.
type masked struct{ reactor.Protocol }

func (m *masked) Unwrap() reactor.Protocol { return m.Protocol }

func TestStallOfAConnection(t *testing.T) {
	watch := reactor.WithStallWarning(stallLimit)
	for _, c := range []struct {
		callback string
		set      func(p *probe, b *blocker)
	}{
		{"ConnectionMade", func(p *probe, b *blocker) { p.made = func(*probe) { b.block() } }},
		{"DataReceived", func(p *probe, b *blocker) { p.data = func(*probe, []byte) { b.block() } }},
		{"DataReceived", func(p *probe, b *blocker) { // what comes later in the turn is not to blame
			p.data = func(*probe, []byte) { b.block(); p.Transport().AbortConnection() }
		}},
		{"ConnectionLost", func(p *probe, b *blocker) {
			p.data = func(*probe, []byte) { p.Transport().AbortConnection() }
			p.gone = func(*probe, error) { b.block() }
		}},
	} {
		t.Run(c.callback, func(t *testing.T) {
			b := newBlocker(c.callback, "")
			l := start(t, b.option(), watch)
			p := newProbe()
			c.set(p, b)
			addr := l.listen(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &masked{p} })).Addr()
			raw := dial(t, addr)
			_, _ = raw.Write([]byte("x"))
			b.wantStall(t, map[string]any{
				reactor.FieldProtocol: "*reactor_test.probe",
				reactor.FieldPeer:     raw.LocalAddr().String(), reactor.FieldLocal: addr.String(),
			})
			if got := l.stats().Stalls; got == 0 {
				t.Errorf("Stalls: got 0, want more")
			}
		})
	}
}

// stuck is a function with a name.
var stuck *blocker

func stuckFunction() { stuck.block() }

func TestStallOfAFunction(t *testing.T) {
	for _, c := range []struct {
		callback string
		call     func(r *reactor.Reactor)
	}{
		{"CallFromThread", func(r *reactor.Reactor) { _ = r.CallFromThread(stuckFunction) }},
		{"CallLater", func(r *reactor.Reactor) { _ = r.CallFromThread(func() { r.CallLater(0, stuckFunction) }) }},
	} {
		t.Run(c.callback, func(t *testing.T) {
			b := newBlocker(c.callback, "github.com/tconn/tconn/reactor_test.stuckFunction")
			stuck = b
			l := start(t, b.option(), reactor.WithStallWarning(stallLimit))
			c.call(l.Reactor)
			b.wantStall(t, map[string]any{})
		})
	}
}

// stuckPort is a protocol of datagrams that stands still.
type stuckPort struct {
	reactor.BaseDatagramProtocol
	b *blocker
}

func (p *stuckPort) DatagramReceived([]byte, netip.AddrPort) { p.b.block() }

func TestStallOfADatagram(t *testing.T) {
	b := newBlocker("DatagramReceived", "")
	l := start(t, b.option(), reactor.WithStallWarning(stallLimit))
	var port *reactor.UDPPort
	l.do(func() {
		var err error
		if port, err = l.ListenUDP(0, &stuckPort{b: b}, reactor.Interface("127.0.0.1")); err != nil {
			t.Errorf("ListenUDP answered %v, want nil", err)
		}
	})
	c, err := net.Dial("udp", port.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = c.Write([]byte("x"))
	b.wantStall(t, map[string]any{})
}

func TestStallAtTheEnd(t *testing.T) {
	stall := func(t *testing.T, options ...reactor.Option) (*loop, *observer.ObservedLogs) {
		option, logs := observed()
		var now clock
		l := start(t, append([]reactor.Option{option, reactor.WithClock(now.Now)}, options...)...)
		l.turn(func() { now.advance(99 * time.Millisecond) })
		l.turn(func() { now.advance(100 * time.Millisecond) })
		return l, logs
	}
	t.Run("by the reactor's clock, and only what is too long", func(t *testing.T) {
		l, logs := stall(t)
		want(t, "Stalls", l.stats().Stalls, 1)
		lines := logs.FilterMessage(atEnd).All()
		if len(lines) != 1 || lines[0].ContextMap()[reactor.FieldDuration] != 100*time.Millisecond {
			t.Errorf("got %v, want one report of 100ms", lines)
		}
	})
	t.Run("another limit", func(t *testing.T) {
		l, logs := stall(t, reactor.WithStallWarning(99*time.Millisecond))
		want(t, "Stalls", l.stats().Stalls, 2)
		want(t, "reports", logs.FilterMessage(atEnd).Len(), 2)
	})
	t.Run("off", func(t *testing.T) {
		for _, off := range []time.Duration{0, -time.Second} {
			l, logs := stall(t, reactor.WithStallWarning(off))
			want(t, "Stalls", l.stats().Stalls, 0)
			want(t, "reports", logs.Len(), 0)
		}
	})
}

// TestStallWhileStopping has the last callback of a reactor block: the watch goes on until Run returns.
func TestStallWhileStopping(t *testing.T) {
	b := newBlocker("ConnectionLost", "")
	l := start(t, b.option(), reactor.WithStallWarning(stallLimit), reactor.WithFlushTimeout(0))
	p := newProbe()
	p.gone = func(*probe, error) { b.block() }
	connected(t, l, p)
	l.finish()
	during, after, _ := b.reports(t)
	for what, report := range map[string]map[string]any{"during": during, "after": after} {
		want(t, what, report[reactor.FieldProtocol], any("*reactor_test.probe"))
	}
}
