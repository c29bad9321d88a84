package reactor_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tconn/tconn/reactor"
)

func init() {
	// A listener in a process that may hold 64 descriptors. It ends when its standard input does, and tells what it took.
	children["descriptors"] = func() int {
		limit := syscall.Rlimit{Cur: 64, Max: 64}
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
			return 2
		}
		r := reactor.New()
		port, err := r.ListenTCP(0, echoFactory, reactor.Interface("127.0.0.1"))
		if err != nil {
			return 3
		}
		r.CallWhenRunning(func() { fmt.Println(port.Addr()) })
		go func() {
			_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
			_ = r.Stop()
		}()
		if err := r.Run(); err != nil {
			return 4
		}
		var u syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
		fmt.Println(time.Duration(u.Utime.Nano() + u.Stime.Nano()))
		return 0
	}
}

func TestDescriptorsExhausted(t *testing.T) {
	t.Run("T38 the listener turns peers away, the others go on, and it recovers", func(t *testing.T) {
		cmd := child(t, "descriptors")
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(out)
		first, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		addr, err := net.ResolveTCPAddr("tcp", strings.TrimSpace(first))
		if err != nil {
			t.Fatal(err)
		}

		early := dial(t, addr)
		send(t, early, "early")
		expect(t, early, "early")
		var served []net.Conn
		turned := 0
		for range 1000 {
			if c := knock(t, addr); c != nil {
				served = append(served, c)
			} else {
				turned++
			}
		}
		if len(served) < 20 || len(served) > 64 || turned < 900 {
			t.Errorf("got %d served and %d turned away, want some dozens and the others", len(served), turned)
		}
		for _, c := range append(served, early) {
			send(t, c, "still")
			expect(t, c, "still")
		}
		for _, c := range served {
			_ = c.Close()
		}
		began := time.Now()
		again := knock(t, addr)
		for again == nil && time.Since(began) < guard {
			again = knock(t, addr)
		}
		t.Logf("%d served, %d turned away; served again %v after the others had gone", len(served), turned, time.Since(began))
		if again == nil {
			t.Error("nobody is served though there is room again")
		}
		_, _ = fmt.Fprintln(in)
		used, _ := lines.ReadString('\n')
		if err := cmd.Wait(); err != nil {
			t.Errorf("the child ended with %v, want success", err)
		}
		if d, err := time.ParseDuration(strings.TrimSpace(used)); err != nil || d > 5*time.Second {
			t.Errorf("the child used %q of CPU (%v), want less than 5s", used, err)
		}
	})
	t.Run("T38 without even the descriptor in reserve it rests, and does not spin", func(t *testing.T) {
		now := new(clock)
		option, logs := observed()
		l := start(t, option, reactor.WithClock(now.Now))
		port := l.listen(echoFactory)
		rested := func() int { return logs.FilterMessageSnippet("resting").Len() }
		waiting := make(chan *net.TCPConn, 1)
		var limit syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
			t.Fatal(err)
		}
		none := limit
		none.Cur = 0
		l.do(func() {
			waiting <- dial(t, port.Addr())
			if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
				t.Error(err)
			}
		})
		for began := time.Now(); rested() == 0 && time.Since(began) < guard; {
			l.do(func() {})
		}
		for range 20 {
			l.do(func() {})
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
			t.Fatal(err)
		}
		if got := rested(); got != 1 {
			t.Errorf("accepting rested %d times before its pause had passed, want once", got)
		}
		l.pass(now, time.Second)
		far := <-waiting
		send(t, far, "room")
		expect(t, far, "room")
	})
}

// knock answers a connection that is served, nil if it was turned away.
func knock(t testing.TB, addr net.Addr) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(guard))
	got := make([]byte, 1)
	_, werr := c.Write([]byte("?"))
	_, rerr := c.Read(got)
	if werr != nil || rerr != nil {
		_ = c.Close()
		return nil
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}
