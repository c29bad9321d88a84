package deferred_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tconn/tconn/deferred"
)

func Example() {
	d := deferred.New[string]()
	d.AddCallback(func(greeting string) (string, error) {
		fmt.Println("got", greeting)
		return "", errors.New("server is busy")
	})
	d.AddErrback(func(err error) (string, error) {
		fmt.Println("failed:", err)
		return "try later", nil
	})
	d.Handle(func(v string) { fmt.Println(v) }, func(err error) { fmt.Println("never reached:", err) })

	d.Callback("* OK ready")
	// Output:
	// got * OK ready
	// failed: server is busy
	// try later
}

func ExampleThen() {
	line := deferred.New[string]()
	words := deferred.Then(line, func(s string) ([]string, error) { return strings.Fields(s), nil })
	count := deferred.Then(words, func(w []string) (int, error) { return len(w), nil })
	count.Handle(func(n int) { fmt.Println(n, "words") }, nil)

	line.Callback("IMAP4rev1 IDLE STARTTLS")
	// Output: 3 words
}

func ExampleChain() {
	logout := deferred.New[string]()
	login := deferred.New[string]()
	login.AddCallback(func(answer string) (string, error) {
		fmt.Println(answer)
		return deferred.Chain(logout) // what follows waits for logout
	})
	login.AddCallback(func(answer string) (string, error) {
		fmt.Println(answer)
		return answer, nil
	})

	login.Callback("logged in")
	fmt.Println("waiting")
	logout.Callback("logged out")
	// Output:
	// logged in
	// waiting
	// logged out
}

func ExampleDeferred_Await() {
	d := deferred.New[int]()
	go d.Callback(42) // a reactor, in a real program

	v, err := d.Await(context.Background())
	fmt.Println(v, err)
	// Output: 42 <nil>
}

func ExampleGather() {
	inbox, sent := deferred.New[int](), deferred.New[int]()
	deferred.Gather(inbox, sent).Handle(
		func(counts []int) { fmt.Println("messages:", counts) },
		func(err error) { fmt.Println(err) },
	)
	sent.Callback(3)
	inbox.Callback(12)

	deferred.Gather(deferred.New[int](), deferred.Fail[int](errors.New("no such mailbox"))).Handle(
		func(counts []int) { fmt.Println("messages:", counts) },
		func(err error) { fmt.Println(err) },
	)
	// Output:
	// messages: [12 3]
	// deferred: member 1 failed: no such mailbox
}
