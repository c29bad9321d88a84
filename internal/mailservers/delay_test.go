package mailservers

import (
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestPumpDelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const delay = 30 * time.Millisecond
		in, from := net.Pipe()
		out, to := net.Pipe()
		done := make(chan error, 1)
		go func() {
			done <- pump(from, to, delay)
			_ = to.Close()
		}()
		start := time.Now()
		_, _ = io.WriteString(in, "first")
		wantPiece(t, out, "first", start, delay)
		_, _ = io.WriteString(in, "second")
		time.Sleep(10 * time.Millisecond)
		_, _ = io.WriteString(in, "third")
		_ = in.Close()
		wantPiece(t, out, "second", start, 2*delay)
		wantPiece(t, out, "third", start, 2*delay+10*time.Millisecond)
		wantPiece(t, out, "", start, 2*delay+10*time.Millisecond)
		if err := <-done; err != nil {
			t.Errorf("end: got %v, want none", err)
		}
	})
}

func wantPiece(t *testing.T, from io.Reader, want string, start time.Time, after time.Duration) {
	t.Helper()
	buffer := make([]byte, 100)
	n, _ := from.Read(buffer)
	if got := string(buffer[:n]); got != want || time.Since(start) != after {
		t.Errorf("got %q after %v, want %q after %v", got, time.Since(start), want, after)
	}
}

func TestPumpHoldsTheSenderBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const delay = time.Second
		in, from := net.Pipe()
		out, to := net.Pipe()
		go func() { _ = pump(from, to, delay) }()
		sent := 0
		go func() {
			piece := make([]byte, 64<<10)
			for {
				n, err := in.Write(piece)
				sent += n
				if err != nil {
					return
				}
			}
		}()
		synctest.Wait()
		if limit := maxDelayed + 2*64<<10; sent < maxDelayed || sent > limit {
			t.Errorf("taken before anything is due: got %d octets, want %d to %d", sent, maxDelayed, limit)
		}
		_ = out.Close() // the pump takes no more
		time.Sleep(2 * delay)
		synctest.Wait()
		_ = in.Close()
		_ = from.Close()
	})
}

func TestDelayRelaysBothDirections(t *testing.T) {
	target, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = target.Close() })
	go func() {
		c, err := target.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		question, _ := io.ReadAll(c)
		_, _ = io.WriteString(c, "answer to "+string(question))
	}()
	c, err := net.Dial("tcp", Delay(t, target.Addr().String(), time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(deadline))
	question := strings.Repeat("question ", 100_000)
	if _, err := io.WriteString(c, question); err != nil {
		t.Fatal(err)
	}
	_ = c.(*net.TCPConn).CloseWrite()
	if got, err := io.ReadAll(c); err != nil || string(got) != "answer to "+question {
		t.Errorf("got %d octets, %v, want %d", len(got), err, len("answer to ")+len(question))
	}
}
