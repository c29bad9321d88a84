package policies_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"

	"github.com/tconn/tconn/protocols/policies"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// fresh builds a plain protocol for each connection.
var fresh = reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &plain{} })

// fits tells whether f takes one more connection from there, and makes it.
func fits(f reactor.Factory, from net.Addr) (*reactortest.Transport, bool) {
	p := f.BuildProtocol(from)
	if p == nil {
		return nil, false
	}
	tr := reactortest.NewTransport(nil)
	tr.Connect(p)
	return tr, true
}

func TestLimit(t *testing.T) {
	t.Run("P14 overflow is closed, the count falls on loss", func(t *testing.T) {
		f := policies.Wrap(fresh, policies.Limit(2))
		first, ok1 := fits(f, addr("192.0.2.1"))
		_, ok2 := fits(f, addr("192.0.2.2"))
		_, ok3 := fits(f, addr("192.0.2.3"))
		expect(t, "connected", []bool{ok1, ok2, ok3}, []bool{true, true, false})
		first.Lose(nil)
		_, ok4 := fits(f, addr("192.0.2.4"))
		_, ok5 := fits(f, addr("192.0.2.5"))
		expect(t, "after a loss", []bool{ok4, ok5}, []bool{true, false})
	})
	t.Run("P14 an overflow protocol, which does not count", func(t *testing.T) {
		busy := reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &busy{} })
		f := policies.Wrap(fresh, policies.Limit(1, policies.Overflow(busy)))
		first, _ := fits(f, nil)
		for range 3 {
			over, ok := fits(f, nil)
			if !ok || string(over.Take()) != "busy\r\n" {
				t.Fatal("got no overflow protocol, want one")
			}
			over.Clock().Turn()
		}
		first.Lose(nil)
		next, _ := fits(f, nil)
		if got := string(next.Take()); got != "" {
			t.Errorf("after the loss: got %q, want the protocol", got)
		}
	})
	t.Run("P14 none", func(t *testing.T) {
		if _, ok := fits(policies.Wrap(fresh, policies.Limit(0)), nil); ok {
			t.Error("got a connection, want none")
		}
	})
	t.Run("P14 one budget for all factories", func(t *testing.T) {
		l := policies.Limit(1)
		one, other := policies.Wrap(fresh, l), policies.Wrap(fresh, l)
		_, ok1 := fits(one, nil)
		_, ok2 := fits(other, nil)
		expect(t, "connected", []bool{ok1, ok2}, []bool{true, false})
	})
	t.Run("P14 the place is free when the protocol hears of the loss", func(t *testing.T) {
		var f reactor.Factory
		var again bool
		p := &plain{}
		p.onMake = func() { p.Transport().OnLost(func(error) { _, again = fits(f, nil) }) }
		inner := reactor.FactoryFunc(func(net.Addr) reactor.Protocol {
			if p.Transport() == nil {
				return p
			}
			return &plain{}
		})
		f = policies.Wrap(inner, policies.Limit(1))
		open(t, nil, f).Lose(nil)
		if !again {
			t.Error("inside OnLost: got no place, want one")
		}
	})
}

// busy says so and goes.
type busy struct{ reactor.BaseProtocol }

func (b *busy) ConnectionMade() {
	_, _ = b.Transport().Write([]byte("busy\r\n"))
	b.Transport().LoseConnection()
}

