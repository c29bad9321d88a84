package reactor_test

import (
	"fmt"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal is a pseudo-terminal: what a person types and sees goes through keyboard, a program has the other one.
func terminal(t testing.TB) (keyboard, program *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	keyboard = os.NewFile(uintptr(fd), "ptmx")
	t.Cleanup(func() { _ = keyboard.Close() })
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	t.Cleanup(func() { _ = program.Close() })
	return keyboard, program
}

func TestStandardIOTerminal(t *testing.T) {
	keyboard, program := terminal(t)
	said := stdioChild(t, "stdio-echo", program, program)
	_, _ = keyboard.Write([]byte("hello\n"))
	want := "hello\r\nhello\r\n" // the terminal's echo, and ours
	got := make([]byte, len(want))
	if _, err := io.ReadFull(keyboard, got); err != nil || string(got) != want {
		t.Errorf("the terminal shows %q and %v, want %q", got, err, want)
	}
	_, _ = keyboard.Write([]byte{4}) // control-D, the end
	if got := wait(t, said, "the end of the child"); got != doneText {
		t.Errorf("the child says %q, want %q", got, doneText)
	}
}
