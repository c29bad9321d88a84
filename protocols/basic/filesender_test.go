package basic_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/basic"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// idler does nothing with its connection.
type idler struct{ reactor.BaseProtocol }

// sizes is a reader that notes how much was asked for.
type sizes struct {
	io.Reader
	asked []int
}

func (r *sizes) Read(p []byte) (int, error) {
	r.asked = append(r.asked, len(p))
	return r.Reader.Read(p)
}

// turns lets the connection have its turns until d has fired, or 1000 times.
func turns(tr *reactortest.Transport, d *deferred.Deferred[int64]) (n int64, err error, fired bool) {
	for range 1000 {
		if n, err, fired = d.Result(); fired {
			break
		}
		tr.Clock().Turn()
	}
	return n, err, fired
}

// file is 50,000 bytes that tell their place.
var file = func() []byte {
	b := make([]byte, 50_000)
	for i := range b {
		b[i] = byte(i ^ i>>8)
	}
	return b
}()

func TestFileSender(t *testing.T) {
	broken := errors.New("disk on fire")
	upper := func(p []byte) []byte { return bytes.ToUpper(p) }
	none := func([]byte) []byte { return nil }
	for _, tc := range []struct {
		name      string
		reader    io.Reader
		transform func([]byte) []byte
		sent      string
		n         int64
		err       error
	}{
		{"P15 a file", bytes.NewReader(file), nil, string(file), 50_000, nil},
		{"P15 nothing", strings.NewReader(""), nil, "", 0, nil},
		{"P15 bytes together with the end", iotest.DataErrReader(strings.NewReader("abc")), nil, "abc", 3, nil},
		{"P15 one byte at a time", iotest.OneByteReader(strings.NewReader("abc")), nil, "abc", 3, nil},
		{"P15 transformed", strings.NewReader("abc"), upper, "ABC", 3, nil},
		{"P15 transformed to nothing", bytes.NewReader(file), none, "", 0, nil},
		{"P15 the reader fails", io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken)), nil, "abc", 0, broken},
		{"P15 the reader fails with bytes", iotest.DataErrReader(io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken))), nil, "abc", 0, broken},
		{"P15 the reader answers nothing", stuck{}, nil, "", 0, io.ErrNoProgress},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tr := connect(&idler{})
			var s basic.FileSender
			n, err, fired := turns(tr, s.BeginFileTransfer(tc.reader, tr, tc.transform))
			if !fired || n != tc.n || !errors.Is(err, tc.err) || (err == nil) != (tc.err == nil) {
				t.Errorf("got %d, %v, fired %v; want %d, %v, true", n, err, fired, tc.n, tc.err)
			}
			if got := string(tr.Take()); got != tc.sent {
				t.Errorf("sent %d bytes %.20q, want %d %.20q", len(got), got, len(tc.sent), tc.sent)
			}
			if tr.Disconnecting() {
				t.Error("got a closing connection, want an open one")
			}
			if err := tr.RegisterProducer(&basic.FileSender{}, false); err != nil {
				t.Errorf("the next producer: got %v, want it accepted", err)
			}
		})
	}
}

// stuck is a reader that comes to nothing.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func TestFileSenderChunks(t *testing.T) {
	for _, tc := range []struct {
		name      string
		set, want int
	}{
		{"P15 16 KiB by default", 0, 16 << 10},
		{"P15 as set", 1000, 1000},
		{"P15 64 KiB at most", 1 << 20, 64 << 10},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tr := connect(&idler{})
			r := &sizes{Reader: bytes.NewReader(file)}
			turns(tr, (&basic.FileSender{ChunkBytes: tc.set}).BeginFileTransfer(r, tr, nil))
			for _, got := range r.asked {
				if got != tc.want {
					t.Fatalf("read: got %d bytes asked for, want %d", got, tc.want)
				}
			}
		})
	}
	t.Run("P15 no faster than the peer", func(t *testing.T) {
		tr := connect(&idler{})
		tr.Hold()
		var s basic.FileSender
		d := s.BeginFileTransfer(bytes.NewReader(file), tr, nil)
		for range 3 {
			tr.Clock().Turn()
			if got := tr.Buffered(); got != 16<<10 {
				t.Fatalf("buffered: got %d, want %d", got, 16<<10)
			}
			tr.Drain(tr.Buffered())
		}
		tr.Release()
		if n, err, _ := turns(tr, d); n != 50_000 || err != nil {
			t.Errorf("got %d, %v; want 50000, nil", n, err)
		}
	})
}

