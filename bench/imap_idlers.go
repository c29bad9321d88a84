package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

const (
	pushes = 20
	// settle is what goroutines that end, and session tickets, may take; and what lies between two pushes.
	settle     = time.Second
	pushPause  = 50 * time.Millisecond
	dialers    = 16
	tconnDials = 256
	// warmUp is how many connections go all the way before memory is looked at for the first time. They touch the program's own pages and
	// whatever else is needed once, so that what grows from there on is what each connection needs.
	warmUp = 64
)

// connectIdlers makes n more connections, has them log in and idle, and answers when they do. Each EXISTS goes to exists.
type connectIdlers func(n int, exists func(n uint32))

// inGoroutines makes them from 16 goroutines.
func inGoroutines(j imapJob, open func(j imapJob, i int, exists func(n uint32))) connectIdlers {
	made := 0
	return func(n int, exists func(n uint32)) {
		from := made
		made += n
		inParallel(dialers, func(first int) int {
			for i := from + first; i < made; i += dialers {
				open(j, i, exists)
			}
			return 0
		})
	}
}

// arrivals are the calls of exists, how long after the server's write they came, in µs.
type arrivals struct {
	delays []uint32
	count  atomic.Int64
	each   int64         // of a push
	all    chan struct{} // the push has reached everybody
}

func newArrivals(j imapJob, rounds int) *arrivals {
	return &arrivals{delays: make([]uint32, j.Connections*rounds), each: int64(j.Connections), all: make(chan struct{}, rounds)}
}

func (a *arrivals) exists(n uint32) {
	i := a.count.Add(1)
	a.delays[i-1] = stamp() - n
	if i%a.each == 0 {
		a.all <- struct{}{}
	}
}

// holdIdlers prints the resident bytes that each connection adds which idles, and the same after trafficBytes on it.
func holdIdlers(j imapJob, connect connectIdlers) {
	t := &traffic{control: dialControl(j), heard: make(chan struct{})}
	connect(warmUp, t.exists)
	time.Sleep(settle)
	t.pass(warmUp)
	before := settledRSS()
	connect(j.Connections, t.exists)
	time.Sleep(settle)
	fresh := settledRSS()
	t.pass(warmUp + j.Connections)
	n := float64(j.Connections)
	fmt.Println((fresh-before)/n, (settledRSS()-before)/n)
	os.Exit(0)
}

// traffic has the server write trafficBytes to each connection.
type traffic struct {
	control *controller
	missing atomic.Int64 // connections that have not heard the end of it
	heard   chan struct{}
}

func (t *traffic) pass(connections int) {
	t.missing.Store(int64(connections))
	t.control.do("TRAFFIC")
	<-t.heard
	time.Sleep(settle)
}

func (t *traffic) exists(uint32) {
	if t.missing.Add(-1) == 0 {
		t.heard <- struct{}{}
	}
}

// pushIdlers prints the median and the 99th percentile of the time from the server's write to exists, and the processor time for each, in µs.
func pushIdlers(j imapJob, connect connectIdlers) {
	a := newArrivals(j, pushes)
	connect(j.Connections, a.exists)
	control := dialControl(j)
	time.Sleep(settle)
	used := processorTime()
	for range pushes {
		control.do("PUSH")
		<-a.all
		time.Sleep(pushPause)
	}
	used = processorTime() - used
	slices.Sort(a.delays)
	n := len(a.delays)
	fmt.Println(a.delays[n/2], a.delays[n*99/100], float64(used.Microseconds())/float64(n))
	os.Exit(0)
}

// controller is one more connection, which tells the replay server what to write to the others.
type controller struct {
	conn net.Conn
	in   *bufio.Reader
}

func dialControl(j imapJob) *controller {
	var c net.Conn
	var err error
	if j.TLS {
		c, err = tls.Dial("tcp", j.Addr, trusting())
	} else {
		c, err = net.Dial("tcp", j.Addr)
	}
	check(err)
	return &controller{conn: c, in: bufio.NewReader(c)}
}

func (c *controller) do(command string) {
	_, err := io.WriteString(c.conn, "X1 "+command+"\r\n")
	check(err)
	for {
		line, err := c.in.ReadString('\n')
		check(err)
		if strings.HasPrefix(line, "X1 ") {
			return
		}
	}
}
