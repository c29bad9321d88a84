package reactor_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
)

// closedPort is an address on the loopback where nobody listens.
func closedPort(t testing.TB) *net.TCPAddr {
	t.Helper()
	l := peer(t)
	_ = l.Close()
	return l.Addr().(*net.TCPAddr)
}

// blackHole is an address on the loopback that never answers: a socket whose queue is full. Port 0 is any.
func blackHole(t testing.TB, ip string, port int) *net.TCPAddr {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux drops what does not fit in the queue of a socket, and has all of 127.0.0.0/8")
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	syscall.CloseOnExec(fd)
	t.Cleanup(func() { _ = syscall.Close(fd) })
	at := &syscall.SockaddrInet4{Port: port, Addr: netip.MustParseAddr(ip).As4()}
	if err := errors.Join(syscall.Bind(fd, at), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr := &net.TCPAddr{IP: net.ParseIP(ip), Port: name.(*syscall.SockaddrInet4).Port}
	dial(t, addr) // takes the only place there is
	return addr
}

// blockingResolver answers when it is told to, or when its context ends.
type blockingResolver struct {
	asked     chan string
	answer    chan []netip.Addr
	cancelled chan error
}

func newBlockingResolver() *blockingResolver {
	return &blockingResolver{asked: make(chan string, 8), answer: make(chan []netip.Addr), cancelled: make(chan error, 1000)}
}

func (r *blockingResolver) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	r.asked <- host
	select {
	case addrs := <-r.answer:
		return addrs, nil
	case <-ctx.Done():
		r.cancelled <- ctx.Err()
		return nil, ctx.Err()
	}
}

func addrs(texts ...string) (a []netip.Addr) {
	for _, s := range texts {
		a = append(a, netip.MustParseAddr(s))
	}
	return a
}

// startFailure has a factory that counts BuildProtocol, and connects.
func startFailure(t testing.TB, l *loop, host string, port int, options ...reactor.ConnectOption) error {
	t.Helper()
	c := newClient(func(net.Addr) reactor.Protocol {
		t.Error("BuildProtocol was called")
		return nil
	})
	l.do(func() {
		k := l.ConnectTCP(host, port, c, options...)
		if got := k.State(); got != reactor.Connecting {
			t.Errorf("after ConnectTCP the state is %v, want connecting", got)
		}
		nothing(t, c.failed, "a failure inside ConnectTCP")
	})
	err := wait(t, c.failed, "ClientConnectionFailed")
	l.do(func() {})
	nothing(t, c.failed, "a second failure")
	nothing(t, c.lost, "a loss")
	var ce *reactor.ConnectError
	if !errors.As(err, &ce) || ce.Host != host || ce.Port != port {
		t.Errorf("got %#v, want a *ConnectError for %s port %d", err, host, port)
	}
	wantIs(t, err, reactor.ErrConnect)
	return err
}

