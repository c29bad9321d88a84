package imap4_test

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
)

// zeros is the compressed answer to A2 with a body that becomes a thousand times as much.
func zeros(size int) []byte {
	var z bytes.Buffer
	w, err := flate.NewWriter(&z, flate.BestCompression)
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(w, "* 1 FETCH (UID 7 BODY[] {%d}\r\n", size)
	_, _ = w.Write(make([]byte, size))
	fmt.Fprint(w, ")\r\nA2 OK done\r\n")
	_ = w.Flush()
	return z.Bytes()
}

// compress switches compression on; it is the session's first command.
func (s *session) compress() {
	s.server("* CAPABILITY IMAP4rev1 COMPRESS=DEFLATE\r\n")
	s.Compress().Handle(nil, func(err error) { s.t.Error(err) })
	s.server("A1 OK done\r\n")
	s.take()
}

// What was read at once may become far more than a loop or a sink can take.
func TestCompressedSlowTaker(t *testing.T) {
	const size = 16 << 20
	t.Run("a loop is not further behind than without", func(t *testing.T) {
		loop(t, func(l *looping) {
			<-l.steps
			for b, err := range l.FetchBodies(context.Background(), imap4.AllUIDs(), imap4.BodySection{Peek: true}) {
				if err != nil {
					l.see("%v", err)
					continue
				}
				<-l.steps
				n, err := io.Copy(io.Discard, b)
				l.see("%d %v", n, err)
			}
		}, func(l *looping) {
			l.Options.MaxBacklog = 4 << 20
			l.compress()
			l.steps <- nil
			l.settle()
			l.answer(string(zeros(size)))
			l.paused(true)
			close(l.steps)
			for range 10 {
				l.settle()
			}
			l.saw(fmt.Sprintf("%d <nil>", size))
			l.paused(false)
		})
	})
	fetch := func(t *testing.T, write func(s *session, k *sink)) *session {
		s := opened(t, "")
		s.compress()
		s.fetch("FETCH", imap4.AllUIDs(), imap4.FetchOptions{Sections: []imap4.BodySection{whole}, Sink: func(imap4.LiteralMeta) imap4.LiteralSink {
			k := &sink{s: s, name: "sink"}
			k.write = func() { write(s, k) }
			return k
		}})
		s.server(string(zeros(size)))
		return s
	}
	t.Run("a sink that pauses", func(t *testing.T) {
		before, got := 0, 0
		s := fetch(t, func(s *session, k *sink) {
			s.PauseProducing()
			got += len(k.got)
			k.got = k.got[:0]
		})
		for got != before {
			if got-before > 2<<20 {
				t.Errorf("written while paused: got %d octets, want at most 2 MiB", got-before)
			}
			before = got
			s.ResumeProducing()
			s.clock.Turn()
		}
		if got < size-1 {
			t.Errorf("written: got %d octets, want %d", got, size)
		}
		if s.tr.Paused() {
			t.Error("reading at the end: got paused, want on")
		}
	})
	t.Run("a panic behind a pause ends the connection", func(t *testing.T) {
		resumed := false
		s := fetch(t, func(s *session, _ *sink) {
			s.PauseProducing()
			if resumed {
				panic("boom")
			}
		})
		resumed = true
		s.closed(false)
		s.ResumeProducing()
		s.clock.Turn()
		var panicked *reactor.PanicError
		if err := s.tr.Reason(); !errors.As(err, &panicked) {
			t.Errorf("end: got %v, want the panic", err)
		}
		s.take()
	})
}
