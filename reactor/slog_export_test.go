package reactor

import (
	"log/slog"

	"go.uber.org/zap"
)

// SlogCore is the logger that WithSlog makes for a handler.
func SlogCore(h slog.Handler) *zap.Logger {
	r := New(WithSlog(slog.New(h)))
	return r.log
}