func TestConnectFails(t *testing.T) {
	table := resolver{"empty.example": nil, "refused.example": addrs("127.0.0.1", "127.0.0.1")}
	l := start(t, reactor.WithResolver(table))
	closed := closedPort(t).Port

	t.Run("T02 closed port", func(t *testing.T) {
		err := startFailure(t, l, "127.0.0.1", closed)
		wantIs(t, err, reactor.ErrConnectionRefused, syscall.ECONNREFUSED)
		wantText(t, err, "Connection was refused by other side: 111: Connection refused.")
	})
	t.Run("T02 closed port on all addresses of a name", func(t *testing.T) {
		wantIs(t, startFailure(t, l, "refused.example", closed), reactor.ErrConnectionRefused)
	})
	t.Run("T03 unknown name", func(t *testing.T) {
		err := startFailure(t, l, "unknown.example", 25)
		wantIs(t, err, reactor.ErrDNSLookup)
		wantText(t, err, "DNS lookup failed: unknown.example.")
		var dns *net.DNSError
		if !errors.As(err, &dns) || !dns.IsNotFound {
			t.Errorf("the chain of %v has no *net.DNSError that says not found", err)
		}
	})
	t.Run("T03 a name without an address, and no name", func(t *testing.T) {
		wantText(t, startFailure(t, l, "empty.example", 25), "DNS lookup failed: empty.example.")
		wantIs(t, startFailure(t, l, "", 25), reactor.ErrDNSLookup)
	})
	t.Run("invalid port", func(t *testing.T) {
		for _, port := range []int{0, -1, 65536} {
			err := startFailure(t, l, "127.0.0.1", port)
			wantText(t, err, "An error occurred while connecting: invalid port "+strconv.Itoa(port)+".")
		}
	})
	t.Run("T10 bind address that is not ours, is in use, or is no address", func(t *testing.T) {
		err := startFailure(t, l, "127.0.0.1", closed, reactor.BindAddress("198.51.100.7"))
		wantIs(t, err, reactor.ErrConnectBind, syscall.EADDRNOTAVAIL)
		wantText(t, err, "Couldn't bind: 99: Cannot assign requested address.")

		busy := peer(t).Addr().String()
		err = startFailure(t, l, "127.0.0.1", closed, reactor.BindAddress(busy))
		wantIs(t, err, reactor.ErrConnectBind, syscall.EADDRINUSE)
		wantText(t, err, "Couldn't bind: 98: Address already in use.")

		err = startFailure(t, l, "127.0.0.1", closed, reactor.BindAddress("here"))
		wantIs(t, err, reactor.ErrConnectBind)
		wantText(t, err, `Couldn't bind: "here" is no IP address.`)

		err = startFailure(t, l, "127.0.0.1", closed, reactor.BindAddress("::1"))
		wantIs(t, err, reactor.ErrConnectBind)
	})
	t.Run("T10 the address that could be tried says why, not the one of the other family", func(t *testing.T) {
		for _, order := range [][]string{{"127.0.0.1", "::1"}, {"::1", "127.0.0.1"}} {
			table["both.example"] = addrs(order...)
			err := startFailure(t, l, "both.example", closed, reactor.BindAddress("127.0.0.1"))
			wantIs(t, err, reactor.ErrConnectionRefused)
		}
	})
	t.Run("no route", func(t *testing.T) {
		err := startFailure(t, l, "255.255.255.255", 9)
		wantIs(t, err, reactor.ErrNoRoute, syscall.ENETUNREACH)
		wantText(t, err, "No route to host: 101: Network is unreachable.")
	})
	t.Run("a panic in the resolver is the failure of that attempt", func(t *testing.T) {
		option, logs := observed()
		l := start(t, option, reactor.WithResolver(panickingResolver{}))
		err := startFailure(t, l, "name.example", 25)
		wantIs(t, err, reactor.ErrDNSLookup)
		var p *reactor.PanicError
		if !errors.As(err, &p) || p.Value != "lookup" {
			t.Errorf("got %v, want a *PanicError with %q in its chain", err, "lookup")
		}
		wantPanicLogged(t, logs, "LookupNetIP", "lookup")
	})
}

type panickingResolver struct{}

func (panickingResolver) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	panic("lookup")
}

func TestConnectTimeout(t *testing.T) {
	hole := blackHole(t, "127.0.0.1", 0)
	check := func(t *testing.T, err error) {
		t.Helper()
		wantIs(t, err, reactor.ErrTimeout, reactor.ErrUserAbort, context.DeadlineExceeded)
		wantText(t, err, "User timeout caused connection failure.")
		var ne net.Error
		if !errors.As(err, &ne) || !ne.Timeout() {
			t.Errorf("got %#v, want a net.Error that is a timeout", err)
		}
	}
	t.Run("T04 listener that never answers, timeout 0.3 s", func(t *testing.T) {
		l := start(t)
		check(t, startFailure(t, l, "127.0.0.1", hole.Port, reactor.Timeout(300*time.Millisecond)))
	})
	t.Run("T04 the default is 30 s and covers the name lookup", func(t *testing.T) {
		names, now := newBlockingResolver(), new(clock)
		l := start(t, reactor.WithClock(now.Now), reactor.WithResolver(names))
		c := clientOf(newProbe())
		l.do(func() { l.ConnectTCP("slow.example", 25, c) })
		wait(t, names.asked, "the lookup")
		l.pass(now, 30*time.Second-1)
		nothing(t, c.failed, "a failure before the time")
		l.pass(now, 1)
		check(t, wait(t, c.failed, "ClientConnectionFailed"))
		wantIs(t, wait(t, names.cancelled, "the end of the lookup"), context.Canceled)
	})
	t.Run("no timeout", func(t *testing.T) {
		now := new(clock)
		l := start(t, reactor.WithClock(now.Now))
		c := clientOf(newProbe())
		k := l.connect(hole, c, reactor.Timeout(0))
		l.pass(now, 1000*time.Hour)
		l.do(func() {
			nothing(t, c.failed, "a failure")
			if got := k.State(); got != reactor.Connecting {
				t.Errorf("the state is %v, want connecting", got)
			}
		})
	})
}

