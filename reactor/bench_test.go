package reactor_test

import (
	"io"
	"net"
	"testing"

	"github.com/tconn/tconn/reactor"
)

func BenchmarkEcho(b *testing.B) {
	for _, size := range []struct {
		name  string
		bytes int
	}{{"64 bytes", 64}, {"16 KiB", 16 << 10}} {
		b.Run(size.name, func(b *testing.B) {
			l := start(b)
			c := dial(b, l.listen(echoFactory).Addr())
			message, answer := make([]byte, size.bytes), make([]byte, size.bytes)
			b.SetBytes(int64(size.bytes))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Write(message); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(c, answer); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCallFromThread(b *testing.B) {
	l := start(b)
	b.ReportAllocs()
	for b.Loop() {
		_ = l.CallFromThread(func() {})
	}
	l.do(func() {})
}

func BenchmarkConnect(b *testing.B) {
	l := start(b)
	port := l.listen(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return nil }))
	c := clientOf(newProbe())
	c.build = func(net.Addr) reactor.Protocol { return &echo{} }
	b.ReportAllocs()
	for b.Loop() {
		l.connect(port.Addr(), c)
		wait(b, c.lost, "ClientConnectionLost")
	}
}
