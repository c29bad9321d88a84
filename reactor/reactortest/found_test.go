package reactortest_test

import (
	"errors"
	"syscall"
	"testing"

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
