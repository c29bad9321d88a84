package reactortest_test

import (
	"errors"
	"syscall"
	"testing"

	"github.com/tconn/tconn/reactor"
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
