package endpoints_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain checks at the end that no test has left a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
