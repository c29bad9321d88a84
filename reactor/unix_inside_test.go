package reactor

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// successor is the system, and another process that listens on path as soon as nobody else does.
type successor struct {
	engine.System
	path string
	next net.Listener
}

func (s *successor) Close(fd int) {
	s.System.Close(fd)
	if s.next == nil {
		_ = os.Remove(s.path)
		s.next, _ = net.Listen("unix", s.path)
	}
}

// TestUNIXSuccessor stops a port while another process waits to take its path: the file of that process stays, even if it has the
// number of the file before.
func TestUNIXSuccessor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	s := &successor{System: engine.OS, path: path}
	r := New()
	r.sys = s
	p, err := r.ListenUNIX(path, FactoryFunc(func(net.Addr) Protocol { return nil }))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.close(); err != nil {
		t.Fatal(err)
	}
	if s.next == nil {
		t.Fatal("the other process does not listen")
	}
	defer s.next.Close()
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatalf("the other process's socket is gone: %v", err)
	}
	_ = c.Close()
}
