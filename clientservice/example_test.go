package clientservice_test

import (
	"fmt"
	"net"
	"time"

	"github.com/tconn/tconn/clientservice"
	"github.com/tconn/tconn/deferred"
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

// Address is the smallest endpoint; package endpoints has better ones.
type Address struct {
	r    *reactor.Reactor
	host string
	port int
}

func (a Address) Host() string { return a.host }

func (a Address) Connect(f reactor.Factory) *deferred.Deferred[reactor.Protocol] {
	d := &dialling{Factory: f, d: deferred.New[reactor.Protocol]()}
	a.r.ConnectTCP(a.host, a.port, d)
	return d.d
}

// dialling tells a Deferred how an attempt goes.
type dialling struct {
	reactor.Factory
	reactor.BaseClientFactory
	d *deferred.Deferred[reactor.Protocol]
}

func (d *dialling) BuildProtocol(addr net.Addr) reactor.Protocol {
	return &announced{d.Factory.BuildProtocol(addr), d.d}
}

func (d *dialling) ClientConnectionFailed(_ *reactor.Connector, reason error) { d.d.TryErrback(reason) }

// announced fires a Deferred once the connection is made.
type announced struct {
	reactor.Protocol
	d *deferred.Deferred[reactor.Protocol]
}

func (a *announced) Unwrap() reactor.Protocol { return a.Protocol }
func (a *announced) ConnectionMade()          { a.Protocol.ConnectionMade(); a.d.TryCallback(a.Protocol) }

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
	s := clientservice.New(Address{r, "127.0.0.1", server.Addr().(*net.TCPAddr).Port}, mailboxes, clientservice.Options{
		Reactor:     r,
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
