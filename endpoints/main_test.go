package endpoints_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain checks at the end that no test has left a goroutine behind. As a child of a test it is a server with passed-on sockets.
func TestMain(m *testing.M) {
	if forms := os.Getenv(childForms); forms != "" {
		os.Exit(activatedChild(forms))
	}
	goleak.VerifyTestMain(m)
}
