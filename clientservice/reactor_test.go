package clientservice_test

import (
	"net"
	"testing"
	"time"

	"github.com/tconn/tconn/clientservice"
	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/reactor"
)

// TestReactorOfTheEndpoint: a service needs no Options.Reactor if its endpoint knows one, and refuses another one, on which it would
// wait for ever.
func TestReactorOfTheEndpoint(t *testing.T) {
	users := reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &user{} })
	nowhere := func(r *reactor.Reactor) endpoints.ClientEndpoint {
		return endpoints.SOCKS5(endpoints.TCP(r, "127.0.0.1", 0), "example.com", 1, endpoints.SOCKS5Options{})
	}
	t.Run("it retries there", func(t *testing.T) {
		r := reactor.New()
		failures := 0
		s := clientservice.New(nowhere(r), users, clientservice.Options{
			RetryPolicy: func(int) time.Duration { return 0 },
			OnFailure: func(_ error, n clientservice.Counts) {
				if failures = n.Failures; failures == 3 {
					_ = r.Stop()
				}
			},
		})
		s.Start()
		r.CallLater(20*time.Second, func() { _ = r.Stop() }) // only if the test fails
		if err := r.Run(); err != nil || failures != 3 {
			t.Errorf("got %v and %d failures, want nil and 3", err, failures)
		}
	})
	t.Run("another one panics", func(t *testing.T) {
		defer func() {
			const want = "clientservice: New with an endpoint of another reactor than Options.Reactor"
			if got := recover(); got != want {
				t.Errorf("panic: got %v, want %v", got, want)
			}
		}()
		clientservice.New(nowhere(reactor.New()), users, clientservice.Options{Reactor: reactor.New()})
	})
}