func TestLookup(t *testing.T) {
	t.Run("T03 a slow lookup does not block the loop", func(t *testing.T) {
		names := newBlockingResolver()
		l := start(t, reactor.WithResolver(names))
		server := newProbe()
		port := l.listen(server.serve())
		p := newProbe()
		l.do(func() { l.ConnectTCP("slow.example", port.Addr().(*net.TCPAddr).Port, clientOf(p)) })
		if got := wait(t, names.asked, "the lookup"); got != "slow.example" {
			t.Errorf("the resolver was asked for %q, want %q", got, "slow.example")
		}
		ticked := make(chan struct{})
		l.do(func() { l.CallLater(time.Millisecond, func() { close(ticked) }) })
		wait(t, ticked, "a timer during the lookup")
		names.answer <- addrs("127.0.0.1")
		wait(t, p.up, "the connection")
	})
	t.Run("T05 StopConnecting cancels it", func(t *testing.T) {
		names := newBlockingResolver()
		l := start(t, reactor.WithResolver(names))
		c := clientOf(newProbe())
		var k *reactor.Connector
		l.do(func() { k = l.ConnectTCP("slow.example", 25, c) })
		wait(t, names.asked, "the lookup")
		l.do(func() { _ = k.StopConnecting() })
		wantIs(t, wait(t, c.failed, "ClientConnectionFailed"), reactor.ErrUserAbort)
		wantIs(t, wait(t, names.cancelled, "the end of the lookup"), context.Canceled)
	})
	t.Run("R06 Stop cancels it", func(t *testing.T) {
		names := newBlockingResolver()
		l := start(t, reactor.WithResolver(names))
		c := clientOf(newProbe())
		l.do(func() { l.ConnectTCP("slow.example", 25, c) })
		wait(t, names.asked, "the lookup")
		l.finish()
		wantIs(t, wait(t, c.failed, "ClientConnectionFailed"), reactor.ErrUserAbort)
		wantIs(t, wait(t, names.cancelled, "the end of the lookup"), context.Canceled)
	})
	t.Run("not more than 64 at the same time, and none of the waiting ones is lost", func(t *testing.T) {
		names := newBlockingResolver()
		names.asked = make(chan string, 1000)
		l := start(t, reactor.WithResolver(names))
		c := clientOf(newProbe())
		l.do(func() {
			for range 200 {
				l.ConnectTCP("many.example", closedPort(t).Port, c)
			}
		})
		for range 64 {
			wait(t, names.asked, "a lookup")
		}
		for range 136 {
			nothing(t, names.asked, "a lookup too many")
			names.answer <- nil
			wait(t, names.asked, "a lookup")
			wait(t, c.failed, "ClientConnectionFailed")
		}
	})
}

func TestHappyEyeballs(t *testing.T) {
	// race connects to a name with these addresses; the last one is good.
	race := func(t *testing.T, dead ...string) (p *probe, now *clock, l *loop, c *client) {
		good := peer(t)
		port := good.Addr().(*net.TCPAddr).Port
		for _, ip := range dead {
			if netip.MustParseAddr(ip).As4()[3] >= 100 {
				blackHole(t, ip, port)
			}
		}
		now = new(clock)
		table := resolver{"name.example": addrs(append(dead, "127.0.0.1")...)}
		l = start(t, reactor.WithClock(now.Now), reactor.WithResolver(table))
		p = newProbe()
		c = clientOf(p)
		l.do(func() { l.ConnectTCP("name.example", port, c) })
		ended(t, "(*attempt).lookUp") // it has handed its result over
		l.do(func() {})
		return p, now, l, c
	}
	isGood := func(t *testing.T, p *probe) {
		t.Helper()
		wait(t, p.up, "the connection")
		if got := p.Transport().RemoteAddr().(*net.TCPAddr).IP.String(); got != "127.0.0.1" {
			t.Errorf("connected to %s, want 127.0.0.1", got)
		}
	}
	t.Run("T40 first address refuses: the next one is tried at once", func(t *testing.T) {
		p, _, _, _ := race(t, "127.0.0.2", "127.0.0.3")
		isGood(t, p)
	})
	t.Run("T40 first address silent: the second attempt starts after 0.25 s", func(t *testing.T) {
		p, now, l, c := race(t, "127.0.0.100")
		l.pass(now, 250*time.Millisecond-1)
		nothing(t, p.up, "a connection before the delay")
		l.pass(now, 1)
		isGood(t, p)
		l.finish()
		nothing(t, c.failed, "a failure of the loser")
		if got := len(c.lost); got != 1 {
			t.Errorf("got %d losses, want 1", got)
		}
	})
	t.Run("T40 each address gets its head start", func(t *testing.T) {
		p, now, l, _ := race(t, "127.0.0.100", "127.0.0.101")
		for range 2 {
			l.pass(now, 250*time.Millisecond-1)
			nothing(t, p.up, "a connection before its turn")
			l.pass(now, 1)
		}
		isGood(t, p)
	})
	t.Run("T40 all fail: the last error", func(t *testing.T) {
		table := resolver{"name.example": addrs("127.0.0.1", "255.255.255.255")}
		l := start(t, reactor.WithResolver(table))
		wantIs(t, startFailure(t, l, "name.example", closedPort(t).Port), reactor.ErrNoRoute)
	})
	t.Run("T05 stopped in the middle of the race", func(t *testing.T) {
		hole := blackHole(t, "127.0.0.100", 0)
		blackHole(t, "127.0.0.101", hole.Port)
		table := resolver{"name.example": addrs("127.0.0.100", "127.0.0.101")}
		now := new(clock)
		l := start(t, reactor.WithClock(now.Now), reactor.WithResolver(table))
		c := clientOf(newProbe())
		var k *reactor.Connector
		l.do(func() { k = l.ConnectTCP("name.example", hole.Port, c) })
		ended(t, "(*attempt).lookUp")
		l.do(func() {})
		l.pass(now, 250*time.Millisecond)
		l.do(func() { _ = k.StopConnecting() })
		wantIs(t, wait(t, c.failed, "ClientConnectionFailed"), reactor.ErrUserAbort)
	})
}

