package reactortest

import (
	"errors"
	"net/netip"
	"os"
	"syscall"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// firstDescriptor is the lowest number of a descriptor in memory. It is far from the numbers of real ones, so that a real system call on
// it, in a reactor.Control for example, fails.
const firstDescriptor = 1 << 20

// system is what one reactor in memory has instead of an operating system.
type system struct {
	net    *Network
	table  []*socket // by descriptor; nil is free
	limit  int       // how many may be open; 0 is no limit
	poller *poller
	yield  func(bool) bool // gives control back to the test; its answer is whether to go on
}

var _ engine.System = (*system)(nil)

// Open makes the poller.
func (s *system) Open(onWake, onTimer func()) (engine.Poller, error) {
	s.poller = &poller{sys: s, onWake: onWake, onTimer: onTimer, watched: make(map[int]*watch)}
	return s.poller, nil
}

// number gives a socket the lowest free descriptor.
func (s *system) number(k *socket, call string) (fd int, err error) {
	if s.limit > 0 && s.open() >= s.limit {
		return -1, os.NewSyscallError(call, syscall.EMFILE)
	}
	for i, other := range s.table {
		if other == nil {
			s.table[i] = k
			return firstDescriptor + i, nil
		}
	}
	s.table = append(s.table, k)
	return firstDescriptor + len(s.table) - 1, nil
}

// open counts the descriptors in use.
func (s *system) open() (n int) {
	for _, k := range s.table {
		if k != nil {
			n++
		}
	}
	return n
}

// at finds the socket of a descriptor. One that is not open is a defect of whoever uses it, which must not pass unseen.
func (s *system) at(fd int) *socket {
	if i := fd - firstDescriptor; i >= 0 && i < len(s.table) && s.table[i] != nil {
		return s.table[i]
	}
	panic("reactortest: a system call on a descriptor that is not open")
}

// Connect starts a connection.
func (s *system) Connect(to engine.Address, o engine.SocketOptions) (fd int, pending bool, err error) {
	k := &socket{net: s.net, remote: to}
	if fd, err = s.number(k, "socket"); err != nil {
		return -1, false, err
	}
	if err = s.connect(k, fd, o); err != nil {
		s.Close(fd)
		return -1, false, err
	}
	return fd, !to.UNIX || k.pending(), nil
}

func (s *system) connect(k *socket, fd int, o engine.SocketOptions) error {
	if o.Control != nil {
		if err := o.Control(uintptr(fd)); err != nil {
			return err
		}
	}
	r := s.net.routeTo(k.remote)
	switch {
	case errors.Is(r.err, syscall.EAGAIN):
		return engine.ErrWouldBlock
	case r.err != nil:
		return os.NewSyscallError("connect", r.err)
	case k.remote.UNIX:
		k.local = engine.UNIX("")
		return s.connectUNIX(k, r)
	}
	if err := s.bind(k, o.Bind); err != nil {
		return err
	}
	k.connecting = true
	d := &dial{socket: k, to: k.remote, at: s.net.now() + s.net.latency}
	if r.lost {
		d.at = never
	}
	s.net.dials = append(s.net.dials, d)
	s.net.arrive()
	return nil
}

// bind gives k its local address: the one asked for, or the one it wants to reach, as on a loopback.
func (s *system) bind(k *socket, at netip.AddrPort) error {
	if !at.IsValid() {
		at = netip.AddrPortFrom(k.remote.Addr(), 0)
	}
	if at.Addr().Is4() != k.remote.Addr().Is4() {
		return &engine.BindError{Err: os.NewSyscallError("bind", syscall.EADDRNOTAVAIL)}
	}
	if at.Port() == 0 {
		at = netip.AddrPortFrom(at.Addr(), s.net.freePort())
	}
	k.local = engine.TCP(at)
	return nil
}

func (s *system) connectUNIX(k *socket, r route) error {
	l := s.net.listenerOf(k.remote)
	switch _, exists := s.net.files[k.remote.Path]; {
	case r.lost:
		k.connecting = true
	case l == nil && !exists && k.remote.Path[0] != '@':
		return os.NewSyscallError("connect", syscall.ENOENT)
	case l == nil:
		return os.NewSyscallError("connect", syscall.ECONNREFUSED)
	case l.full():
		return engine.ErrWouldBlock
	default:
		s.net.establish(k, l)
	}
	return nil
}

// ConnectResult is the outcome of a pending Connect.
func (s *system) ConnectResult(fd int) error {
	k := s.at(fd)
	if k.pending() {
		return engine.ErrWouldBlock
	}
	return k.takeError("connect")
}

// Listen binds and listens.
func (s *system) Listen(at engine.Address, o engine.ListenOptions) (fd int, err error) {
	k := &socket{net: s.net}
	if fd, err = s.number(k, "socket"); err != nil {
		return -1, err
	}
	if o.Control != nil {
		err = o.Control(uintptr(fd))
	}
	var l *listener
	if err == nil {
		l, err = s.net.listen(at, o)
	}
	if err != nil {
		s.Close(fd)
		return -1, err
	}
	l.socket, k.listener, k.local = k, l, l.at
	s.net.listeners = append(s.net.listeners, l)
	return fd, nil
}

// Accept takes one connection from a listening socket.
func (s *system) Accept(fd int) (accepted int, remote engine.Address, err error) {
	l := s.at(fd).listener
	if len(l.waiting) == 0 {
		return -1, remote, engine.ErrWouldBlock
	}
	k := l.waiting[0]
	if accepted, err = s.number(k, "accept"); err != nil {
		return -1, remote, err
	}
	l.waiting = l.waiting[1:]
	s.net.arrive() // there is room for one more
	return accepted, k.remote, nil
}

// SocketFile identifies the file of a UNIX socket.
func (s *system) SocketFile(path string) (id engine.FileID, ok bool) {
	inode, ok := s.net.files[path]
	return engine.FileID{Inode: inode}, ok
}

// Unlink removes a file.
func (s *system) Unlink(path string) error {
	delete(s.net.files, path)
	return nil
}

var errAdopt = errors.New("reactortest: a reactor in memory cannot take over a descriptor of the system")

// Adopt is refused: there is nothing outside to adopt from.
func (s *system) Adopt(int) (listening bool, err error) { return false, errAdopt }

// Pair is two connected sockets.
func (s *system) Pair() (a, b int, err error) {
	one := &socket{net: s.net, local: engine.UNIX(""), remote: engine.UNIX("")}
	if a, err = s.number(one, "socketpair"); err != nil {
		return -1, -1, err
	}
	l := &listener{backlog: 1}
	s.net.establish(one, l)
	if b, err = s.number(l.waiting[0], "socketpair"); err != nil {
		l.waiting[0].close()
		s.Close(a)
		return -1, -1, err
	}
	return a, b, nil
}

// Spare opens a descriptor that is only held.
func (s *system) Spare() (fd int, err error) { return s.number(&socket{net: s.net}, "open") }

// Read reads what is there.
func (s *system) Read(fd int, p []byte) (int, error) { return s.at(fd).read(p) }

// Write writes what fits.
func (s *system) Write(fd int, p []byte) (int, error) { return s.at(fd).write(p) }

// ShutdownWrite sends the end of the stream.
func (s *system) ShutdownWrite(fd int) { s.at(fd).shutdown() }

// ResetOnClose makes Close reset the connection.
func (s *system) ResetOnClose(fd int) { s.at(fd).resets = true }

// Close closes the descriptor.
func (s *system) Close(fd int) {
	k := s.at(fd)
	if s.poller != nil {
		s.poller.forget(fd)
	}
	s.table[fd-firstDescriptor] = nil
	k.close()
}

// Unacknowledged is the number of bytes that have not arrived.
func (s *system) Unacknowledged(fd int) int {
	if out := s.at(fd).out; out != nil {
		return out.unacked
	}
	return 0
}

// SetOption changes nothing: a socket in memory has no options. Those of TCP are refused on a UNIX socket.
func (s *system) SetOption(fd int, option engine.Option, _ int) error {
	if s.at(fd).local.UNIX && (option == engine.NoDelay || option == engine.KeepAliveIdle || option == engine.UserTimeout) {
		return os.NewSyscallError("setsockopt", syscall.EOPNOTSUPP)
	}
	return nil
}

// Local is this side's address.
func (s *system) Local(fd int) engine.Address { return s.at(fd).local }

// Remote is the peer's address: none once the connection is reset.
func (s *system) Remote(fd int) engine.Address {
	if k := s.at(fd); !k.dead && k.listener == nil {
		return k.remote
	}
	return engine.Address{}
}
