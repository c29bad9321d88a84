package reactortest_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// link is two recorders that are connected, and the connection between them.
func link(t *testing.T) (r *reactortest.Reactor, client, server *recorder, c *reactortest.Conn) {
	t.Helper()
	client, server = &recorder{}, &recorder{}
	r = talk(t, client, server)
	r.Flush()
	client.expect(t, "transport", "made")
	server.expect(t, "transport", "made")
	c = r.Network().ConnOf(client.Transport())
	if c == nil || c != r.Network().ConnOf(server.Transport()) {
		t.Fatalf("ConnOf: got %v, want the same for both sides", c)
	}
	return r, client, server, c
}

func say(r *recorder, s string) { _, _ = r.Transport().Write([]byte(s)) }

func TestChunkingOfAConnection(t *testing.T) {
	for _, c := range []struct {
		name string
		cut  reactortest.Chunking
		want []string
	}{
		{"whole", reactortest.Whole, []string{"data abc"}},
		{"nil is whole", nil, []string{"data abc"}},
		{"bytewise", reactortest.Bytewise, []string{"data a", "data b", "data c"}},
		{"two at a time", func(int) int { return 2 }, []string{"data ab", "data c"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, client, server, conn := link(t)
			conn.ToServer().SetChunking(c.cut)
			say(client, "abc")
			say(server, "xyz")
			r.Flush()
			server.expect(t, c.want...)
			client.expect(t, "data xyz")
		})
	}
	t.Run("random cuts are the same for the same seed", func(t *testing.T) {
		cuts := func(seed uint64) []string {
			r, client, server, conn := link(t)
			conn.SetChunking(reactortest.Random(nil, seed))
			say(client, strings.Repeat("x", 2000))
			r.Flush()
			if got := len(strings.Join(server.events, "")) - len("data ")*len(server.events); got != 2000 {
				t.Errorf("got %d bytes, want 2000", got)
			}
			return server.events
		}
		if !slices.Equal(cuts(1), cuts(1)) || slices.Equal(cuts(1), cuts(2)) {
			t.Error("got other cuts, want the same for a seed, and others for another")
		}
	})
}

func TestLatency(t *testing.T) {
	r, client, server, conn := link(t)
	conn.ToServer().SetLatency(time.Second)
	say(client, "slow")
	say(server, "fast")
	r.Flush()
	client.expect(t, "data fast")
	client.Transport().LoseConnection()
	conn.ToServer().SetLatency(time.Millisecond) // does not overtake
	r.Advance(time.Second - 1)
	server.expect(t)
	if got := conn.ToServer().Waiting(); got != len("slow") {
		t.Errorf("Waiting: got %d, want %d", got, len("slow"))
	}
	r.Advance(1)
	server.expect(t, "data slow", done)
}

func TestWindowStopsTheSender(t *testing.T) {
	r, client, server, conn := link(t)
	conn.ToServer().SetWindow(4)
	server.Transport().PauseProducing()
	say(client, "abcdefghij")
	r.Flush()
	if got := client.Transport().Buffered(); got != 6 {
		t.Errorf("Buffered: got %d, want 6", got)
	}
	server.expect(t)
	server.Transport().ResumeProducing()
	r.Flush()
	server.expect(t, "data abcd", "data efgh", "data ij")
}

func TestReset(t *testing.T) {
	reset := fmt.Sprintf("%s: %d: ", lost, int(syscall.ECONNRESET))
	t.Run("T20 of the whole connection", func(t *testing.T) {
		r, client, server, conn := link(t)
		say(client, "never read")
		server.Transport().PauseProducing()
		r.Flush()
		conn.ToServer().SetLatency(time.Second)
		say(client, "never arrives")
		r.Turn()
		conn.SetLatency(0)
		conn.Reset()
		r.Advance(time.Second)
		client.expect(t, reset)
		server.Transport().ResumeProducing()
		r.Flush()
		server.expect(t, "data never read", reset)
	})
	t.Run("of one direction: the other side learns when it sends", func(t *testing.T) {
		r, client, server, conn := link(t)
		conn.ToClient().Reset()
		r.Flush()
		client.expect(t, reset)
		server.expect(t)
		say(server, "x")
		r.Flush()
		server.expect(t, reset)
	})
	t.Run("T18 AbortConnection", func(t *testing.T) {
		r, client, server, _ := link(t)
		client.Transport().AbortConnection()
		r.Flush()
		client.expect(t, aborted)
		server.expect(t, reset)
	})
}

func TestEndOfOneDirection(t *testing.T) {
	r, client, server, conn := link(t)
	say(client, "last")
	conn.ToServer().End()
	r.Flush()
	server.expect(t, done)
	client.expect(t, lost) // its bytes came after the end

	r, client, server, conn = link(t)
	conn.ToServer().SetLatency(time.Second)
	say(client, "last")
	r.Flush()
	conn.ToServer().End()
	r.Advance(time.Second)
	server.expect(t, "data last", done)
	client.expect(t, done)
}

func TestCut(t *testing.T) {
	r, client, server, conn := link(t)
	conn.Cut()
	say(client, "vanishes")
	client.Transport().LoseConnection()
	r.Flush()
	client.expect(t, done)
	if got, want := r.Descriptors(), 4; got != want { // the socket lingers: nothing was acknowledged
		t.Errorf("descriptors: got %d, want %d", got, want)
	}
	r.Advance(time.Minute)
	server.expect(t)
	if got, want := r.Descriptors(), 3; got != want {
		t.Errorf("descriptors a minute later: got %d, want %d", got, want)
	}
	server.Transport().AbortConnection()
	r.Flush()
	server.expect(t, aborted)
	if got := len(r.Network().Conns()); got != 0 {
		t.Errorf("connections: got %d, want 0", got)
	}
}

