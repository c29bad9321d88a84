package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/panjf2000/gnet/v2"
	"go.uber.org/zap"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
)

// imapConnections is what a hard limit of 20,000 descriptors leaves room for.
const imapConnections = 19_000

const greeting = "* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS AUTH=PLAIN AUTH=LOGIN] ready.\r\n"

// idleIMAP measures an idle connection with the whole IMAP client on it.
func idleIMAP() {
	fmt.Printf("idle IMAP connections: %d, greeting read; bytes of resident memory each, in the client's process\n", imapConnections)
	var ours float64
	for _, v := range []string{"imap-tconn", "imap-gnet", "imap-goroutine", "imap-goimap"} {
		s := startServer("serve-greeting")
		bytes := measure(v, s.addr, strconv.Itoa(imapConnections))
		s.stop()
		if ours == 0 {
			ours = bytes
		}
		fmt.Printf("%-16s %8.0f B   %5.1f x tconn\n", v[len("imap-"):], bytes, bytes/ours)
	}
}

// serveGreeting greets whoever comes and holds him.
func serveGreeting([]string) {
	r := reactor.New()
	p, err := r.ListenTCP(0, reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &greeter{} }))
	check(err)
	announce(p.Addr())
	check(r.Run())
}

type greeter struct{ reactor.BaseProtocol }

func (g *greeter) ConnectionMade() { _, _ = g.Transport().Write([]byte(greeting)) }

// spread gives connection i a destination of its own among 127.0.0.x, so that local ports do not run out.
func spread(i int, addr string) (host string, port int) {
	_, p, err := net.SplitHostPort(addr)
	check(err)
	return loopbacks[i%len(loopbacks)], number(p)
}

var loopbacks = [...]string{"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.7", "127.0.0.8"}

// settledRSS is the resident memory when the garbage is gone.
func settledRSS() float64 {
	runtime.GC()
	useIdlePages()
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	check(err)
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	check(err)
	return kb * 1024
}

// useIdlePages allocates all pages that are free and resident, so that they are garbage. FreeOSMemory passes over those which a processor
// has had in reserve since they became free: some megabytes, or none, as it happens.
func useIdlePages() {
	const most = 64 << 20
	var pages [][]byte
	var m runtime.MemStats
	for range most / (64 * runtimePage) {
		runtime.ReadMemStats(&m)
		if m.HeapIdle-m.HeapReleased < 64*runtimePage {
			break
		}
		for range 64 {
			pages = append(pages, make([]byte, runtimePage))
		}
	}
	runtime.KeepAlive(pages)
}

// runtimePage is the unit in which Go's runtime hands out memory.
const runtimePage = 8 << 10

func report(before float64, n int) {
	fmt.Println((settledRSS() - before) / float64(n))
	os.Exit(0)
}

// imapTconn holds the connections with the full IMAP client on one reactor.
func imapTconn(args []string) {
	n := number(args[1])
	r := reactor.New()
	before := settledRSS()
	listener := &imapListener{left: n, done: func() {
		if g := runtime.NumGoroutine(); g > 8 {
			fail(fmt.Sprintf("%d goroutines", g))
		}
		report(before, n)
	}}
	f := &imapFactory{listener: listener}
	dialed := 0
	var dial func()
	dial = func() { // a few hundred at a time, so that the server's backlog holds
		for ; dialed < n && dialed-(n-listener.left) < 256; dialed++ {
			host, port := spread(dialed, args[0])
			r.ConnectTCP(host, port, f)
		}
		if dialed < n {
			r.CallLater(time.Millisecond, dial)
		}
	}
	r.CallWhenRunning(dial)
	check(r.Run())
}

type imapFactory struct {
	reactor.BaseClientFactory
	listener *imapListener
}

func (f *imapFactory) BuildProtocol(net.Addr) reactor.Protocol {
	return &imap4.Client{Listener: f.listener}
}

func (f *imapFactory) ClientConnectionFailed(_ *reactor.Connector, reason error) { fail(reason) }

type imapListener struct {
	imap4.BaseListener
	left int
	done func()
}

func (l *imapListener) ServerGreeting(string, bool) {
	if l.left--; l.left == 0 {
		go l.done() // measured from outside, the reactor being idle
	}
}

// imapGoroutine is a goroutine with a bufio.Reader for each connection, as a plain net program has it.
func imapGoroutine(args []string) {
	n := number(args[1])
	before := settledRSS()
	dialAll(args, func(host string, port int) {
		c, err := net.Dial("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		check(err)
		greeted := make(chan struct{})
		go func() {
			in := bufio.NewReader(c)
			_, err := in.ReadString('\n')
			check(err)
			close(greeted)
			_, _ = in.ReadString('\n')
		}()
		<-greeted
	})
	report(before, n)
}

// imapGoIMAP is go-imap v2.
func imapGoIMAP(args []string) {
	n := number(args[1])
	var mu sync.Mutex
	clients := make([]*imapclient.Client, 0, n)
	before := settledRSS()
	dialAll(args, func(host string, port int) {
		c, err := imapclient.DialInsecure(net.JoinHostPort(host, strconv.Itoa(port)), nil)
		check(err)
		check(c.WaitGreeting())
		mu.Lock()
		clients = append(clients, c)
		mu.Unlock()
	})
	report(before, n)
}

// dialAll dials from 16 goroutines.
func dialAll(args []string, dial func(host string, port int)) {
	n := number(args[1])
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := w; i < n; i += 16 {
				dial(spread(i, args[0]))
			}
		}()
	}
	wg.Wait()
}

// imapGnet is gnet's own client, with nothing of IMAP but reading the greeting.
func imapGnet(args []string) {
	n := number(args[1])
	h := &gnetIdle{greeted: make(chan struct{}, n)}
	cli, err := gnet.NewClient(h, gnet.WithLogger(zap.NewNop().Sugar()))
	check(err)
	check(cli.Start())
	before := settledRSS()
	dialAll(args, func(host string, port int) {
		_, err := cli.Dial("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		check(err)
	})
	for range n {
		<-h.greeted
	}
	report(before, n)
}

type gnetIdle struct {
	gnet.BuiltinEventEngine
	greeted chan struct{}
}

func (h *gnetIdle) OnTraffic(c gnet.Conn) gnet.Action {
	_, _ = c.Discard(-1)
	h.greeted <- struct{}{}
	return gnet.None
}
