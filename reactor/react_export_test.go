package reactor

import (
	"context"
	"io"

	"github.com/tconn/tconn/deferred"
)

// ReactTo is React with another standard error.
func ReactTo(stderr io.Writer, f func(context.Context, *Reactor) *deferred.Deferred[int], options ...Option) int {
	return react(stderr, f, options)
}
