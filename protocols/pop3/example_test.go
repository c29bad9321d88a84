package pop3_test

import (
	"fmt"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/reactor/reactortest"
)

// A client asks how many messages there are, and ends the session.
type asker struct{ pop3.Client }

func (a *asker) ConnectionMade() {
	stat := deferred.Then(a.Login("mrose", "tanstaaf"), func(pop3.Reply) (pop3.Stat, error) {
		return deferred.Chain(a.Stat())
	})
	left := deferred.Then(stat, func(s pop3.Stat) (pop3.Reply, error) {
		fmt.Printf("%d messages, %d octets\n", s.Count, s.Size)
		return deferred.Chain(a.Quit())
	})
	left.Handle(func(r pop3.Reply) { fmt.Println(r.Text) }, func(err error) { fmt.Println(err) })
}

func Example() {
	a := &asker{}
	a.Options = &pop3.Options{AllowInsecureAuth: true} // there is no TLS on this transport
	clock := reactortest.NewClock()
	t := reactortest.NewTransport(clock)
	t.Connect(a)
	for _, answer := range []string{"+OK ready", "+OK", "+OK welcome", "+OK 2 320", "+OK bye"} {
		t.Receive([]byte(answer + "\r\n"))
		clock.Turn()
	}
	fmt.Printf("%q\n", t.Written())
	// Output:
	// 2 messages, 320 octets
	// bye
	// "USER mrose\r\nPASS tanstaaf\r\nSTAT\r\nQUIT\r\n"
}