func TestStopConnecting(t *testing.T) {
	t.Run("T05 while connecting", func(t *testing.T) {
		l := start(t)
		c := clientOf(newProbe())
		k := l.connect(blackHole(t, "127.0.0.1", 0), c)
		l.do(func() {
			if err := k.StopConnecting(); err != nil {
				t.Errorf("got %v, want nil", err)
			}
			nothing(t, c.failed, "a failure inside StopConnecting")
			err := k.StopConnecting()
			wantIs(t, err, reactor.ErrNotConnecting)
			wantText(t, err, "The Connector was not connecting when it was asked to stop connecting: we're not trying to connect.")
		})
		err := wait(t, c.failed, "ClientConnectionFailed")
		wantIs(t, err, reactor.ErrUserAbort)
		wantText(t, err, "User aborted connection.")
		if errors.Is(err, reactor.ErrTimeout) {
			t.Error("an abort matches ErrTimeout")
		}
		l.do(func() { wantIs(t, k.StopConnecting(), reactor.ErrNotConnecting) })
	})
	t.Run("T05 in StartedConnecting nothing is dialled", func(t *testing.T) {
		l := start(t)
		target := peer(t)
		c := clientOf(newProbe())
		c.started = func(k *reactor.Connector) { _ = k.StopConnecting() }
		l.connect(target.Addr(), c)
		wantIs(t, wait(t, c.failed, "ClientConnectionFailed"), reactor.ErrUserAbort)
		l.finish()
		nothing(t, c.failed, "a second failure")
		nothing(t, c.lost, "a loss")
		_ = target.SetDeadline(time.Now())
		if conn, err := target.Accept(); err == nil {
			t.Errorf("%v was connected", conn.RemoteAddr())
			_ = conn.Close()
		}
	})
	t.Run("T05 before Run", func(t *testing.T) {
		r := reactor.New()
		c := clientOf(newProbe())
		k := r.ConnectTCP("127.0.0.1", closedPort(t).Port, c)
		if err := k.StopConnecting(); err != nil {
			t.Errorf("got %v, want nil", err)
		}
		run(t, r)
		wantIs(t, wait(t, c.failed, "ClientConnectionFailed"), reactor.ErrUserAbort)
	})
	t.Run("T06 Disconnect is StopConnecting while connecting", func(t *testing.T) {
		l := start(t)
		c := clientOf(newProbe())
		k := l.connect(blackHole(t, "127.0.0.1", 0), c)
		l.do(k.Disconnect)
		wantIs(t, wait(t, c.failed, "ClientConnectionFailed"), reactor.ErrUserAbort)
		l.do(k.Disconnect)
	})
	t.Run("T06 Disconnect is LoseConnection when connected", func(t *testing.T) {
		l := start(t)
		p := newProbe()
		target := peer(t)
		c := clientOf(p)
		k := l.connect(target.Addr(), c)
		far := accept(t, target)
		wait(t, p.up, "the connection")
		l.do(func() {
			if k.State() != reactor.Connected || k.State().String() != "connected" {
				t.Errorf("the state is %v, want connected", k.State())
			}
			wantIs(t, k.Connect(), reactor.ErrConnectorBusy)
			_, _ = p.Transport().Write([]byte("last words"))
			k.Disconnect()
		})
		expect(t, far, "last words")
		expectEnd(t, far)
		if got := wait(t, c.lost, "ClientConnectionLost"); got != reactor.ErrConnectionDone {
			t.Errorf("got %v, want %v", got, reactor.ErrConnectionDone)
		}
	})
}

