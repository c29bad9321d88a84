package reactor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// DialFunc connects to an address such as "example.com:143", as net.Dialer.DialContext does.
//
// Goroutine: its own, so it may block until ctx ends.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// DialContext makes the connection with dial in place of the reactor's own name lookup and sockets: through an SSH client, a VPN in user
// space, or whatever else has a DialContext. Everything after that is the reactor's: TLS, back-pressure, LoseConnection.
// A *net.TCPConn or *net.UnixConn that dial answers becomes a socket of the reactor; any other net.Conn is served by two goroutines as
// long as the connection lasts (see AdoptReadWriter). The timeout of the attempt ends ctx. BindAddress and Control do not apply.
func DialContext(dial DialFunc) ConnectOption {
	return func(o *connectOptions) { o.dial = dial }
}

// dialElsewhere has the program's own function connect.
func (a *attempt) dialElsewhere(address string) {
	r := a.k.r
	ctx, cancel := context.WithCancel(context.Background())
	a.cancel = cancel
	go func() {
		var nc net.Conn
		var err error
		panicked := r.protect("DialContext", func() { nc, err = a.k.options.dial(ctx, "tcp", address) })
		err = cmp.Or(panicked, err)
		if err == nil && nc == nil {
			err = errors.New("DialContext answered neither a connection nor an error")
		}
		if r.CallFromThread(func() { a.dialled(nc, err) }) != nil && nc != nil {
			_ = nc.Close()
		}
	}()
}

func (a *attempt) dialled(nc net.Conn, err error) {
	switch {
	case a.over && nc != nil:
		go nc.Close()
		return
	case a.over:
		return
	}
	a.endRace()
	if err != nil {
		a.fail(dialKind(err), err)
		return
	}
	c, err := a.k.r.takeOver(nc, a.k)
	if err != nil {
		go nc.Close()
		a.fail(ErrConnect, &AdoptError{Name: fmt.Sprintf("%T", nc), Err: err})
		return
	}
	a.secure(c)
}

// dialKind names the cause of a failed DialContext.
func dialKind(err error) error {
	var unknown *net.DNSError
	if errors.As(err, &unknown) {
		return ErrDNSLookup
	}
	return connectKind(err)
}

// takeOver makes a connection of the reactor of nc.
func (r *Reactor) takeOver(nc net.Conn, o owner) (*conn, error) {
	if fd, err := r.socketOf(nc); err == nil {
		_ = nc.Close() // the socket lives on in its duplicate
		return newConn(r, o, fd, engine.Address{}), nil
	}
	fd, p, err := r.newPump(nc)
	if err != nil {
		return nil, err
	}
	c := newConn(r, o, fd, engine.Address{})
	p.start(c)
	return c, nil
}

// socketOf answers a duplicate of the socket of a connection that is nothing but a socket.
func (r *Reactor) socketOf(nc net.Conn) (fd int, err error) {
	var raw syscall.Conn
	switch nc := nc.(type) {
	case *net.TCPConn:
		raw = nc
	case *net.UnixConn:
		raw = nc
	default:
		return -1, errors.ErrUnsupported
	}
	files, err := r.files()
	if err != nil {
		return -1, err
	}
	control, err := raw.SyscallConn()
	if err != nil {
		return -1, err
	}
	err = os.ErrClosed
	if refused := control.Control(func(given uintptr) { fd, err = files.Duplicate(given) }); refused != nil || err != nil {
		return -1, cmp.Or(err, refused)
	}
	if kind, err := files.Kind(fd); err != nil || kind != engine.Connected {
		r.sys.Close(fd)
		return -1, cmp.Or(err, error(wrongKind{kind}))
	}
	if _, err := r.sys.Adopt(fd); err != nil {
		r.sys.Close(fd)
		return -1, err
	}
	return fd, nil
}
