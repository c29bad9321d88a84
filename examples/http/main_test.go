package main

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func Example() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// HTTP/1.1 200 OK: hello, you asked for /plain over HTTP/1.1
	// HTTP/2.0 200 OK: hello, you asked for /secure over HTTP/2.0
}