func TestFileSenderEnds(t *testing.T) {
	for _, tc := range []struct {
		name string
		end  func(tr *reactortest.Transport, d *deferred.Deferred[int64])
		want error
		open bool
	}{
		{"P15 the connection breaks", func(tr *reactortest.Transport, _ *deferred.Deferred[int64]) { tr.Lose(reactor.ErrConnectionLost) }, basic.ErrConsumerStopped, false},
		{"P15 aborted", func(tr *reactortest.Transport, _ *deferred.Deferred[int64]) { tr.AbortConnection() }, basic.ErrConsumerStopped, false},
		{"P15 cancelled", func(_ *reactortest.Transport, d *deferred.Deferred[int64]) { d.Cancel() }, deferred.ErrCancelled, true},
		{"P15 the protocol closes: the file goes first", func(tr *reactortest.Transport, _ *deferred.Deferred[int64]) { tr.LoseConnection(); tr.Release() }, nil, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tr := connect(&idler{})
			tr.Hold()
			var s basic.FileSender
			d := s.BeginFileTransfer(bytes.NewReader(file), tr, nil)
			tc.end(tr, d)
			if _, err, fired := turns(tr, d); !fired || !errors.Is(err, tc.want) {
				t.Errorf("got %v, fired %v; want %v, true", err, fired, tc.want)
			}
			tr.Clock().Turn()
			if got := !tr.Disconnecting(); got != tc.open {
				t.Errorf("open: got %v, want %v", got, tc.open)
			}
			if got := len(tr.Take()); tc.want == nil && got != len(file) {
				t.Errorf("sent %d bytes, want %d", got, len(file))
			}
			if tc.open {
				tr.Release()
				if n, err, _ := turns(tr, s.BeginFileTransfer(strings.NewReader("abc"), tr, nil)); n != 3 || err != nil {
					t.Errorf("the next transfer of this connection: got %d, %v; want 3, nil", n, err)
				}
			}
			next := connect(&idler{})
			if n, err, _ := turns(next, s.BeginFileTransfer(strings.NewReader("abc"), next, nil)); n != 3 || err != nil {
				t.Errorf("the next transfer: got %d, %v; want 3, nil", n, err)
			}
		})
	}
	t.Run("P15 the connection is gone before", func(t *testing.T) {
		tr := connect(&idler{})
		tr.Lose(nil)
		if _, err, _ := new(basic.FileSender).BeginFileTransfer(bytes.NewReader(file), tr, nil).Result(); err != basic.ErrConsumerStopped {
			t.Errorf("got %v, want %v", err, basic.ErrConsumerStopped)
		}
	})
	t.Run("P15 a producer is registered already", func(t *testing.T) {
		tr := connect(&idler{})
		var s basic.FileSender
		tr.Hold()
		first := s.BeginFileTransfer(bytes.NewReader(file), tr, nil)
		second := new(basic.FileSender).BeginFileTransfer(bytes.NewReader(file), tr, nil)
		if _, err, _ := second.Result(); !errors.Is(err, reactor.ErrProducerRegistered) {
			t.Errorf("got %v, want %v", err, reactor.ErrProducerRegistered)
		}
		mustPanic(t, "basic: BeginFileTransfer: the FileSender has a transfer under way", func() { s.BeginFileTransfer(stuck{}, tr, nil) })
		tr.Release()
		if n, err, _ := turns(tr, first); n != 50_000 || err != nil {
			t.Errorf("the first: got %d, %v; want 50000, nil", n, err)
		}
	})
	t.Run("P15 the write is refused", func(t *testing.T) {
		tr := connect(&idler{})
		var s basic.FileSender
		d := s.BeginFileTransfer(readerFunc(func(p []byte) (int, error) {
			tr.SetMaxBuffered(0)
			return len(p), nil
		}), tr, nil)
		if _, err, _ := turns(tr, d); !errors.Is(err, reactor.ErrBufferFull) {
			t.Errorf("got %v, want %v", err, reactor.ErrBufferFull)
		}
	})
	t.Run("P15 cancelled by the reader and by transform", func(t *testing.T) {
		var d *deferred.Deferred[int64]
		calls := 0
		cancel := func(p []byte) []byte {
			if calls++; calls == 2 {
				d.Cancel()
			}
			return p
		}
		for _, inReader := range []bool{true, false} {
			calls = 0
			transform := cancel
			reader := readerFunc(func(p []byte) (int, error) {
				if inReader {
					cancel(p)
				}
				return len(p), nil
			})
			if inReader {
				transform = nil
			}
			tr := connect(&idler{})
			d = new(basic.FileSender).BeginFileTransfer(reader, tr, transform)
			if _, err, _ := turns(tr, d); !errors.Is(err, deferred.ErrCancelled) {
				t.Errorf("got %v, want %v", err, deferred.ErrCancelled)
			}
			if got := len(tr.Take()); got != 16<<10 {
				t.Errorf("sent %d bytes, want %d", got, 16<<10)
			}
		}
	})
	mustPanic(t, "basic: BeginFileTransfer with a nil reader or transport", func() { new(basic.FileSender).BeginFileTransfer(nil, nil, nil) })
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
