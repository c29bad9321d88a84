package reactor

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// flooder writes more than the kernels hold, and closes.
type flooder struct {
	BaseProtocol
	lost chan struct{}
}

const floodBytes = 16 << 20

func (f *flooder) ConnectionMade() {
	_, _ = f.Transport().Write(make([]byte, floodBytes))
	f.Transport().LoseConnection()
}

func (f *flooder) ConnectionLost(error) { close(f.lost) }

// A socket lingers while its peer has not got everything, and goes when the peer has it all and is silent, although the peer
// never closes; a peer that goes on sending keeps it until the time is up.
func TestLingerEnds(t *testing.T) {
	for _, tt := range []struct {
		name   string
		chatty bool
		looks  int // how many times a second passes until it is gone
	}{
		{"silent peer", false, 1},
		{"peer that goes on sending", true, int(lingerTimeout / lingerCheck)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var offset atomic.Int64
			start := time.Now()
			r := New(WithClock(func() time.Time { return start.Add(time.Duration(offset.Load())) }))
			f := &flooder{lost: make(chan struct{})}
			port, err := r.ListenTCP(0, FactoryFunc(func(net.Addr) Protocol { return f }), Interface("127.0.0.1"))
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() { done <- r.Run() }()
			defer func() {
				_ = r.Stop()
				offset.Add(int64(time.Hour))
				_ = r.CallFromThread(func() {})
				<-done
			}()
			peer, err := net.Dial("tcp", port.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer peer.Close()
			read := readUntil(t, r, peer, f.lost)
			if n := lingering(r); n != 1 {
				t.Fatalf("%d sockets linger while the peer lacks %d bytes, want 1", n, floodBytes-read)
			}
			if n, err := io.Copy(io.Discard, peer); err != nil || int(n) != floodBytes-read {
				t.Fatalf("the peer got %d bytes more, %v; want %d", n, err, floodBytes-read)
			}
			for look := 1; ; look++ {
				gone := lingering(r) == 0
				if gone && (!tt.chatty || look > tt.looks-1) {
					return
				}
				if gone || look > tt.looks {
					t.Fatalf("gone = %v after %d looks, want it gone after %d", gone, look-1, tt.looks)
				}
				if tt.chatty {
					if _, err := peer.Write([]byte("x")); err != nil {
						t.Fatalf("the socket was closed while the peer was sending: %v", err)
					}
					waitFor(r, func(l *linger) bool { return l.heard })
				} else {
					waitFor(r, func(l *linger) bool { return engine.OS.Unacknowledged(l.attachment.FD()) == 0 })
				}
				offset.Add(int64(lingerCheck))
			}
		})
	}
}

// readUntil reads in small steps until the connection is over on the other side, and answers how much. After each step the reactor gets the
// time to fill the kernel's buffers again, so that they are full when it has written all.
func readUntil(t *testing.T, r *Reactor, peer net.Conn, over chan struct{}) (n int) {
	t.Helper()
	step := make([]byte, 64<<10)
	for {
		select {
		case <-over:
			return n
		default:
		}
		m, err := peer.Read(step)
		if err != nil {
			t.Fatal(err)
		}
		n += m
		lingering(r)
	}
}

// waitFor returns when the one socket that lingers is as it should be.
func waitFor(r *Reactor, ready func(l *linger) bool) {
	yes := make(chan bool)
	for {
		_ = r.CallFromThread(func() {
			for l := range r.lingering {
				yes <- ready(l)
			}
		})
		if <-yes {
			return
		}
	}
}

// lingering is how many sockets linger, when the reactor has seen what there is to see.
func lingering(r *Reactor) int {
	n := make(chan int)
	_ = r.CallFromThread(func() {})
	_ = r.CallFromThread(func() { r.own.add(0, func() { n <- len(r.lingering) }) })
	return <-n
}
