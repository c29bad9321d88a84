package policies

import (
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"github.com/tconn/tconn/reactor"
)

// Role is the side of the conversation on which the program stands.
type Role uint8

// The sides of a conversation: what the program writes is marked "C" as a Client and "S" as a Server.
const (
	Client Role = iota
	Server
)

// Trace writes down what passes over each connection, in the form of a Transcript, with the connection's number before each line:
//
//	#1 S: * OK ready
//	#1 C: A1 NOOP
//
// It knows nothing of what it shows: passwords are in it, and what goes encrypted under TLS. A protocol's own trace leaves secrets out
// (imap4.Options.Trace). Each line is written with one call of w.Write, under a lock.
// When w fails, the trace of that connection ends, and the connection goes on.
func Trace(w io.Writer, role Role) Policy {
	if w == nil {
		panic("policies: Trace with a nil writer")
	}
	shared := &lockedWriter{w: w}
	var number atomic.Uint64
	return TraceEach(func(net.Addr) io.WriteCloser {
		return &numbered{w: shared, prefix: fmt.Sprintf("#%d ", number.Add(1))}
	}, role)
}

// TraceEach is Trace with a writer for each connection, which gets a Transcript without numbers, fit to be replayed. open answers the
// writer for a connection to or from addr, nil for none; it is closed when the connection has ended.
//
// Goroutine: reactor, for open and for the writers.
func TraceEach(open func(addr net.Addr) io.WriteCloser, role Role) Policy {
	if open == nil {
		panic("policies: TraceEach with a nil function")
	}
	return func(f reactor.Factory) reactor.Factory {
		return WrapFactory(f, func(p reactor.Protocol, addr net.Addr) reactor.Protocol {
			t := &traced{open: func() io.WriteCloser { return open(addr) }, role: role}
			t.Init(t, p)
			return t
		})
	}
}

// traced notes both directions of a connection.
type traced struct {
	ProtocolWrapper
	open       func() io.WriteCloser
	out        io.Closer
	transcript *Transcript // nil if this connection is not traced
	role       Role
}

// MakeConnection opens the writer: from now on the end of the connection is sure to be heard of.
func (t *traced) MakeConnection(tr reactor.Transport) {
	if w := t.open(); w != nil {
		t.out, t.transcript = w, NewTranscript(w)
	}
	t.open = nil
	t.ProtocolWrapper.MakeConnection(tr)
}

// DataReceived notes what the peer says.
func (t *traced) DataReceived(data []byte) {
	t.note(t.role == Server, data)
	t.ProtocolWrapper.DataReceived(data)
}

// Write notes what the program says, if it is accepted.
func (t *traced) Write(p []byte) (int, error) {
	n, err := t.ProtocolWrapper.Write(p)
	t.note(t.role == Client, p[:n])
	return n, err
}

// ConnectionLost ends the trace.
func (t *traced) ConnectionLost(reason error) {
	defer t.ProtocolWrapper.ConnectionLost(reason)
	if t.transcript != nil {
		_ = t.transcript.Flush()
		_ = t.out.Close()
		t.transcript = nil
	}
}

func (t *traced) note(client bool, p []byte) {
	switch {
	case t.transcript == nil:
	case client:
		t.transcript.Client(p)
	default:
		t.transcript.Server(p)
	}
}

// lockedWriter is for connections of several reactors.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// numbered puts the number of a connection before each line. A Transcript writes whole lines.
type numbered struct {
	w      io.Writer
	prefix string
}

func (n *numbered) Write(p []byte) (int, error) {
	if _, err := n.w.Write(append([]byte(n.prefix), p...)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close has nothing to do: the writer is the user's.
func (n *numbered) Close() error { return nil }
