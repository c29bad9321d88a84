package basic

import (
	"bytes"
	"testing"

	"github.com/tconn/tconn/reactor/reactortest"
)

type quiet struct{ LineReceiver }

func (*quiet) LineReceived([]byte) {}

// TestIdleKeepsNothing: whatever has come, when no unit is under way there is no buffer.
func TestIdleKeepsNothing(t *testing.T) {
	p := &quiet{}
	p.Init(p)
	tr := reactortest.NewTransport(nil)
	tr.Connect(p)
	for _, tc := range []struct {
		name string
		feed func()
		most int // bytes of buffer
	}{
		{"whole lines", func() { tr.Receive(bytes.Repeat([]byte("line\r\n"), 1000)) }, 0},
		{"a line in pieces", func() { tr.Receive(make([]byte, 10000)); tr.Receive([]byte("\r\n")) }, 0},
		{"a beginning behind a long line", func() { tr.Receive(make([]byte, 10000)); tr.Receive([]byte("\r\nbeginning")) }, 16},
		{"its end", func() { tr.Receive([]byte("\r\n")) }, 0},
		{"a beginning that has waited", func() {
			p.PauseProducing()
			p.DataReceived(append(make([]byte, 10000), "\r\nbeginning"...))
			p.ResumeProducing()
		}, 16},
	} {
		tc.feed()
		if got := cap(p.held) + cap(p.rest); got > tc.most {
			t.Errorf("%s: keeps %d bytes (%d, %d), want at most %d", tc.name, got, cap(p.held), cap(p.rest), tc.most)
		}
	}
}
