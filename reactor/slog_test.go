package reactor_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/tconn/tconn/reactor"
)

// records is a slog.Handler that keeps what it gets, groups and all.
type records struct {
	least slog.Level
	slog.Handler
	got *[]slog.Record
	out *bytes.Buffer
}

func newRecords(least slog.Level) *records {
	out := &bytes.Buffer{}
	text := slog.NewTextHandler(out, &slog.HandlerOptions{Level: least, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	return &records{least: least, Handler: text, got: &[]slog.Record{}, out: out}
}

func (r *records) Handle(ctx context.Context, record slog.Record) error {
	*r.got = append(*r.got, record)
	return r.Handler.Handle(ctx, record)
}

func (r *records) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &records{r.least, r.Handler.WithAttrs(attrs), r.got, r.out}
}

func (r *records) WithGroup(name string) slog.Handler {
	return &records{r.least, r.Handler.WithGroup(name), r.got, r.out}
}

type object struct{ inner bool }

func (o object) MarshalLogObject(e zapcore.ObjectEncoder) error {
	e.AddString("a", "b")
	if o.inner {
		e.OpenNamespace("n")
		return e.AddObject("o", object{})
	}
	return nil
}

func TestSlogKinds(t *testing.T) {
	cause := errors.New("broken")
	at := time.Date(2001, 2, 3, 4, 5, 6, 7, time.UTC)
	for _, c := range []struct {
		field zap.Field
		want  slog.Attr
	}{
		{zap.String("k", "v"), slog.String("k", "v")},
		{zap.ByteString("k", []byte("v")), slog.String("k", "v")},
		{zap.Stringer("k", time.Second), slog.String("k", "1s")},
		{zap.Bool("k", true), slog.Bool("k", true)},
		{zap.Int("k", -1), slog.Int64("k", -1)},
		{zap.Int64("k", -64), slog.Int64("k", -64)},
		{zap.Int32("k", -32), slog.Int64("k", -32)},
		{zap.Int16("k", -16), slog.Int64("k", -16)},
		{zap.Int8("k", -8), slog.Int64("k", -8)},
		{zap.Uint("k", 1), slog.Uint64("k", 1)},
		{zap.Uint64("k", 1<<63), slog.Uint64("k", 1<<63)},
		{zap.Uint32("k", 32), slog.Uint64("k", 32)},
		{zap.Uint16("k", 16), slog.Uint64("k", 16)},
		{zap.Uint8("k", 8), slog.Uint64("k", 8)},
		{zap.Uintptr("k", 5), slog.Uint64("k", 5)},
		{zap.Float64("k", 1.5), slog.Float64("k", 1.5)},
		{zap.Float32("k", 2.5), slog.Float64("k", 2.5)},
		{zap.Duration("k", time.Minute), slog.Duration("k", time.Minute)},
		{zap.Time("k", at), slog.Time("k", at)},
		{zap.Error(cause), slog.Any("error", cause)},
		{zap.Complex128("k", 1i), slog.Any("k", 1i)},
		{zap.Complex64("k", 2i), slog.Any("k", complex64(2i))},
		{zap.Reflect("k", at), slog.Any("k", at)},
		{zap.Object("k", object{}), slog.Group("k", "a", "b")},
		{zap.Object("k", object{inner: true}), slog.Group("k", "a", "b", slog.Group("n", slog.Group("o", "a", "b")))},
	} {
		h := newRecords(slog.LevelDebug)
		reactor.SlogCore(h).Info("m", c.field)
		if len(*h.got) != 1 || (*h.got)[0].NumAttrs() != 1 {
			t.Errorf("%v: got %v, want one record with one attribute", c.field, *h.got)
			continue
		}
		(*h.got)[0].Attrs(func(a slog.Attr) bool {
			if a.Key != c.want.Key || a.Value.Kind() != c.want.Value.Kind() || !a.Equal(c.want) {
				t.Errorf("%v: got %v of kind %v, want %v of kind %v", c.field, a, a.Value.Kind(), c.want, c.want.Value.Kind())
			}
			return true
		})
	}
}

func TestSlogText(t *testing.T) {
	for _, c := range []struct {
		name string
		log  func(l *zap.Logger)
		want string
	}{
		{"levels", func(l *zap.Logger) {
			l.Debug("d")
			l.Info("i")
			l.Warn("w")
			l.Error("e")
			l.DPanic("p")
		}, "level=INFO msg=i\nlevel=WARN msg=w\nlevel=ERROR msg=e\nlevel=ERROR+1 msg=p\n"},
		{"name of the logger", func(l *zap.Logger) { l.Named("x").Named("y").Info("m") }, "level=INFO msg=m logger=x.y\n"},
		{"fields of many lines", func(l *zap.Logger) {
			l = l.With(zap.Int("a", 1))
			l.Info("m", zap.Int("b", 2))
			l.Info("n")
		}, "level=INFO msg=m a=1 b=2\nlevel=INFO msg=n a=1\n"},
		{"namespaces", func(l *zap.Logger) {
			l = l.With(zap.Int("a", 1), zap.Namespace("g"), zap.Int("b", 2))
			l.Info("m", zap.Int("c", 3), zap.Namespace("h"), zap.Int("d", 4), zap.Namespace("i"), zap.Int("e", 5))
		}, "level=INFO msg=m a=1 g.b=2 g.c=3 g.h.d=4 g.h.i.e=5\n"},
		{"arrays", func(l *zap.Logger) {
			l.Info("m", zap.Ints("i", []int{1, 2}), zap.Objects("o", []object{{}}))
		}, "level=INFO msg=m i=\"[1 2]\" o=[map[a:b]]\n"},
		{"no field", func(l *zap.Logger) { l.With(zap.Skip()).Info("m", zap.Skip(), zap.Error(nil)) }, "level=INFO msg=m\n"},
		{"inlined", func(l *zap.Logger) { l.Info("m", zap.Inline(object{})) }, "level=INFO msg=m a=b\n"},
		{"binary", func(l *zap.Logger) { l.Info("m", zap.Binary("k", []byte("ab"))) }, "level=INFO msg=m k=\"ab\"\n"},
		{"errors", func(l *zap.Logger) { l.Info("m", zap.NamedError("k", errors.New("no"))) }, "level=INFO msg=m k=no\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newRecords(slog.LevelInfo)
			c.log(reactor.SlogCore(h))
			if got := h.out.String(); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
	t.Run("stack and caller", func(t *testing.T) {
		h := newRecords(slog.LevelInfo)
		_, _, line, _ := runtime.Caller(0)
		reactor.SlogCore(h).WithOptions(zap.AddStacktrace(zapcore.InfoLevel)).Info("m")
		record := (*h.got)[0]
		frame, _ := runtime.CallersFrames([]uintptr{record.PC}).Next()
		if !strings.HasSuffix(frame.File, "slog_test.go") || frame.Line != line+1 {
			t.Errorf("got %s:%d as the caller, want line %d of this file", frame.File, frame.Line, line+1)
		}
		_ = reactor.SlogCore(h).Core().Write(zapcore.Entry{Caller: zapcore.EntryCaller{Defined: true, PC: 1000}}, nil)
		if got := (*h.got)[1].PC; got != 1001 {
			t.Errorf("got %d as the return address of a call at 1000, want 1001", got)
		}
		if record.Time.IsZero() {
			t.Errorf("got no time, want one")
		}
		if text := h.out.String(); !strings.Contains(text, reactor.FieldStack+"=") || !strings.Contains(text, "TestSlogText") {
			t.Errorf("got %s, want a stack", text)
		}
	})
}

func TestWithSlog(t *testing.T) {
	t.Run("the reactor's lines", func(t *testing.T) {
		h := newRecords(slog.LevelDebug)
		l := start(t, reactor.WithSlog(slog.New(h).With("app", "x")))
		raw := dial(t, l.listenTLS(echoFactory, serverConfig()))
		send(t, raw, "no TLS at all\r\n")
		expectNoMore(t, raw)
		l.finish()
		got := h.out.String()
		const begin = "level=DEBUG msg=\"TLS handshake failed\" app=x peer=127.0.0.1:"
		if !strings.HasPrefix(got, begin) || !strings.Contains(got, " error=\"") {
			t.Errorf("got %q, want it to begin with %q and to have an error", got, begin)
		}
		found := false
		for _, record := range *h.got {
			record.Attrs(func(a slog.Attr) bool {
				err, ok := a.Value.Any().(error)
				found = found || ok && err != nil
				return true
			})
		}
		if !found {
			t.Errorf("got no error as a value, want one")
		}
	})
	t.Run("nil leaves the logger", func(t *testing.T) {
		option, logs := observed()
		l := start(t, option, reactor.WithSlog(nil))
		_ = l.CallFromThread(boom)
		l.do(func() {})
		wantPanicLogged(t, logs, "CallFromThread", "boom")
	})
}
