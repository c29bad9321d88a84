package reactor

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// maxUNIXPath is the longest path of a UNIX socket that every system takes.
const maxUNIXPath = 103

// unixRetry is the pause before a UNIX socket is tried again whose queue is full.
const unixRetry = 10 * time.Millisecond

// ConnectUNIX connects to a UNIX stream socket. A path that begins with "@" names an abstract one (Linux). It goes as with ConnectTCP, but
// for the name lookup; a Transport is a TCPTransport whose options of TCP answer an error.
//
// Options: Timeout (30 s), Control. Goroutine: reactor, or before Run.
// Source: twisted.internet.interfaces.IReactorUNIX.connectUNIX.
func (r *Reactor) ConnectUNIX(path string, f ClientFactory, options ...ConnectOption) *Connector {
	r.mustBeInTurn("ConnectUNIX")
	return r.connect(&Connector{r: r, client: f, host: path, unix: true}, options)
}

// ListenUNIX listens on a UNIX stream socket. A path that begins with "@" names an abstract one (Linux), any other one a file, which is
// removed when the port is stopped. A socket that a dead process has left there is replaced; a socket somebody listens on, and a
// file that is no socket, is not touched: the *ListenError matches syscall.EADDRINUSE.
//
// Options: Backlog, Mode, ControlListener. Goroutine: reactor, or before Run.
// Source: twisted.internet.interfaces.IReactorUNIX.listenUNIX.
func (r *Reactor) ListenUNIX(path string, f Factory, options ...ListenOption) (*Port, error) {
	r.mustBeInTurn("ListenUNIX")
	return r.listenUNIX(path, f, nil, options)
}

func (r *Reactor) listenUNIX(path string, f Factory, config *tls.Config, options []ListenOption) (*Port, error) {
	err := checkUNIXPath(path)
	if err == nil {
		var p *Port
		if p, err = r.listen(engine.UNIX(path), f, config, newListenOptions(options)); err == nil {
			return p, nil
		}
	}
	return nil, &ListenError{Interface: path, UNIX: true, Err: err}
}

func checkUNIXPath(path string) error {
	switch {
	case path == "":
		return errors.New("the path is empty")
	case len(path) > maxUNIXPath:
		return fmt.Errorf("the path is longer than %d bytes", maxUNIXPath)
	}
	if strings.IndexByte(path, 0) >= 0 {
		return errors.New("the path has a NUL byte")
	}
	return nil
}

// connectUNIX connects, now or when the queue of the listener has room.
func (a *attempt) connectUNIX() {
	if a.over {
		return
	}
	a.next = nil
	if err := checkUNIXPath(a.k.host); err != nil {
		a.fail(ErrConnect, err)
		return
	}
	fd, pending, err := a.k.r.sys.Connect(engine.UNIX(a.k.host), a.socketOptions())
	switch {
	case errors.Is(err, engine.ErrWouldBlock):
		a.next = a.k.r.own.add(unixRetry, a.connectUNIX)
	case err != nil:
		a.fail(connectKind(err), err)
	case pending:
		if !a.watch(fd, engine.UNIX(a.k.host)) {
			a.failConnect()
		}
	default:
		a.endRace()
		a.won(newConn(a.k.r, a.k, fd, engine.Address{}))
	}
}