// TestLimitWhateverEndsIt: after each of these the one place is free again.
func TestLimitWhateverEndsIt(t *testing.T) {
	for _, tc := range []struct {
		name string
		end  func(t *testing.T, wrap func(reactor.Factory) reactor.Factory)
	}{
		{"P14 BuildProtocol answers nil", func(_ *testing.T, wrap func(reactor.Factory) reactor.Factory) {
			wrap(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return nil })).BuildProtocol(nil)
		}},
		{"P14 BuildProtocol panics", func(t *testing.T, wrap func(reactor.Factory) reactor.Factory) {
			f := wrap(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { panic("oh") }))
			mustPanic(t, "oh", func() { f.BuildProtocol(nil) })
		}},
		{"P14 MakeConnection panics", func(t *testing.T, wrap func(reactor.Factory) reactor.Factory) {
			tr := reactortest.NewTransport(nil)
			mustPanic(t, "oh", func() { tr.Connect(wrap(of(&plain{onMake: func() { panic("oh") }})).BuildProtocol(nil)) })
			tr.AbortConnection() // as the reactor does
			tr.Clock().Turn()
		}},
		{"P14 the peer closes", func(t *testing.T, wrap func(reactor.Factory) reactor.Factory) {
			open(t, nil, wrap(fresh)).Lose(nil)
		}},
		{"P14 the peer resets", func(t *testing.T, wrap func(reactor.Factory) reactor.Factory) {
			open(t, nil, wrap(fresh)).Lose(reactor.ErrConnectionLost)
		}},
		{"P14 aborted", func(t *testing.T, wrap func(reactor.Factory) reactor.Factory) {
			tr := open(t, nil, wrap(fresh))
			tr.AbortConnection()
			tr.Clock().Turn()
		}},
		{"P14 TLS fails", func(t *testing.T, wrap func(reactor.Factory) reactor.Factory) {
			tr := open(t, nil, wrap(fresh))
			tr.StartTLS(nil).Handle(func(tls.ConnectionState) {}, func(error) {})
			tr.FailTLS(errors.New("no"))
			tr.Clock().Turn()
		}},
		{"P14 another wrapper ends it before it is made", func(_ *testing.T, wrap func(reactor.Factory) reactor.Factory) {
			wrap(fresh).BuildProtocol(nil).ConnectionLost(reactor.ErrConnectionDone)
		}},
	} {
		for _, l := range []struct {
			name  string
			limit func(int, ...policies.LimitOption) policies.Policy
		}{{"total", policies.Limit}, {"per host", policies.LimitPerHost}} {
			t.Run(tc.name+"/"+l.name, func(t *testing.T) {
				limit := l.limit(1)
				tc.end(t, limit)
				f := limit(fresh)
				_, ok1 := fits(f, nil)
				_, ok2 := fits(f, nil)
				expect(t, "connected afterwards", []bool{ok1, ok2}, []bool{true, false})
			})
		}
	}
}

func TestLimitPerHost(t *testing.T) {
	unix := &net.UnixAddr{Name: "@", Net: "unix"}
	for _, tc := range []struct {
		name    string
		options []policies.LimitOption
		from    []net.Addr
		want    []bool
	}{
		{"P14 addresses", nil, []net.Addr{addr("192.0.2.1"), addr("192.0.2.2"), addr("192.0.2.1")}, []bool{true, true, false}},
		{"P14 an IPv4 address in IPv6", nil, []net.Addr{addr("192.0.2.1"), addr("::ffff:192.0.2.1"), addr("::ffff:192.0.2.2")}, []bool{true, false, true}},
		{"P14 an IPv6 network", nil, []net.Addr{addr("2001:db8:0:1::1"), addr("2001:db8:0:1:ffff::2"), addr("2001:db8:0:2::1")}, []bool{true, false, true}},
		{"P14 each IPv6 address", []policies.LimitOption{policies.IPv6Prefix(128)}, []net.Addr{addr("2001:db8::1"), addr("2001:db8::2"), addr("2001:db8::1")}, []bool{true, true, false}},
		{"P14 a zone", nil, []net.Addr{&net.TCPAddr{IP: net.ParseIP("fe80::1"), Zone: "eth0"}, &net.TCPAddr{IP: net.ParseIP("fe80::1"), Zone: "eth1"}}, []bool{true, false}},
		{"P14 no IP address", nil, []net.Addr{unix, unix, nil, nil}, []bool{true, false, true, false}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := policies.Wrap(fresh, policies.LimitPerHost(1, tc.options...))
			var got []bool
			for _, from := range tc.from {
				_, ok := fits(f, from)
				got = append(got, ok)
			}
			expect(t, "connected", got, tc.want)
		})
	}
}

// TestLimitOnSeveralReactors: the race detector watches, and no place is lost.
func TestLimitOnSeveralReactors(t *testing.T) {
	const n = 5
	limit := policies.Limit(n)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			f := limit(fresh)
			for range 200 {
				if tr, ok := fits(f, addr(fmt.Sprintf("192.0.2.%d", i))); ok {
					tr.Lose(nil)
				}
			}
		})
	}
	wg.Wait()
	f := limit(fresh)
	connected := 0
	for range 2 * n {
		if _, ok := fits(f, nil); ok {
			connected++
		}
	}
	if connected != n {
		t.Errorf("places afterwards: got %d, want %d", connected, n)
	}
}
