package reactortest

import (
	"errors"
	"net/netip"
	"syscall"
	"testing"

	"github.com/tconn/tconn/reactor/internal/engine"
)

var errControl = errors.New("no")

func newSystem() *system { return &system{net: NewNetwork()} }

func TestPair(t *testing.T) {
	s := newSystem()
	a, b, err := s.Pair()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write(a, []byte("hello")); err != nil {
		t.Errorf("Write: got %v, want none", err)
	}
	var p [8]byte
	if n, err := s.Read(b, p[:]); n != 5 || err != nil {
		t.Errorf("Read: got %d and %v, want 5 and none", n, err)
	}
	if _, err := s.Read(b, p[:]); !errors.Is(err, engine.ErrWouldBlock) {
		t.Errorf("Read of nothing: got %v, want ErrWouldBlock", err)
	}
	s.Close(a)
	if n, err := s.Read(b, p[:]); n != 0 || err != nil {
		t.Errorf("Read at the end: got %d and %v, want 0 and none", n, err)
	}
	s.Close(b)
	for limit := 1; limit <= 2; limit++ {
		s.limit = limit
		if _, _, err := s.Pair(); limit == 1 && !errors.Is(err, syscall.EMFILE) {
			t.Errorf("with room for one: got %v, want EMFILE", err)
		}
	}
	if got := s.open(); got != 2 {
		t.Errorf("descriptors: got %d, want 2", got)
	}
}

func TestDescriptorsAreUsedAgain(t *testing.T) {
	s := newSystem()
	first, _ := s.Spare()
	second, _ := s.Spare()
	s.Close(first)
	if third, _ := s.Spare(); third != first || second == first {
		t.Errorf("got %d after %d and %d, want the first again", third, first, second)
	}
}

func TestConnectIsRefusedBeforeItBegins(t *testing.T) {
	to := engine.TCP(netip.MustParseAddrPort("192.0.2.1:25"))
	for _, c := range []struct {
		name string
		to   engine.Address
		o    engine.SocketOptions
		set  func(n *Network)
		want error
	}{
		{"by Control", to, engine.SocketOptions{Control: func(uintptr) error { return errControl }}, nil, errControl},
		{"T10 by the local address", to, engine.SocketOptions{Bind: netip.MustParseAddrPort("[::1]:0")}, nil, syscall.EADDRNOTAVAIL},
		{"no such file", engine.UNIX("/run/x"), engine.SocketOptions{}, nil, syscall.ENOENT},
		{"a file nobody listens on", engine.UNIX("/run/x"), engine.SocketOptions{}, func(n *Network) { n.files["/run/x"] = 1 }, syscall.ECONNREFUSED},
		{"an abstract name nobody has", engine.UNIX("@x"), engine.SocketOptions{}, nil, syscall.ECONNREFUSED},
		{"a full queue", engine.UNIX("@x"), engine.SocketOptions{}, func(n *Network) {
			n.listeners = append(n.listeners, &listener{at: engine.UNIX("@x"), backlog: 1, waiting: []*socket{{}}})
		}, engine.ErrWouldBlock},
		{"EAGAIN", to, engine.SocketOptions{}, func(n *Network) { n.FailConnect("192.0.2.1:25", syscall.EAGAIN) }, engine.ErrWouldBlock},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSystem()
			if c.set != nil {
				c.set(s.net)
			}
			if _, _, err := s.Connect(c.to, c.o); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if got := s.open(); got != 0 {
				t.Errorf("descriptors: got %d, want 0", got)
			}
		})
	}
}

func TestUNIXBlackHole(t *testing.T) {
	s := newSystem()
	s.net.BlackHole("@x")
	fd, pending, err := s.Connect(engine.UNIX("@x"), engine.SocketOptions{})
	if err != nil || !pending {
		t.Fatalf("got pending %v and %v, want true and none", pending, err)
	}
	if err := s.ConnectResult(fd); !errors.Is(err, engine.ErrWouldBlock) {
		t.Errorf("got %v, want ErrWouldBlock", err)
	}
	s.Close(fd)
}

func TestReusedPortsTakeTurns(t *testing.T) {
	s := newSystem()
	at := engine.TCP(netip.MustParseAddrPort("192.0.2.1:25"))
	var fds []int
	for range 2 {
		fd, err := s.Listen(at, engine.ListenOptions{Backlog: 8, ReusePort: true})
		if err != nil {
			t.Fatal(err)
		}
		fds = append(fds, fd)
	}
	for range 4 {
		if _, _, err := s.Connect(at, engine.SocketOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, fd := range fds {
		if got := len(s.at(fd).listener.waiting); got != 2 {
			t.Errorf("waiting: got %d, want 2", got)
		}
	}
	if _, err := s.Listen(at, engine.ListenOptions{}); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("without ReusePort: got %v, want EADDRINUSE", err)
	}
	if _, err := s.Listen(at, engine.ListenOptions{Control: func(uintptr) error { return errControl }}); !errors.Is(err, errControl) {
		t.Errorf("with a Control that refuses: got %v, want its error", err)
	}
}

func TestOverlap(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"0.0.0.0", "192.0.2.1", true},
		{"0.0.0.0", "2001:db8::1", false},
		{"::", "192.0.2.1", true},
		{"::", "2001:db8::1", true},
		{"::", "0.0.0.0", true},
	} {
		a, b := netip.MustParseAddr(c.a), netip.MustParseAddr(c.b)
		if overlap(a, b) != c.want || overlap(b, a) != c.want {
			t.Errorf("%v and %v: got %v and %v, want %v", a, b, overlap(a, b), overlap(b, a), c.want)
		}
	}
}

func TestDefectsOfTheReactorDoNotPass(t *testing.T) {
	for name, defect := range map[string]func(s *system){
		"a closed descriptor": func(s *system) {
			fd, _ := s.Spare()
			s.Close(fd)
			s.Close(fd)
		},
		"closing what is watched": func(s *system) {
			p, _ := s.Open(func() {}, func() {})
			fd, _ := s.Spare()
			p.Register(&engine.Attachment{}, fd, nil)
			s.Close(fd)
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("got no panic, want one")
				}
			}()
			defect(newSystem())
		})
	}
	if _, err := newSystem().Adopt(0); err == nil {
		t.Error("Adopt: got no error, want one")
	}
}

func TestTimerOfTheEndOfTime(t *testing.T) {
	s := newSystem()
	s.net.passed.Store(1)
	p, _ := s.Open(nil, nil)
	p.SetTimer(never)
	if got := s.poller.due; got != never {
		t.Errorf("due: got %v, want %v", got, never)
	}
}
