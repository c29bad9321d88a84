package reactor

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// ErrWrongDescriptor is matched by the *AdoptError of a descriptor that is not what was asked for.
var ErrWrongDescriptor error = &kind{text: "reactor: the wrong kind of descriptor"}

// AdoptError says why something that came from elsewhere cannot be taken over: "reactor: cannot adopt NAME: it is a UDP socket". It
// matches the cause: ErrWrongDescriptor, ErrStopped, errors.ErrUnsupported on a system without descriptors, a syscall.Errno and others.
type AdoptError struct {
	Name string // of the file or stream
	Err  error
}

// Error names what was not adopted, and why.
func (e *AdoptError) Error() string { return "reactor: cannot adopt " + e.Name + ": " + e.Err.Error() }

// Unwrap is the cause.
func (e *AdoptError) Unwrap() error { return e.Err }

// wrongKind is a descriptor of one kind where another one is wanted.
type wrongKind struct{ got engine.Kind }

func (e wrongKind) Error() string        { return "it is " + e.got.String() }
func (e wrongKind) Is(target error) bool { return target == ErrWrongDescriptor }

// AdoptStreamPort accepts connections from a socket that listens already, TCP or UNIX, such as one that the parent process passed on
// (ListenFDs). It works on a duplicate: f stays the caller's, who may close it at once. What the two share is the socket and its
// non-blocking mode, which is switched on. The file of a UNIX socket is not removed when the port is stopped.
//
// Errors: *AdoptError. Goroutine: reactor, or before Run.
// Source: twisted.internet.interfaces.IReactorSocket.adoptStreamPort.
func (r *Reactor) AdoptStreamPort(f *os.File, factory Factory) (*Port, error) {
	r.mustBeInTurn("AdoptStreamPort")
	return r.adoptPort(f, factory, nil)
}

// AdoptTLSPort is AdoptStreamPort with TLS from the first byte, as ListenTLS has it.
func (r *Reactor) AdoptTLSPort(f *os.File, factory Factory, config *tls.Config) (*Port, error) {
	r.mustBeInTurn("AdoptTLSPort")
	if err := checkServerConfig(config); err != nil {
		return nil, &AdoptError{Name: nameOf(f), Err: err}
	}
	return r.adoptPort(f, factory, config)
}

func (r *Reactor) adoptPort(f *os.File, factory Factory, config *tls.Config) (*Port, error) {
	fd, err := r.adoptStream(f, engine.Listening)
	if err == nil {
		var p *Port
		if p, err = r.newPort(fd, factory, config, false); err == nil {
			return p, nil
		}
	}
	return nil, &AdoptError{Name: nameOf(f), Err: err}
}

// AdoptStreamConnection makes a connected stream socket, TCP or UNIX, a connection of the reactor: factory builds its protocol in a later
// turn, once the reactor runs. It is as if it had been accepted: it has no Connector, and StartTLS makes it a server's. It works on a
// duplicate: f stays the caller's, who may close it at once. What the two share is the socket and its non-blocking mode, which is
// switched on.
//
// Errors: *AdoptError. Goroutine: reactor, or before Run.
// Source: twisted.internet.interfaces.IReactorSocket.adoptStreamConnection.
func (r *Reactor) AdoptStreamConnection(f *os.File, factory Factory) error {
	r.mustBeInTurn("AdoptStreamConnection")
	fd, err := r.adoptStream(f, engine.Connected)
	if err != nil {
		return &AdoptError{Name: nameOf(f), Err: err}
	}
	(&adopted{r: r, f: factory}).openLater(fd, nil)
	return nil
}

