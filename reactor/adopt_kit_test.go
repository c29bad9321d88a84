package reactor_test

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tconn/tconn/reactor"
)

// stream is an io.ReadWriteCloser made of functions. Close ends what waits for closed.
type stream struct {
	read   func(p []byte) (int, error)
	write  func(p []byte) (int, error)
	once   sync.Once
	closed chan struct{}
	closes atomic.Int32
}

func newStream() *stream {
	s := &stream{closed: make(chan struct{})}
	s.read = func([]byte) (int, error) { <-s.closed; return 0, net.ErrClosed }
	s.write = func(p []byte) (int, error) { return len(p), nil }
	return s
}

func (s *stream) Read(p []byte) (int, error)  { return s.read(p) }
func (s *stream) Write(p []byte) (int, error) { return s.write(p) }

func (s *stream) Close() error {
	s.closes.Add(1)
	s.once.Do(func() { close(s.closed) })
	return errors.New("closing says something")
}

// adopts has the reactor take over rw.
func (l *loop) adopts(rw io.ReadWriteCloser, f reactor.Factory) {
	l.t.Helper()
	l.do(func() {
		if err := l.AdoptReadWriter(rw, f); err != nil {
			l.t.Errorf("AdoptReadWriter answered %v, want nil", err)
		}
	})
}

// fileOf is a file of the socket under c, which is closed with it.
func fileOf(t testing.TB, c interface{ File() (*os.File, error) }) *os.File {
	t.Helper()
	f, err := c.File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// counted is a factory that tells of its first and last use.
type counted struct {
	reactor.Factory
	life journal
}

func (c *counted) StartFactory() { c.life.add("start") }
func (c *counted) StopFactory() error {
	c.life.add("stop")
	return errors.New("stopping says something")
}