func TestBindAddress(t *testing.T) {
	l := start(t)
	target := peer(t)
	for _, bind := range []string{"127.0.0.1", "127.0.0.1:0"} {
		p := newProbe()
		l.connect(target.Addr(), clientOf(p), reactor.BindAddress(bind))
		far := accept(t, target)
		wait(t, p.up, "the connection")
		l.do(func() {
			if got, want := p.Transport().LocalAddr().String(), far.RemoteAddr().String(); got != want {
				t.Errorf("LocalAddr is %s, want what the peer sees, %s", got, want)
			}
		})
	}
	t.Run("with a port", func(t *testing.T) {
		bind := closedPort(t).String()
		p := newProbe()
		l.connect(target.Addr(), clientOf(p), reactor.BindAddress(bind))
		if got := accept(t, target).RemoteAddr().String(); got != bind {
			t.Errorf("the peer sees %s, want %s", got, bind)
		}
		wait(t, p.up, "the connection")
	})
}

func TestIPv6(t *testing.T) {
	probeListener, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 on the loopback:", err)
	}
	_ = probeListener.Close()
	l := start(t)
	for _, host := range []string{"::1", "[::1]", "::1%lo"} {
		t.Run("T39 "+host, func(t *testing.T) {
			server, p := newProbe(), newProbe()
			var port *reactor.Port
			l.do(func() {
				if port, err = l.ListenTCP(0, server.serve(), reactor.Interface("::1")); err != nil {
					t.Fatal(err)
				}
				l.ConnectTCP(host, port.Addr().(*net.TCPAddr).Port, clientOf(p))
			})
			wait(t, p.up, "the connection")
			wait(t, server.up, "the connection")
			l.do(func() {
				if got, want := p.Transport().RemoteAddr().String(), port.Addr().String(); got != want {
					t.Errorf("RemoteAddr is %s, want %s", got, want)
				}
				if got, want := server.Transport().RemoteAddr().String(), p.Transport().LocalAddr().String(); got != want {
					t.Errorf("the server's RemoteAddr is %s, want %s", got, want)
				}
			})
		})
	}
	t.Run("T39 all interfaces: IPv4 peers have IPv4 addresses", func(t *testing.T) {
		seen := make(chan string, 2)
		var port *reactor.Port
		l.do(func() {
			port, err = l.ListenTCP(0, reactor.FactoryFunc(func(a net.Addr) reactor.Protocol {
				seen <- a.(*net.TCPAddr).IP.String()
				return &echo{}
			}))
			if err != nil {
				t.Fatal(err)
			}
		})
		for _, want := range []string{"127.0.0.1", "::1"} {
			dial(t, &net.TCPAddr{IP: net.ParseIP(want), Port: port.Addr().(*net.TCPAddr).Port})
			if got := wait(t, seen, "an accepted connection"); got != want {
				t.Errorf("BuildProtocol got %s, want %s", got, want)
			}
		}
	})
}

// TestStaleReadiness has two connections become readable in the same round of the poller. The first one closes the second
// one's socket and starts an attempt, whose socket gets the number of the closed one: what the poller has found about
// that number must not be taken for the outcome of the attempt.
func TestStaleReadiness(t *testing.T) {
	hole := blackHole(t, "127.0.0.1", 0)
	l := start(t)
	var both []*probe
	up := make(chan struct{}, 2)
	c := newProbe()
	outcome := clientOf(c)
	acted := make(chan struct{}, 2)
	port := l.listen(reactor.FactoryFunc(func(net.Addr) reactor.Protocol {
		p := newProbe()
		p.made = func(p *probe) { both = append(both, p); up <- struct{}{} }
		p.data = func(p *probe, _ []byte) {
			if acted <- struct{}{}; len(acted) > 1 {
				return
			}
			for _, other := range both {
				if other != p {
					other.gone = func(*probe, error) { l.ConnectTCP("127.0.0.1", hole.Port, outcome) }
					other.Transport().AbortConnection()
				}
			}
		}
		return p
	}))
	a, b := dial(t, port.Addr()), dial(t, port.Addr())
	wait(t, up, "the first connection")
	wait(t, up, "the second connection")
	l.do(func() {
		send(t, a, "x")
		send(t, b, "x")
	})
	for len(acted) == 0 { // stays in the channel: only the first one acts
		l.do(func() {})
	}
	l.do(func() {})
	l.do(func() { nothing(t, c.up, "a connection to a peer that never answers") })
}
