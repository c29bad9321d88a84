package reactor_test

import (
	"bufio"
	"context"
	"fmt"
	"io"

	"github.com/tconn/tconn/reactor"
)

// Goroutines that talk through a reactor: an echo server that accepts from a NetListener, and a client.
func ExampleNetConn() {
	loop := reactor.New()
	listener, err := reactor.ListenNet(loop, 0, reactor.Interface("127.0.0.1"))
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil { // net.ErrClosed, once the reactor stops
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	go func() {
		defer loop.Stop()
		c, err := reactor.NetDialer{Reactor: loop}.DialContext(context.Background(), "tcp", listener.Addr().String())
		if err != nil {
			fmt.Println(err)
			return
		}
		defer c.Close()
		fmt.Fprintln(c, "hello, world!")
		line, err := bufio.NewReader(c).ReadString('\n')
		fmt.Printf("%q %v\n", line, err)
	}()
	if err := loop.Run(); err != nil {
		fmt.Println(err)
	}
	// Output: "hello, world!\n" <nil>
}
