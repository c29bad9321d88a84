package reactor_test

import (
	"io"
	"testing"
)

// BenchmarkNetConn sends a stream in writes of 1 MiB from one end to the other; either end is a plain net.Conn or a NetConn.
func BenchmarkNetConn(b *testing.B) {
	for _, bench := range []struct {
		name         string
		sender, sink bool // a NetConn
	}{{"plain to plain", false, false}, {"NetConn to plain", true, false}, {"plain to NetConn", false, true}} {
		b.Run(bench.name, func(b *testing.B) {
			l := start(b)
			sender, sink := netPair(b, l, bench.sender, bench.sink)
			done := make(chan int64)
			go func() {
				n, _ := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{sink}, make([]byte, 256<<10))
				done <- n
			}()
			data := make([]byte, 1<<20)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := sender.Write(data); err != nil {
					b.Fatal(err)
				}
			}
			_ = sender.Close()
			if got, want := <-done, int64(b.N)<<20; got != want {
				b.Errorf("the sink got %d bytes, want %d", got, want)
			}
			_ = sink.Close()
		})
	}
}

// BenchmarkNetConnEcho is the time of a short request and its answer.
func BenchmarkNetConnEcho(b *testing.B) {
	for _, bench := range []struct {
		name string
		net  bool
	}{{"plain", false}, {"NetConn", true}} {
		b.Run(bench.name, func(b *testing.B) {
			l := start(b)
			near, far := netPair(b, l, bench.net, false)
			go func() { _, _ = io.Copy(far, struct{ io.Reader }{far}) }()
			message := make([]byte, 64)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := near.Write(message); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(near, message); err != nil {
					b.Fatal(err)
				}
			}
			_ = near.Close()
		})
	}
}
