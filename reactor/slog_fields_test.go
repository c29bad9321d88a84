//go:build unix

package reactor_test

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

func TestFieldNames(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{reactor.FieldCallback, "callback"}, {reactor.FieldFunction, "function"}, {reactor.FieldProtocol, "protocol"},
		{reactor.FieldPeer, "peer"}, {reactor.FieldLocal, "local"}, {reactor.FieldPort, "port"}, {reactor.FieldError, "error"},
		{reactor.FieldPanic, "panic"}, {reactor.FieldStack, "stack"}, {reactor.FieldDuration, "duration"},
		{reactor.FieldPause, "pause"}, {reactor.FieldSignal, "signal"}, {reactor.FieldEvent, "event"}, {reactor.FieldPhase, "phase"},
		{reactor.FieldTriggers, "triggers"}, {reactor.FieldWaited, "waited"}, {reactor.FieldFunctions, "functions"},
		{zap.Error(errors.New("x")).Key, reactor.FieldError}, // what zap.Error writes
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// TestFieldsHaveConstants wants every field of a log line in this package to be named by a constant.
func TestFieldsHaveConstants(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d files and %v, want some", len(files), err)
	}
	fields := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		good, bad := fieldsOf(t, name, source)
		fields += good
		for _, where := range bad {
			t.Errorf("%s: the name of a field is written out, want a constant of slog_fields.go", where)
		}
	}
	if fields < 10 {
		t.Errorf("got %d fields, want more: does the test still find them?", fields)
	}
}

// fieldsOf looks at the calls of package zap whose first argument is a name.
func fieldsOf(t *testing.T, name string, source []byte) (good int, bad []string) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) < 2 {
			return true
		}
		f, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, ok := f.X.(*ast.Ident); !ok || pkg.Name != "zap" || f.Sel.Name == "New" {
			return true
		}
		if arg, ok := call.Args[0].(*ast.Ident); ok && strings.HasPrefix(arg.Name, "Field") {
			good++
			return true
		}
		bad = append(bad, set.Position(call.Pos()).String())
		return true
	})
	return good, bad
}

func TestFieldsWithoutConstantAreFound(t *testing.T) {
	good, bad := fieldsOf(t, "a.go", []byte(`package a
func f() {
	zap.New(core, zap.AddCaller())
	log.Warn("x", zap.Error(err), zap.String(FieldPort, p), zap.Int("y", 1))
}`))
	if want := []string{"a.go:4:58"}; good != 1 || !slices.Equal(bad, want) {
		t.Errorf("got %d good and %q bad, want 1 and %q", good, bad, want)
	}
}

// wantLine waits for the line with message and wants exactly these fields in it.
func wantLine(t *testing.T, logs *observer.ObservedLogs, message string, fields ...string) {
	t.Helper()
	lines := logs.FilterMessage(message).All()
	if len(lines) == 0 {
		t.Errorf("got no line %q, want one; log: %v", message, logs.All())
		return
	}
	var got []string
	for name := range lines[0].ContextMap() {
		got = append(got, name)
	}
	slices.Sort(got)
	slices.Sort(fields)
	if !slices.Equal(got, fields) {
		t.Errorf("%q: got fields %q, want %q", message, got, fields)
	}
}

