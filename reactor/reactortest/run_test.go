package reactortest_test

import (
	"errors"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

func TestRunGivesTheResult(t *testing.T) {
	got := reactortest.Run(t, func(r *reactor.Reactor) *deferred.Deferred[string] {
		if !deferred.OnLoop(r) {
			t.Error("got f outside the reactor goroutine, want it on it")
		}
		d := deferred.New[string]()
		port, err := r.ListenTCP(0, reactor.FactoryFunc(func(net.Addr) reactor.Protocol {
			return &recorder{onData: func(p *recorder, data string) {
				say(p, "re: "+data)
			}}
		}), reactor.Interface("127.0.0.1"))
		if err != nil {
			t.Fatal(err)
		}
		client := &recorder{
			onMade: func(p *recorder) { say(p, "x") },
			onData: func(p *recorder, data string) {
				p.Transport().LoseConnection()
				port.StopListening()
				d.Callback(data)
			},
		}
		r.ConnectTCP("127.0.0.1", port.Addr().(*net.TCPAddr).Port, clientOf(client))
		return d
	})
	if got != "re: x" {
		t.Errorf("got %q, want %q", got, "re: x")
	}
}

var errWrong = errors.New("something is wrong")

// Each of them must fail, and say why.
func TestRunFails(t *testing.T) {
	type f = func(fake *fakeTB, r *reactor.Reactor) *deferred.Deferred[int]
	ok := func() *deferred.Deferred[int] { return deferred.Succeed(1) }
	defer reactortest.SettleWithin(50 * time.Millisecond)()
	stay := make(chan struct{})
	var open *os.File
	for _, c := range []struct {
		name string
		f    f
		want []string
		ends bool // the test ends at once
	}{
		{"the Deferred fails", func(*fakeTB, *reactor.Reactor) *deferred.Deferred[int] { return deferred.Fail[int](errWrong) },
			[]string{"something is wrong"}, true},
		{"a panic", func(*fakeTB, *reactor.Reactor) *deferred.Deferred[int] { panic("oh") }, []string{"oh"}, true},
		{"no Deferred", func(*fakeTB, *reactor.Reactor) *deferred.Deferred[int] { return nil }, []string{"no Deferred"}, true},
		{"Stop before the result", func(_ *fakeTB, r *reactor.Reactor) *deferred.Deferred[int] {
			_ = r.Stop()
			return deferred.New[int]()
		}, []string{"stopped before"}, true},
		{"Fatal in a callback", func(fake *fakeTB, r *reactor.Reactor) *deferred.Deferred[int] {
			r.CallLater(0, func() { fake.Fatalf("enough") })
			return deferred.New[int]()
		}, []string{"enough", "stopped before"}, true},
		{"no result in time", func(fake *fakeTB, r *reactor.Reactor) *deferred.Deferred[int] {
			r.CallLater(time.Hour, func() {})
			return deferred.New[int]()
		}, []string{"no result after"}, true},
		{"a call is left", func(_ *fakeTB, r *reactor.Reactor) *deferred.Deferred[int] {
			r.CallLater(time.Hour, func() {})
			return ok()
		}, []string{"unclean: call of run_test.go:"}, false},
		{"a port is left", func(_ *fakeTB, r *reactor.Reactor) *deferred.Deferred[int] {
			_, _ = r.ListenTCP(0, serve(&recorder{}), reactor.Interface("127.0.0.1"))
			return ok()
		}, []string{"unclean: port 127.0.0.1:"}, false},
		{"a goroutine is left", func(*fakeTB, *reactor.Reactor) *deferred.Deferred[int] {
			go func() { <-stay }()
			return ok()
		}, []string{"goroutine left behind: goroutine "}, false},
		{"a descriptor is left", func(*fakeTB, *reactor.Reactor) *deferred.Deferred[int] {
			open, _ = os.Open(os.DevNull)
			return ok()
		}, []string{"descriptor left open: "}, false},
		{"an error nobody took", func(*fakeTB, *reactor.Reactor) *deferred.Deferred[int] {
			deferred.Fail[int](errWrong)
			return ok()
		}, []string{"nobody took: something is wrong"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "a descriptor is left" && runtime.GOOS != "linux" {
				t.Skip("descriptors can be listed on Linux only")
			}
			fake := &fakeTB{TB: t, deadline: time.Now().Add(time.Minute)}
			if c.name == "no result in time" {
				fake.deadline = time.Now().Add(1100 * time.Millisecond)
			}
			ended := true
			fake.run(func() {
				reactortest.Run(fake, func(r *reactor.Reactor) *deferred.Deferred[int] { return c.f(fake, r) })
				ended = false
			})
			fake.want(t, c.want...)
			if ended != c.ends {
				t.Errorf("the test ended: got %v, want %v", ended, c.ends)
			}
		})
	}
	close(stay)
	_ = open.Close()
}

func TestNoLeaksFindsWhatIsLeft(t *testing.T) {
	defer reactortest.SettleWithin(50 * time.Millisecond)()
	stay := make(chan struct{})
	for _, c := range []struct {
		name string
		leak func() (clean func())
		want []string
	}{
		{"nothing", func() func() { return func() {} }, nil},
		{"a goroutine that ends soon", func() func() { go runtime.Gosched(); return func() {} }, nil},
		{"a goroutine", func() func() { go func() { <-stay }(); return func() { close(stay) } }, []string{"goroutine left behind"}},
		{"a reactor that was not closed", func() func() { return reactortest.NewReactor().Close }, []string{"goroutine left behind"}},
		{"an error", func() func() { deferred.Fail[int](errWrong); return func() {} }, []string{"something is wrong"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			fake := &fakeTB{TB: t}
			var clean func()
			fake.run(func() {
				reactortest.NoLeaks(fake)
				clean = c.leak()
			})
			fake.want(t, c.want...)
			clean()
		})
	}
}

func TestTrack(t *testing.T) {
	fired, failed, unfired, waiting := deferred.New[int](), deferred.New[string](), deferred.New[int](), deferred.New[int]()
	waiting.AddCallback(func(int) (int, error) { return deferred.Chain(deferred.New[int]()) })
	fake := &fakeTB{TB: t}
	fake.run(func() {
		reactortest.Track(fake, fired, failed, unfired)
		reactortest.Track(fake, waiting)
		fired.Callback(1)
		failed.Errback(errWrong)
		waiting.Callback(1)
	})
	fake.want(t, "waiting on Deferred", "no result>")
	failed.Handle(nil, func(error) {})
}
