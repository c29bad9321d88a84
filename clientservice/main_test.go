package clientservice_test

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/tconn/tconn/deferred"
)

// unhandled counts errors that no test took.
var unhandled atomic.Int32

// TestMain checks at the end that no test has left a goroutine or an error behind.
func TestMain(m *testing.M) {
	deferred.OnUnhandled(func(u *deferred.Unhandled) {
		unhandled.Add(1)
		fmt.Printf("unhandled: %v, origin %s\n", u.Err, u.Origin)
	})
	goleak.VerifyTestMain(checked{m})
}

// checked is m with a look at the unhandled errors behind it.
type checked struct{ m *testing.M }

func (c checked) Run() int {
	code := c.m.Run()
	deferred.ReportUnhandled()
	if n := unhandled.Load(); n > 0 && code == 0 {
		_, _ = fmt.Fprintf(os.Stderr, "got %d unhandled errors, want none\n", n)
		return 1
	}
	return code
}