func TestLogLines(t *testing.T) {
	t.Run("panics", func(t *testing.T) {
		for _, c := range []struct {
			name   string
			happen func(l *loop)
			fields []string
		}{
			{"of a function", func(l *loop) {
				_ = l.CallFromThread(boom)
				l.do(func() {})
			}, []string{"callback", "panic", "stack"}},
			{"of a connection", func(l *loop) {
				p := newProbe()
				p.made = func(*probe) { boom() }
				connected(t, l, p)
				wait(t, p.lost, "ConnectionLost")
			}, []string{"callback", "panic", "stack", "protocol", "peer", "local"}},
			{"of a factory", func(l *loop) {
				c := newClient(func(net.Addr) reactor.Protocol { panic("boom") })
				l.connect(peer(t).Addr(), c)
				wait(t, c.lost, "the end")
			}, []string{"callback", "panic", "stack", "peer", "local"}},
		} {
			option, logs := observed()
			c.happen(start(t, option))
			wantLine(t, logs, "panic in callback", c.fields...)
		}
	})
	t.Run("the protocol is the innermost one, its ends are told", func(t *testing.T) {
		option, logs := observed()
		l := start(t, option)
		p := newProbe()
		p.data = func(*probe, []byte) { boom() }
		addr := l.listen(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &masked{&masked{p}} })).Addr()
		raw := dial(t, addr)
		_, _ = raw.Write([]byte("x"))
		wait(t, p.lost, "ConnectionLost")
		fields := logs.FilterMessage("panic in callback").All()[0].ContextMap()
		want(t, "protocol", fields["protocol"], any("*reactor_test.probe"))
		want(t, "peer", fields["peer"], any(raw.LocalAddr().String()))
		want(t, "local", fields["local"], any(addr.String()))
	})
	t.Run("wrappers that do not help", func(t *testing.T) {
		for name, p := range map[string]reactor.Protocol{
			"*reactor_test.hollow": &hollow{}, "*reactor_test.cracked": &cracked{},
		} {
			option, logs := observed()
			l := start(t, option)
			over := make(chan struct{})
			raw := dial(t, l.listen(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return p })).Addr())
			go func() { expectNoMore(t, raw); close(over) }()
			wait(t, over, "the end")
			want(t, "protocol", logs.FilterMessage("panic in callback").All()[0].ContextMap()["protocol"], any(name))
		}
	})
	t.Run("TLS handshake failed", func(t *testing.T) {
		option, logs := observed()
		l := start(t, option)
		raw := dial(t, l.listenTLS(echoFactory, serverConfig()))
		send(t, raw, "no TLS at all\r\n")
		expectNoMore(t, raw)
		wantLine(t, logs, "TLS handshake failed", "peer", "local", "error")
	})
	t.Run("the end of a reactor", func(t *testing.T) {
		option, logs := observed()
		r := reactor.New(option, reactor.WithSignals())
		r.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, func() *deferred.Deferred[struct{}] {
			return deferred.Fail[struct{}](fs.ErrClosed)
		})
		c := &stopless{client: clientOf(newProbe())}
		r.CallWhenRunning(func() {
			r.ConnectTCP("127.0.0.1", closedPort(t).Port, c)
			_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
		})
		if err := r.Run(); err != nil {
			t.Fatal(err)
		}
		wantLine(t, logs, "stopping on signal", "signal")
		wantLine(t, logs, "system event trigger failed", "event", "phase", "error")
		wantLine(t, logs, "StopFactory failed", "error")
	})
	t.Run("what takes too long at the end", func(t *testing.T) {
		option, logs := observed()
		l := start(t, option, reactor.WithFlushTimeout(0))
		release := make(chan struct{})
		defer close(release)
		l.do(func() {
			reactor.Go(l.Reactor, func(context.Context) (int, error) { <-release; return 0, nil }).Handle(nil, func(error) {})
		})
		l.finish()
		wantLine(t, logs, "functions of Go are left running", "functions")
	})
	t.Run("a trigger that takes too long", func(t *testing.T) {
		option, logs := observed()
		l := start(t, option, reactor.WithShutdownTimeout(time.Millisecond))
		l.do(func() {
			l.AddSystemEventTrigger(reactor.Before, reactor.Shutdown, func() *deferred.Deferred[struct{}] {
				return deferred.New[struct{}]()
			})
		})
		l.finish()
		wantLine(t, logs, "system event triggers did not finish in time", "event", "phase", "triggers", "waited")
	})
	t.Run("stalls", func(t *testing.T) {
		option, logs := observed()
		var now clock
		l := start(t, option, reactor.WithClock(now.Now))
		l.turn(func() { now.advance(time.Hour) })
		wantLine(t, logs, atEnd, "callback", "function", "duration")
	})
}

// hollow is a wrapper with nothing inside; cracked one whose Unwrap panics.
type hollow struct{ reactor.BaseProtocol }

func (*hollow) Unwrap() reactor.Protocol { return nil }
func (*hollow) ConnectionMade()          { boom() }

type cracked struct{ hollow }

func (*cracked) Unwrap() reactor.Protocol { panic("cracked") }

// stopless is a factory whose StopFactory fails.
type stopless struct{ *client }

func (*stopless) StopFactory() error { return fs.ErrClosed }
