package reactor

import (
	"context"
	"log/slog"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// WithSlog makes the reactor log to l, as WithLogger does to a zap logger: same messages, same fields (FieldCallback and the others).
// An error stays an error, a namespace becomes a group, and a handler with AddSource tells where in this package a line comes from. Nil
// leaves the logger as it is.
func WithSlog(l *slog.Logger) Option {
	return func(r *Reactor) {
		if l != nil {
			r.log = zap.New(slogCore{l.Handler()}, zap.AddCaller())
		}
	}
}

// slogCore is a zapcore.Core that writes to a slog.Handler.
type slogCore struct{ h slog.Handler }

// slogLevel is the level of slog for one of zap: the same for the four that both have, and steps above for those that end in a panic.
func slogLevel(l zapcore.Level) slog.Level {
	switch {
	case l <= zapcore.ErrorLevel:
		return slog.Level(l) * (slog.LevelWarn - slog.LevelInfo)
	default:
		return slog.LevelError + slog.Level(l-zapcore.ErrorLevel)
	}
}

// Enabled asks the handler.
func (s slogCore) Enabled(l zapcore.Level) bool {
	return s.h.Enabled(context.Background(), slogLevel(l))
}

// With gives the handler what is the same in many lines. What comes behind a namespace belongs to its group.
func (s slogCore) With(fields []zapcore.Field) zapcore.Core {
	h := s.h
	for i, f := range fields {
		if f.Type == zapcore.NamespaceType {
			return slogCore{h.WithGroup(f.Key)}.With(fields[i+1:])
		}
		if attrs := slogAttrs([]zapcore.Field{f}); len(attrs) > 0 {
			h = h.WithAttrs(attrs)
		}
	}
	return slogCore{h}
}

// Check adds the core to those that write the entry.
func (s slogCore) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if s.Enabled(e.Level) {
		return ce.AddCore(e, s)
	}
	return ce
}

// Write makes a record of the entry. The name of a zap logger and the stack that it adds become attributes.
func (s slogCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	var pc uintptr
	if e.Caller.Defined {
		pc = e.Caller.PC + 1 // slog looks at the instruction before: it expects a return address
	}
	record := slog.NewRecord(e.Time, slogLevel(e.Level), e.Message, pc)
	if e.LoggerName != "" {
		record.AddAttrs(slog.String("logger", e.LoggerName))
	}
	if e.Stack != "" {
		record.AddAttrs(slog.String(FieldStack, e.Stack))
	}
	record.AddAttrs(slogAttrs(fields)...)
	return s.h.Handle(context.Background(), record)
}

// Sync does nothing: a slog.Handler has no buffer that one could ask for.
func (slogCore) Sync() error { return nil }

// slogAttrs are the fields as attributes.
func slogAttrs(fields []zapcore.Field) []slog.Attr {
	var enc slogEncoder
	for _, f := range fields {
		if err, ok := f.Interface.(error); ok && f.Type == zapcore.ErrorType {
			enc.add(slog.Any(f.Key, err))
			continue
		}
		f.AddTo(&enc)
	}
	return enc.result()
}
