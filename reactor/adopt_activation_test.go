//go:build unix

package reactor_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/tconn/tconn/reactor"
)

// activationVariables are what ListenFDs reads.
var activationVariables = []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}

func init() {
	// A program that is passed a TCP listener and a UDP socket, and echoes on both until its standard input ends.
	children["activated"] = func() int {
		r := reactor.New()
		for _, a := range reactor.ListenFDs() {
			fmt.Println(a.Name, a.File.Name(), a.File.Fd())
			var err error
			if a.Name == "stream" {
				_, err = r.AdoptStreamPort(a.File, echoFactory)
			} else {
				_, err = r.AdoptDatagramPort(a.File, bounce())
			}
			if err != nil {
				fmt.Println(err)
			}
			_ = a.File.Close()
		}
		for _, name := range activationVariables {
			if value, ok := os.LookupEnv(name); ok {
				fmt.Println("inherited by children:", name, value)
			}
		}
		fmt.Println("again:", len(reactor.ListenFDs()))
		ends := newProbe()
		ends.gone = func(*probe, error) { _ = r.Stop() }
		if err := r.StandardIO(ends); err != nil {
			fmt.Println(err)
		}
		if err := r.Run(); err != nil {
			return 1
		}
		return 0
	}
}

func TestListenFDs(t *testing.T) {
	t.Run("a child process serves on what it was passed", func(t *testing.T) {
		n, u := peer(t), udpPeer(t, "127.0.0.1:0")
		// The shell knows the number of the process that it becomes.
		cmd := child(t, "activated")
		cmd.Args = []string{"sh", "-c", `LISTEN_PID=$$ exec "$0"`, cmd.Path}
		cmd.Path, _ = exec.LookPath("sh")
		cmd.Env = append(cmd.Env, "LISTEN_FDS=2", "LISTEN_FDNAMES=stream:")
		cmd.ExtraFiles = []*os.File{fileOf(t, n), fileOf(t, u)}
		in, lines := startChild(t, cmd)
		for _, want := range []string{"stream stream 3", "unknown unknown 4", "again: 0"} {
			if got := lines(); got != want {
				t.Errorf("the child says %q, want %q", got, want)
			}
		}
		echoes(t, "tcp", n.Addr().String())
		echoes(t, "udp", u.LocalAddr().String())
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the child ended with %v, want nil", err)
		}
	})
	t.Run("variables that say nothing", func(t *testing.T) {
		self := fmt.Sprint(os.Getpid())
		for _, test := range []struct{ name, pid, count string }{
			{"another process", "1", "1"},
			{"no process", "", "1"},
			{"no count", self, ""},
			{"none", self, "0"},
			{"a negative count", self, "-1"},
			{"no number", self, "x"},
			{"too many", self, "70000"},
		} {
			t.Run(test.name, func(t *testing.T) {
				for i, value := range []string{test.pid, test.count, "name"} {
					t.Setenv(activationVariables[i], value)
				}
				if got := reactor.ListenFDs(); len(got) != 0 {
					t.Errorf("got %d files, want none", len(got))
				}
				for _, name := range activationVariables {
					if value, ok := os.LookupEnv(name); ok {
						t.Errorf("%s is still %q, want it gone", name, value)
					}
				}
			})
		}
	})
}

// startChild starts cmd and answers its standard input and what reads a line of its output.
func startChild(t testing.TB, cmd *exec.Cmd) (in *os.File, line func() string) {
	t.Helper()
	theirIn, ourIn, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ourOut, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin, cmd.Stdout = theirIn, theirOut
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirIn.Close(), theirOut.Close()
	t.Cleanup(func() {
		_, _ = ourIn.Close(), ourOut.Close()
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	return ourIn, func() string {
		var text strings.Builder
		for b := []byte{0}; ; {
			if n, err := ourOut.Read(b); n == 0 || b[0] == '\n' {
				if err != nil && text.Len() == 0 {
					return err.Error()
				}
				return text.String()
			}
			text.WriteByte(b[0])
		}
	}
}
