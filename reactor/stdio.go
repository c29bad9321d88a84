package reactor

import (
	"net"
	"os"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// stdioPiece is how much is written to standard output at once: what a pipe that has room takes without blocking (PIPE_BUF).
const stdioPiece = 4 << 10

// StandardIO has p talk through standard input and output, whatever they are: a terminal, pipes, files. The connection is made in
// a later turn, once the reactor runs; p has a full Transport, as AdoptReadWriter describes it.
//
// The end of the input is the end of the peer's half; a HalfCloser goes on writing. When nobody reads the output any more,
// ConnectionLost comes with ErrConnectionLost and EPIPE; the process gets no SIGPIPE. Everything written before LoseConnection or Stop is
// in the output when Run returns, if that takes it within the flush timeout.
//
// The descriptors stay open, and blocking: other processes may share them. So they are waited for with poll(2) by two goroutines, which end with
// the connection; only a process that shares a pipe or terminal and takes away what was to be read can hold one of them up, until there is more.
// What the program reads and writes itself meanwhile (os.Stdin, os.Stdout) mixes with the bytes of p.
//
// Errors: *AdoptError. A nil p panics. Goroutine: reactor, or before Run. Source: twisted.internet.stdio.StandardIO.
func (r *Reactor) StandardIO(p Protocol) error {
	r.mustBeInTurn("StandardIO")
	if p == nil {
		panic("reactor: StandardIO: nil protocol")
	}
	s, err := r.openStdio()
	if err == nil {
		if err = r.adoptReadWriter(s, FactoryFunc(func(net.Addr) Protocol { return p })); err == nil {
			return nil
		}
		_ = s.Close()
	}
	return &AdoptError{Name: "standard input and output", Err: err}
}

// stdio is standard input and output as one stream whose Close does not close them.
type stdio struct {
	files     engine.Files
	in, out   *os.File // duplicates; the runtime ends the process for EPIPE on descriptor 1, not on others
	interrupt *os.File // can be read from once stop is closed
	stop      *os.File
}

func (r *Reactor) openStdio() (s *stdio, err error) {
	files, err := r.files()
	if err != nil {
		return nil, err
	}
	s = &stdio{files: files}
	s.in, err = s.duplicate(os.Stdin)
	if err == nil {
		s.out, err = s.duplicate(os.Stdout)
	}
	if err == nil {
		s.interrupt, s.stop, err = os.Pipe()
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func (s *stdio) duplicate(f *os.File) (*os.File, error) {
	fd, err := duplicate(s.files, f)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

// Read answers what there is, and waits for it in a way that Close ends.
func (s *stdio) Read(p []byte) (int, error) {
	if err := s.await(s.in, engine.Read); err != nil {
		return 0, err
	}
	return s.in.Read(p)
}

// Write writes everything, piece by piece, and waits for room in a way that Close ends.
func (s *stdio) Write(p []byte) (n int, err error) {
	for n < len(p) {
		if err := s.await(s.out, engine.Write); err != nil {
			return n, err
		}
		m, err := s.out.Write(p[n:min(n+stdioPiece, len(p))])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// Close closes the duplicates.
func (s *stdio) Close() error {
	for _, f := range []*os.File{s.stop, s.in, s.out, s.interrupt} { // those who wait go first
		if f != nil {
			_ = f.Close()
		}
	}
	return nil
}

// LocalAddr and RemoteAddr name it.
func (s *stdio) LocalAddr() net.Addr  { return streamAddr("stdio") }
func (s *stdio) RemoteAddr() net.Addr { return streamAddr("stdio") }

// await returns when f is ready, or with os.ErrClosed. None of the two descriptors is closed meanwhile.
func (s *stdio) await(f *os.File, want engine.Interest) error {
	ready := false
	err := withDescriptor(s.interrupt, func(interrupt int) error {
		return withDescriptor(f, func(fd int) (err error) {
			ready, err = s.files.Await(fd, want, interrupt)
			return err
		})
	})
	if err == nil && !ready {
		return os.ErrClosed
	}
	return err
}
