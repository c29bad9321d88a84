package engine

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// recorder is a handler that keeps what it hears.
type recorder struct{ heard Interest }

func (r *recorder) Ready(ready Interest) { r.heard |= ready }

// TestInterest registers every interest after every other one on a socket that is readable and writable, and compares what the
// poller then tells.
func TestInterest(t *testing.T) {
	names := []string{None: "none", Read: "read", Write: "write", Read | Write: "both"}
	for from := range names {
		for to := range names {
			t.Run(names[from]+" to "+names[to], func(t *testing.T) {
				near, far := socketPair(t)
				if _, err := OS.Write(far, []byte("x")); err != nil {
					t.Fatal(err)
				}
				var (
					p    *gnetPoller
					a    Attachment
					r    recorder
					turn int
				)
				p = open(t, nil, func() {
					switch turn++; turn {
					case 1:
						p.Register(&a, near, &r)
						want(t, p, &a, Interest(from))
						want(t, p, &a, Interest(to))
					case 4: // in the rounds between everything that is ready has been told
						p.Deregister(&a)
						r.heard |= 1 << 7
						p.Stop()
						return
					}
					p.SetTimer(0)
				})
				p.SetTimer(0)
				if err := p.Poll(); err != nil {
					t.Fatalf("Poll answered %v, want nil", err)
				}
				if got, want := r.heard, Interest(to)|1<<7; got != want {
					t.Errorf("heard %b, want %b", got, want)
				}
				if a.Interest() != None {
					t.Errorf("after Deregister the interest is %v, want none", a.Interest())
				}
			})
		}
	}
}

func want(t testing.TB, p *gnetPoller, a *Attachment, want Interest) {
	t.Helper()
	if err := p.SetInterest(a, want); err != nil || a.Interest() != want {
		t.Errorf("SetInterest answered %v and the interest is %v, want nil and %v", err, a.Interest(), want)
	}
}

func socketPair(t testing.TB) (near, far int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		OS.Close(fds[0])
		OS.Close(fds[1])
	})
	return fds[0], fds[1]
}

// TestInterestFails sets an interest in a descriptor that is not open: the error is told and nothing is taken for registered.
func TestInterestFails(t *testing.T) {
	p := open(t, func() {}, nil)
	near, _ := socketPair(t)
	var a Attachment
	p.Register(&a, near+1000, &recorder{})
	for _, want := range []Interest{Read, Write, Read | Write} {
		if err := p.SetInterest(&a, want); err == nil || a.Interest() != None {
			t.Errorf("%v: got %v and interest %v, want an error and none", want, err, a.Interest())
		}
	}
	p.Deregister(&a)
}

// TestHandlerGone wants no call for a descriptor that an earlier handler of the same round has deregistered.
func TestHandlerGone(t *testing.T) {
	var (
		p           *gnetPoller
		one, two    Attachment
		calls, turn int
	)
	handler := func(other *Attachment) Handler {
		return handlerFunc(func(Interest) {
			calls++
			p.Deregister(other)
		})
	}
	a, _ := socketPair(t)
	b, _ := socketPair(t)
	p = open(t, nil, func() {
		if turn++; turn == 1 {
			p.Register(&one, a, handler(&two))
			p.Register(&two, b, handler(&one))
			want(t, p, &one, Write)
			want(t, p, &two, Write)
		}
		if turn == 3 {
			p.Stop()
			return
		}
		p.SetTimer(0)
	})
	p.SetTimer(0)
	if err := p.Poll(); err != nil {
		t.Fatal(err)
	}
	if left := fmt.Sprint(one.Interest(), two.Interest()); calls == 0 || left != "0 2" && left != "2 0" {
		t.Errorf("got %d calls and interests %s, want calls of one handler only", calls, left)
	}
}

type handlerFunc func(Interest)

func (f handlerFunc) Ready(i Interest) { f(i) }