// AdoptDatagramPort receives datagrams from a UDP socket that is bound already, connected or not; otherwise it goes as with ListenUDP. It
// works on a duplicate: f stays the caller's, who may close it at once. What the two share is the socket and its non-blocking
// mode, which is switched on.
//
// Errors: *AdoptError. Goroutine: reactor, or before Run.
// Source: twisted.internet.interfaces.IReactorSocket.adoptDatagramPort.
func (r *Reactor) AdoptDatagramPort(f *os.File, p DatagramProtocol) (*UDPPort, error) {
	r.mustBeInTurn("AdoptDatagramPort")
	u, err := r.newUDPPort("AdoptDatagramPort", p)
	if err == nil {
		err = u.adopt(f)
	}
	if err == nil {
		err = u.start()
	}
	if err != nil {
		u.discard()
		return nil, &AdoptError{Name: nameOf(f), Err: err}
	}
	return u, nil
}

func (u *UDPPort) adopt(f *os.File) (err error) {
	if u.fd, err = u.r.duplicate(f, engine.UDP); err != nil {
		return err
	}
	if u.six, err = u.sys.AdoptDatagram(u.fd); err != nil {
		return err
	}
	u.local, u.remote = u.r.sys.Local(u.fd).AddrPort, u.r.sys.Remote(u.fd).AddrPort
	return nil
}

// adoptStream answers a duplicate of f that is fit for the poller.
func (r *Reactor) adoptStream(f *os.File, want engine.Kind) (fd int, err error) {
	if r.state.Load() >= stateStopping {
		return -1, ErrStopped
	}
	if fd, err = r.duplicate(f, want); err != nil {
		return -1, err
	}
	if _, err = r.sys.Adopt(fd); err != nil {
		r.sys.Close(fd)
		return -1, err
	}
	return fd, nil
}

// duplicate answers a descriptor of our own if f is what is wanted.
func (r *Reactor) duplicate(f *os.File, want engine.Kind) (fd int, err error) {
	files, err := r.files()
	if err != nil {
		return -1, err
	}
	if fd, err = duplicate(files, f); err != nil {
		return -1, err
	}
	kind, err := files.Kind(fd)
	if err == nil && kind != want {
		err = wrongKind{kind}
	}
	if err != nil {
		r.sys.Close(fd)
		return -1, err
	}
	return fd, nil
}

// files is the system as far as it has the descriptors of the process.
func (r *Reactor) files() (engine.Files, error) {
	if files, ok := r.sys.(engine.Files); ok {
		return files, nil
	}
	return nil, fmt.Errorf("no descriptors of the process: %w", errors.ErrUnsupported)
}

// duplicate leaves f's mode as it is.
func duplicate(files engine.Files, f *os.File) (fd int, err error) {
	err = withDescriptor(f, func(given int) (err error) {
		fd, err = files.Duplicate(uintptr(given))
		return err
	})
	return fd, err
}

// withDescriptor keeps the descriptor of f open while use runs.
func withDescriptor(f *os.File, use func(fd int) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	if raw.Control(func(fd uintptr) { err = use(int(fd)) }) != nil {
		return os.ErrClosed
	}
	return err
}

func nameOf(f *os.File) string {
	if f == nil {
		return "nothing"
	}
	return f.Name()
}

// adopted is the owner of a connection that nobody here has accepted or dialled.
type adopted struct {
	r *Reactor
	f Factory
}

// openLater makes a connection of fd in the next turn, unless the reactor stops before. p is what pumps for it, nil for a socket.
func (a *adopted) openLater(fd int, p *pump) {
	a.r.useFactory(a.f)
	a.r.soon(func() {
		if a.r.closing {
			a.r.sys.Close(fd)
			if p != nil {
				p.refuse()
			}
			a.release()
			return
		}
		c := newConn(a.r, a, fd, engine.Address{})
		if p != nil {
			p.start(c)
		}
		c.open()
	})
}

func (a *adopted) factory() Factory            { return a.f }
func (a *adopted) connector() *Connector       { return nil }
func (a *adopted) connectionLost(*conn, error) { a.release() }

func (a *adopted) release() {
	if err := a.r.releaseFactory(a.f); err != nil {
		a.r.logStopFactory(err)
	}
}
