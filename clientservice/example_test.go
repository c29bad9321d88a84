package clientservice_test

import (
	"fmt"
	"net"
	"time"

	"github.com/tconn/tconn/clientservice"
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/reactor"
)

// Mailbox is a protocol that asks one question and keeps the answer.
type Mailbox struct {
	reactor.BaseProtocol
	answer *deferred.Deferred[string]
}

// Login sends the name and waits for what the server says.
func (m *Mailbox) Login(name string) *deferred.Deferred[string] {
	m.answer = deferred.New[string]()
	_, _ = m.Transport().Write([]byte(name))
	return m.answer
}

func (m *Mailbox) DataReceived(data []byte) { m.answer.TryCallback(string(data)) }

// Rude is a server that hangs up on the first caller, and then knows everybody.
type Rude struct{ callers int }

func (r *Rude) BuildProtocol(net.Addr) reactor.Protocol {
	if r.callers++; r.callers == 1 {
		return nil
	}
	return &Friendly{}
}

// Friendly welcomes whoever says a name.
type Friendly struct{ reactor.BaseProtocol }

func (f *Friendly) DataReceived(name []byte) {
	_, _ = f.Transport().Write(append([]byte("welcome "), name...))
}

// A service connects, logs in, and comes back by itself.
func Example() {
	r := reactor.New()
	server, err := r.ListenTCP(0, &Rude{}, reactor.Interface("127.0.0.1"))
	if err != nil {
		fmt.Println(err)
		return
	}
	governor := clientservice.NewGovernor(clientservice.GovernorOptions{MaxPerHost: 10}) // shared by all services
	mailboxes := reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &Mailbox{} })
	place := endpoints.TCP(r, "127.0.0.1", server.Addr().(*net.TCPAddr).Port)
	s := clientservice.New(place, mailboxes, clientservice.Options{
		Governor:    governor,
		RetryPolicy: clientservice.Backoff{Initial: time.Millisecond, Spread: -1}.Delay,
		Prepare: func(p reactor.Protocol) *deferred.Deferred[struct{}] {
			return deferred.Then(p.(*Mailbox).Login("alice"), func(answer string) (struct{}, error) {
				fmt.Println("server:", answer)
				return struct{}{}, nil
			})
		},
		OnFailure: func(_ error, n clientservice.Counts) { fmt.Println("failures:", n.Failures) },
	})
	s.Start()
	s.WhenConnected(0).Handle(func(p reactor.Protocol) {
		fmt.Printf("ready: %T after %d attempts\n", p, s.Counts().Attempts)
		s.Stop().Handle(func(struct{}) {
			fmt.Println(s.State())
			_ = r.Stop()
		}, nil)
	}, nil)
	if err := r.Run(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// failures: 1
	// server: welcome alice
	// ready: *clientservice_test.Mailbox after 2 attempts
	// stopped
}
