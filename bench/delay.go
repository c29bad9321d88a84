package main

import (
	"io"
	"net"
	"strconv"
	"time"
)

// serveDelay is the role of a proxy that makes a way longer: ADDR MILLISECONDS, the round trip. It does not make it narrower.
func serveDelay(args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	announce(l.Addr())
	roundTrip, err := strconv.Atoi(args[1])
	check(err)
	for {
		near, err := l.Accept()
		check(err)
		far, err := net.Dial("tcp", args[0])
		check(err)
		go delayLine(far, near, time.Duration(roundTrip)*time.Millisecond/2)
		go delayLine(near, far, time.Duration(roundTrip)*time.Millisecond/2)
	}
}

// delayed are bytes and when they are to arrive.
type delayed struct {
	bytes []byte
	due   time.Time
}

// inFlight is how many reads may be under way: with delayChunk, more than 100 MB.
const (
	inFlight   = 2048
	delayChunk = 64 << 10
)

// delayLine carries bytes from one side to the other, each delay after it was read, and closes the other side at the end.
func delayLine(to io.WriteCloser, from io.Reader, delay time.Duration) {
	line := make(chan delayed, inFlight)
	go func() {
		defer close(line)
		buf := make([]byte, delayChunk)
		for {
			n, err := from.Read(buf)
			if n > 0 {
				line <- delayed{append([]byte(nil), buf[:n]...), time.Now().Add(delay)}
			}
			if err != nil {
				return
			}
		}
	}()
	for chunk := range line {
		time.Sleep(time.Until(chunk.due))
		if _, err := to.Write(chunk.bytes); err != nil {
			break
		}
	}
	_ = to.Close()
	for range line { // whoever reads must not hang
	}
}
