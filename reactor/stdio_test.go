//go:build unix

package reactor_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/tconn/tconn/reactor"
)

func init() {
	// talk is a program that has p on its standard input and output, and stops with it. Its standard error tells how that ended.
	talk := func(make func(r *reactor.Reactor) *probe) func() int {
		return func() int {
			before := stdioModes()
			r := reactor.New()
			p := make(r)
			p.gone = func(_ *probe, reason error) {
				fmt.Fprintln(os.Stderr, reason)
				if errors.Is(reason, reactor.ErrConnectionLost) && errors.Is(reason, syscall.EPIPE) {
					fmt.Fprintln(os.Stderr, "nobody reads")
				}
				_ = r.Stop()
			}
			if err := r.StandardIO(p); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
			if err := r.Run(); err != nil {
				return 1
			}
			if after := stdioModes(); after != before {
				fmt.Fprintln(os.Stderr, "modes were", before, "and are", after)
			}
			return 0
		}
	}
	children["stdio-echo"] = talk(func(*reactor.Reactor) *probe {
		p := newProbe()
		p.data = func(p *probe, data []byte) { _, _ = p.Transport().Write(data) }
		return p
	})
	// It says a lot and hangs up; its input goes on.
	children["stdio-say"] = talk(func(r *reactor.Reactor) *probe {
		p := newProbe()
		p.made = func(p *probe) {
			_, _ = p.Transport().Write(pattern(stdioBytes, 5))
			p.Transport().LoseConnection()
		}
		return p
	})
	// It says a lot and stops the reactor at once.
	children["stdio-stop"] = talk(func(r *reactor.Reactor) *probe {
		p := newProbe()
		p.made = func(p *probe) {
			_, _ = p.Transport().Write(pattern(stdioBytes, 5))
			_ = r.Stop()
		}
		return p
	})
}

const stdioBytes = 300_000

// stdioModes are the flags of standard input and output.
func stdioModes() (modes [2]int) {
	for fd := range modes {
		modes[fd] = fileFlags(fd)
	}
	return modes
}

// blockingPipe is a pipe whose ends block, as a shell makes them.
func blockingPipe(t testing.TB) (r, w *os.File) {
	t.Helper()
	var fds [2]int
	if err := syscall.Pipe(fds[:]); err != nil {
		t.Fatal(err)
	}
	syscall.CloseOnExec(fds[0])
	syscall.CloseOnExec(fds[1])
	r, w = os.NewFile(uintptr(fds[0]), "r"), os.NewFile(uintptr(fds[1]), "w")
	t.Cleanup(func() { _, _ = r.Close(), w.Close() })
	return r, w
}

// stdioChild runs a child with these files, in a goroutine of its own, and answers what it says on its standard error.
func stdioChild(t testing.TB, name string, in, out *os.File) <-chan string {
	t.Helper()
	cmd := child(t, name)
	said := filepath.Join(t.TempDir(), "said")
	errs, err := os.Create(said)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = errs.Close()
	result := make(chan string, 1)
	go func() {
		err := cmd.Wait()
		text, _ := os.ReadFile(said)
		if err != nil {
			text = fmt.Appendf(text, "%v\n", err)
		}
		result <- string(text)
	}()
	return result
}

const (
	doneText = "Connection was closed cleanly.\n"
	lostText = "Connection to the other side was lost in a non-clean fashion.\n"
)

