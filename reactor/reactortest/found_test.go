package reactortest_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// What the fault schedules have found.

func TestWhatAPanicDropsIsNoCleanEndForThePeer(t *testing.T) {
	for _, c := range []struct {
		name, unsent string
		want         error
	}{
		{"with bytes that were not sent", "half a word", syscall.ECONNRESET},
		{"with nothing unsent", "", reactor.ErrConnectionDone},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got error
			client := &recorder{
				onMade: func(r *recorder) { _, _ = r.Transport().Write([]byte("go")) },
				onLost: func(_ *recorder, reason error) { got = reason },
			}
			server := &recorder{onData: func(r *recorder, _ string) {
				_, _ = r.Transport().Write([]byte(c.unsent))
				panic("oh")
			}}
			talk(t, client, server).Flush()
			if !errors.Is(got, c.want) {
				t.Errorf("the peer's reason: got %v, want %v", got, c.want)
			}
		})
	}
}

func TestAProducerMayFinishAfterLoseWriteConnection(t *testing.T) {
	server := &halfRecorder{}
	client := &recorder{}
	r := reactortest.NewReactor()
	t.Cleanup(r.Close)
	if _, err := r.ListenTCP(25, serve(server)); err != nil {
		t.Fatal(err)
	}
	s := &source{}
	client.onMade = func(c *recorder) {
		tr := c.Transport().(reactor.TCPTransport)
		_ = tr.RegisterProducer(s, true)
		_, _ = tr.Write([]byte("begun, "))
		tr.LoseWriteConnection()
		if _, err := tr.Write([]byte("finished")); err != nil {
			t.Errorf("the producer's write: got %v, want none", err)
		}
	}
	r.ConnectTCP("192.0.2.1", 25, clientOf(client))
	r.Flush()
	server.expect(t, "transport", "made", "data begun, finished")

	client.Transport().UnregisterProducer()
	if _, err := client.Transport().Write([]byte("more")); !errors.Is(err, reactor.ErrWriteAfterClose) {
		t.Errorf("a write after the producer's end: got %v, want ErrWriteAfterClose", err)
	}
	late := &source{}
	if err := client.Transport().RegisterProducer(late, true); err != nil {
		t.Errorf("RegisterProducer: got %v, want none", err)
	}
	late.expect(t, "stop")
	r.Flush()
	server.expect(t, "read half lost")
}

func TestLastWordsAreHeardBeforeAFailedWriteEndsTheConnection(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(map[bool]string{false: "plain", true: "TLS"}[secure], func(t *testing.T) {
			n := reactortest.NewNetwork()
			t.Cleanup(n.Close)
			serverSide, clientSide := n.NewReactor(), n.NewReactor()
			client := &recorder{onData: func(r *recorder, _ string) {
				if r.Transport().Disconnecting() {
					t.Error("Disconnecting while data comes in: got true, want false")
				}
			}}
			server := &recorder{}
			if secure {
				_, err := serverSide.ListenTLS(25, serve(server), serving())
				if err != nil {
					t.Fatal(err)
				}
				clientSide.ConnectTLS("192.0.2.1", 25, clientOf(client), trusting())
			} else {
				listen(t, serverSide, serve(server))
				clientSide.ConnectTCP("192.0.2.1", 25, clientOf(client))
			}
			n.Flush()
			n.ConnOf(client.Transport()).ToServer().SetWindow(1000)
			server.Transport().PauseProducing()
			_, _ = client.Transport().Write(make([]byte, 100_000))
			clientSide.Turn()
			say(server, "NO, and goodbye")
			serverSide.Turn()
			server.Transport().LoseConnection()
			for range 3 {
				serverSide.Turn()
			}
			n.ConnOf(client.Transport()).ToClient().SetChunking(reactortest.Bytewise)
			n.Advance(time.Minute) // the server's socket does not linger for ever, and resets then
			n.Flush()
			if got := strings.ReplaceAll(strings.Join(client.events, ""), "data ", ""); !strings.HasPrefix(got, "transportmadeNO, and goodbyelost ") {
				t.Errorf("the client: got %q, want the last words before the loss", got)
			}
		})
	}
}
