package reactor_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
)

// netPair is a connection of which either end is a NetConn of l, or a plain one.
func netPair(t testing.TB, l *loop, dialled, accepted bool) (near, far net.Conn) {
	t.Helper()
	var listener net.Listener = peer(t)
	if accepted {
		listener = listenNet(t, l)
	}
	if dialled {
		near = dialNet(t, l, listener.Addr())
	} else {
		near = dial(t, listener.Addr())
	}
	far, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = far.Close() })
	return near, far
}

// nearFar is a NetConn of a reactor of its own, and the plain socket at its other end.
func nearFar(t testing.TB) (l *loop, near *reactor.NetConn, far *net.TCPConn) {
	t.Helper()
	l = start(t)
	n, f := netPair(t, l, true, false)
	return l, n.(*reactor.NetConn), guarded(t, f.(*net.TCPConn))
}

// listenNet is a NetListener of l on the loopback, closed at the end of the test.
func listenNet(t testing.TB, l *loop) *reactor.NetListener {
	t.Helper()
	listener, err := reactor.ListenNet(l.Reactor, 0, reactor.Interface("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}

// dialNet is a NetConn of l that is connected to addr, closed at the end of the test.
func dialNet(t testing.TB, l *loop, addr net.Addr) *reactor.NetConn {
	t.Helper()
	n, err := reactor.DialNet(t.Context(), l.Reactor, addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	return n
}

// netAnswer is what a call answered.
type netAnswer struct {
	n   int
	err error
}

// begin makes a call in a goroutine of its own.
func begin(call func() (int, error)) <-chan netAnswer {
	answered := make(chan netAnswer, 1)
	go func() {
		n, err := call()
		answered <- netAnswer{n, err}
	}()
	return answered
}

// netWaiting begins a call and comes back when it waits inside function.
func netWaiting(t testing.TB, function string, call func() (int, error)) <-chan netAnswer {
	t.Helper()
	answered := begin(call)
	parked(t, "sync.Cond.Wait", function)
	return answered
}

var goroutineHead = regexp.MustCompile(`(?m)^goroutine \d+ .*\[(.*)\]:$`)

// parked comes back when a goroutine waits, in the way that its stack trace calls state, inside function.
func parked(t testing.TB, state, function string) {
	t.Helper()
	stacks := make([]byte, 1<<20)
	for began := time.Now(); ; runtime.Gosched() {
		for stack := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
			head := goroutineHead.FindStringSubmatch(stack)
			if head != nil && strings.HasPrefix(head[1], state) && strings.Contains(stack, function) {
				return
			}
		}
		if time.Since(began) > guard {
			t.Fatalf("waited in vain for a goroutine to wait in %s", function)
		}
	}
}

const (
	inRead   = "reactor.(*NetConn).Read"
	inWrite  = "reactor.(*NetConn).Write"
	inAccept = "reactor.(*NetListener).AcceptNet"
)

// reading begins a Read that waits.
func reading(t testing.TB, c net.Conn) <-chan netAnswer {
	t.Helper()
	return netWaiting(t, inRead, func() (int, error) { return c.Read(make([]byte, 16)) })
}

// stuck is more than the kernels hold.
const stuckBytes = 32 << 20

// writing begins a Write that waits, because the peer does not read.
func writing(t testing.TB, c net.Conn) <-chan netAnswer {
	t.Helper()
	return netWaiting(t, inWrite, func() (int, error) { return c.Write(make([]byte, stuckBytes)) })
}

// sendCut writes data in pieces of random length, at most most bytes.
func sendCut(t testing.TB, c net.Conn, data []byte, rnd *rand.Rand, most int) {
	for _, p := range pieces(data, rnd, most) {
		if n, err := c.Write(p); n != len(p) || err != nil {
			t.Errorf("Write answered %d and %v, want %d and nil", n, err, len(p))
			return
		}
	}
}

// receiveCut reads into slices of random length, at most most bytes, until size bytes are there.
func receiveCut(t testing.TB, c net.Conn, size int, rnd *rand.Rand, most int) []byte {
	var got bytes.Buffer
	buf := make([]byte, most)
	for got.Len() < size {
		n, err := c.Read(buf[:1+rnd.IntN(most)])
		got.Write(buf[:n])
		if err != nil {
			t.Errorf("Read answered %v after %d bytes, want %d bytes", err, got.Len(), size)
			break
		}
	}
	return got.Bytes()
}

// wantEnd wants io.EOF and nothing before.
func wantEnd(t testing.TB, c net.Conn) {
	t.Helper()
	if n, err := c.Read(make([]byte, 16)); n != 0 || err != io.EOF {
		t.Errorf("Read answered %d and %v, want 0 and %v", n, err, io.EOF)
	}
}