func TestStandardIO(t *testing.T) {
	t.Run("pipes: what comes goes back, up to the end", func(t *testing.T) {
		in, ourIn := blockingPipe(t)
		ourOut, out := blockingPipe(t)
		said := stdioChild(t, "stdio-echo", in, out)
		_, _ = in.Close(), out.Close()
		text := pattern(stdioBytes, 6)
		go func() {
			_, _ = ourIn.Write(text)
			_ = ourIn.Close()
		}()
		got, err := io.ReadAll(ourOut)
		if err != nil {
			t.Error(err)
		}
		sameBytes(t, got, text)
		if got := wait(t, said, "the end of the child"); got != doneText {
			t.Errorf("the child says %q, want %q", got, doneText)
		}
	})
	t.Run("files", func(t *testing.T) {
		dir := t.TempDir()
		text := pattern(stdioBytes, 7)
		if err := os.WriteFile(filepath.Join(dir, "in"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		in, err := os.Open(filepath.Join(dir, "in"))
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		out, err := os.Create(filepath.Join(dir, "out"))
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		said := wait(t, stdioChild(t, "stdio-echo", in, out), "the end of the child")
		if said != doneText {
			t.Errorf("the child says %q, want %q", said, doneText)
		}
		got, err := os.ReadFile(filepath.Join(dir, "out"))
		if err != nil {
			t.Error(err)
		}
		sameBytes(t, got, text)
	})
	for _, test := range []struct{ name, child, want string }{
		{"LoseConnection: everything is in the output when Run returns, and the input is left alone", "stdio-say", doneText},
		{"Stop: the same", "stdio-stop", lostText},
	} {
		t.Run(test.name, func(t *testing.T) {
			in, ourIn := blockingPipe(t)
			ourOut, out := blockingPipe(t)
			said := stdioChild(t, test.child, in, out)
			_, _ = in.Close(), out.Close()
			got, err := io.ReadAll(ourOut)
			if err != nil {
				t.Error(err)
			}
			sameBytes(t, got, pattern(stdioBytes, 5))
			if got := wait(t, said, "the end of the child"); got != test.want {
				t.Errorf("the child says %q, want %q", got, test.want)
			}
			_ = ourIn.Close()
		})
	}
	t.Run("nobody reads the output: a loss, not a signal", func(t *testing.T) {
		in, ourIn := blockingPipe(t)
		ourOut, out := blockingPipe(t)
		said := stdioChild(t, "stdio-echo", in, out)
		_, _, _ = in.Close(), out.Close(), ourOut.Close()
		_, _ = ourIn.Write([]byte("hello"))
		want := "Connection to the other side was lost in a non-clean fashion: 32: Broken pipe.\nnobody reads\n"
		if got := wait(t, said, "the end of the child"); got != want {
			t.Errorf("the child says %q, want %q", got, want)
		}
	})
}

func TestStandardIOHere(t *testing.T) {
	t.Run("the goroutines end with the connection, though the input goes on", func(t *testing.T) {
		in, ourIn := blockingPipe(t)
		ourOut, out := blockingPipe(t)
		before := fileFlags(int(in.Fd()))
		stdin, stdout := os.Stdin, os.Stdout
		os.Stdin, os.Stdout = in, out
		l, p := start(t), newProbe()
		err := errors.New("not called")
		l.do(func() { err = l.StandardIO(p) })
		os.Stdin, os.Stdout = stdin, stdout
		if err != nil {
			t.Fatalf("StandardIO answered %v, want nil", err)
		}
		wait(t, p.up, "the connection")
		l.do(func() {
			if got := p.Transport().RemoteAddr(); got.Network() != "stream" || got.String() != "stdio" {
				t.Errorf("got the address %s %s, want stream stdio", got.Network(), got)
			}
			_, _ = p.Transport().Write([]byte("hello"))
		})
		got := make([]byte, 5)
		if _, err := io.ReadFull(ourOut, got); err != nil || string(got) != "hello" {
			t.Errorf("got %q and %v, want hello", got, err)
		}
		_, _ = ourIn.Write([]byte("welcome"))
		p.in.wait(t, 7)
		l.do(p.Transport().LoseConnection)
		wait(t, p.lost, "the end")
		ended(t, "reactor.(*pump)")
		if after := fileFlags(int(in.Fd())); after != before {
			t.Errorf("the flags of the input are %x, want %x", after, before)
		}
		_, _ = ourIn.Write([]byte("more"))
		rest := make([]byte, 4)
		if _, err := io.ReadFull(in, rest); err != nil || string(rest) != "more" {
			t.Errorf("the input's next reader got %q and %v, want more", rest, err)
		}
	})
	t.Run("an output that takes nothing does not hold AbortConnection up", func(t *testing.T) {
		in, _ := blockingPipe(t)
		_, out := blockingPipe(t)
		_, _ = out.Write([]byte("odd")) // so that no big piece fills the pipe exactly
		stdin, stdout := os.Stdin, os.Stdout
		os.Stdin, os.Stdout = in, out
		l, p := start(t), newProbe()
		p.made = func(p *probe) { _, _ = p.Transport().Write(make([]byte, 1<<20)) }
		l.do(func() { _ = l.StandardIO(p) })
		os.Stdin, os.Stdout = stdin, stdout
		wait(t, p.up, "the connection")
		blockedIn(t, "reactor.(*stdio).Write", "unix.Poll")
		l.do(p.Transport().AbortConnection)
		wait(t, p.lost, "the end")
		ended(t, "reactor.(*pump)")
	})
	t.Run("a descriptor that is not open", func(t *testing.T) {
		closed, _ := blockingPipe(t)
		_ = closed.Close()
		stdin, stdout := os.Stdin, os.Stdout
		defer func() { os.Stdin, os.Stdout = stdin, stdout }()
		for _, files := range [][2]*os.File{{closed, stdout}, {stdin, closed}} {
			os.Stdin, os.Stdout = files[0], files[1]
			err := reactor.New().StandardIO(newProbe())
			wantText(t, err, "reactor: cannot adopt standard input and output: file already closed")
			wantIs(t, err, os.ErrClosed)
		}
	})
}

func fileFlags(fd int) int {
	flags, _, _ := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFL, 0)
	return int(flags)
}