func TestCutStallsTheCloseOfWhatIsNotTaken(t *testing.T) {
	r, client, _, conn := link(t)
	conn.SetWindow(3)
	conn.Cut()
	say(client, "does not fit")
	client.Transport().LoseConnection()
	r.Advance(time.Minute - 1)
	client.expect(t)
	r.Advance(1)
	client.expect(t, lost+": User timeout")
}

func TestSpuriousReadiness(t *testing.T) {
	r, client, server, conn := link(t)
	conn.Spurious()
	if !r.Turn() {
		t.Error("Turn: got nothing to do, want the readiness")
	}
	r.Flush()
	client.expect(t)
	server.expect(t)
}

func TestOnConnect(t *testing.T) {
	r := newReactor(t)
	n := r.Network()
	n.SetLatency(time.Second)
	n.OnConnect(func(c *reactortest.Conn) { c.SetChunking(reactortest.Bytewise) })
	server := &recorder{}
	listen(t, r, serve(server))
	client := &recorder{onMade: func(r *recorder) { say(r, "ab") }}
	r.ConnectTCP("192.0.2.1", 25, clientOf(client))
	r.Advance(time.Second)
	server.expect(t, "transport", "made")
	client.expect(t)
	r.Advance(time.Second)
	client.expect(t, "transport", "made")
	r.Advance(time.Second)
	server.expect(t, "data a", "data b")
}

func TestBacklog(t *testing.T) {
	r := newReactor(t)
	n := r.Network()
	listener := n.NewReactor()
	t.Cleanup(listener.Close)
	if _, err := listener.ListenTCP(25, serve(&recorder{}), reactor.Backlog(1)); err != nil {
		t.Fatal(err)
	}
	listener.LimitDescriptors(2) // nothing is accepted, until the spare is used
	made := 0
	for range 3 {
		r.ConnectTCP("192.0.2.1", 25, clientOf(&recorder{onMade: func(*recorder) { made++ }}))
	}
	r.Turn()
	if made != 1 {
		t.Errorf("got %d connections, want 1 while the queue is full", made)
	}
	n.Flush()
	if made != 3 {
		t.Errorf("got %d connections, want 3 in the end", made)
	}
}

func TestShuffleIsTheSameForTheSameSeed(t *testing.T) {
	order := func(seed uint64) (events []string) {
		r := newReactor(t)
		r.Network().Shuffle(seed)
		listen(t, r, serve(&recorder{}))
		for _, name := range strings.Split("abcdefghij", "") {
			p := &recorder{onMade: func(*recorder) { events = append(events, name) }}
			r.ConnectTCP("192.0.2.1", 25, clientOf(p))
		}
		r.Flush()
		return events
	}
	first := order(1)
	if got := order(1); !slices.Equal(got, first) || len(got) != 10 {
		t.Errorf("got %v and %v, want the same", first, got)
	}
	if slices.Equal(order(2), first) {
		t.Errorf("got %v for two seeds, want another order", first)
	}
}

func TestHalfClose(t *testing.T) {
	t.Run("T30 in memory", func(t *testing.T) {
		server := &halfRecorder{}
		client := &recorder{}
		r := newReactor(t)
		listen(t, r, serve(server))
		r.ConnectTCP("192.0.2.1", 25, clientOf(client))
		r.Flush()
		say(client, "question")
		client.Transport().(reactor.TCPTransport).LoseWriteConnection()
		r.Flush()
		server.expect(t, "transport", "made", "data question", "read half lost")
		say(&server.recorder, "answer")
		r.Flush()
		client.expect(t, "transport", "made", "data answer")
		server.Transport().LoseConnection()
		r.Flush()
		client.expect(t, done)
		server.expect(t, done)
	})
}

func TestOptionsOfSocketsInMemory(t *testing.T) {
	r, client, _, _ := link(t)
	tcp := client.Transport().(reactor.TCPTransport)
	for _, err := range []error{tcp.SetNoDelay(true), tcp.SetKeepAlive(true), tcp.SetReadBuffer(1)} {
		if err != nil {
			t.Errorf("got %v, want none", err)
		}
	}
	if err := errors.Join(func() error { _, err := r.ListenUNIX("@x", serve(&recorder{})); return err }()); err != nil {
		t.Fatal(err)
	}
	p := &recorder{}
	r.ConnectUNIX("@x", clientOf(p))
	r.Flush()
	if err := p.Transport().(reactor.TCPTransport).SetNoDelay(true); !errors.Is(err, syscall.EOPNOTSUPP) {
		t.Errorf("SetNoDelay on a UNIX socket: got %v, want EOPNOTSUPP", err)
	}
}

func TestMuchGoesThrough(t *testing.T) {
	var got bytes.Buffer
	want := bytes.Repeat([]byte("0123456789"), 100_000)
	client := &recorder{onMade: func(r *recorder) { _, _ = r.Transport().Write(want); r.Transport().LoseConnection() }}
	server := &recorder{onData: func(_ *recorder, data string) { got.WriteString(data) }}
	talk(t, client, server).Flush()
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got %d bytes, want %d", got.Len(), len(want))
	}
}
