package deferred_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
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

func ExampleRace() {
	primary, mirror := deferred.New[string](), deferred.New(func(*deferred.Deferred[string]) { fmt.Println("mirror is hung up on") })
	deferred.Race(primary, mirror).Handle(
		func(first deferred.Indexed[string]) { fmt.Println(first.Index, first.Value) },
		func(err error) { fmt.Println(err) },
	)
	primary.Callback("* OK ready")
	// Output:
	// mirror is hung up on
	// 0 * OK ready
}

func ExampleParallel() {
	fetch := func(uid int) *deferred.Deferred[string] { // at most 2 of these at a time
		return deferred.Succeed(fmt.Sprint("message ", uid))
	}
	uids := slices.Values([]int{7, 8, 9})
	deferred.Parallel(2, uids, fetch, func(uid int, text string, err error) { fmt.Println(uid, text, err) }).
		Handle(func(n int) { fmt.Println(n, "fetched") }, nil)
	// Output:
	// 7 message 7 <nil>
	// 8 message 8 <nil>
	// 9 message 9 <nil>
	// 3 fetched
}

func ExampleAsCompleted() {
	slow, fast := deferred.New[string](), deferred.Succeed("fast")
	for v, err := range deferred.AsCompleted(context.Background(), slow, fast) {
		fmt.Println(v, err)
		go slow.TryCallback("slow") // a reactor, in a real program
	}
	// Output:
	// fast <nil>
	// slow <nil>
}

func ExampleInline() {
	connect, login := deferred.New[string](), deferred.New[int]()
	d := deferred.Inline(func(y *deferred.Yield) (int, error) {
		greeting, err := deferred.Wait(y, connect)
		if err != nil {
			return 0, err
		}
		fmt.Println(greeting)
		return deferred.Wait(y, login)
	})
	d.Handle(func(messages int) { fmt.Println(messages, "messages") }, func(err error) { fmt.Println(err) })

	connect.Callback("* OK ready")
	fmt.Println("logging in")
	login.Callback(12)
	// Output:
	// * OK ready
	// logging in
	// 12 messages
}

func ExampleWith() {
	var mailbox deferred.Lock
	expunge := deferred.New[string]()
	expunge.AddCallback(func(s string) (string, error) { fmt.Println(s); return s, nil })

	deferred.With(&mailbox, func() *deferred.Deferred[string] { return expunge })
	deferred.With(&mailbox, func() *deferred.Deferred[string] {
		fmt.Println("closing")
		return deferred.Succeed("closed")
	})
	fmt.Println("both asked for")
	expunge.Callback("expunged")
	// Output:
	// both asked for
	// expunged
	// closing
}

func ExampleQueue() {
	var lines deferred.Queue[string]
	lines.Get().Handle(func(line string) { fmt.Println("first:", line) }, nil)
	lines.Put("+OK")
	lines.Put(".")
	lines.Get().Handle(func(line string) { fmt.Println("second:", line) }, nil)
	// Output:
	// first: +OK
	// second: .
}

func ExampleOnErr() {
	d := deferred.Fail[string](fmt.Errorf("reading: %w", &fs.PathError{Op: "open", Path: "inbox", Err: fs.ErrNotExist}))
	deferred.OnErr(d, func(e *fs.PathError) (string, error) { return "no such file: " + e.Path, nil })
	d.Handle(func(s string) { fmt.Println(s) }, func(err error) { fmt.Println("another error:", err) })
	// Output: no such file: inbox
}

func ExampleDeferred_CancelOn() {
	ctx, cancel := context.WithCancel(context.Background())
	d := deferred.New(func(*deferred.Deferred[int]) { fmt.Println("giving up") }).CancelOn(ctx)
	cancel()
	<-d.Done()
	_, err, _ := d.Result()
	fmt.Println(err, errors.Is(err, deferred.ErrCancelled), errors.Is(err, context.Canceled))
	// Output:
	// giving up
	// deferred: cancelled: context canceled true true
}

func ExampleDeferred_ChainTo() {
	mine, yours := deferred.New[int](), deferred.New[int]()
	mine.ChainTo(yours)
	yours.Handle(func(v int) { fmt.Println("got", v) }, nil)
	mine.Callback(3)
	// Output: got 3
}
