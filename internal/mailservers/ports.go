package mailservers

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports for servers lie below the range from which kernels take the local ports of outgoing connections (32768 and
// up on Linux), so that no test with many connections takes one away between the choice and the server's bind.
const (
	firstPort = 10000
	lastPort  = 32767
	portTries = 1000
)

// freePorts answers n different ports of 127.0.0.1 on which nobody listens now.
func freePorts(n int) ([]int, error) {
	var held []net.Listener
	defer func() {
		for _, l := range held {
			_ = l.Close()
		}
	}()
	var ports []int
	for range portTries {
		if len(ports) == n {
			return ports, nil
		}
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		held = append(held, l)
		ports = append(ports, port)
	}
	return nil, errors.New("mailservers: no free ports on 127.0.0.1")
}
