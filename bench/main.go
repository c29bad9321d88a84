// Command bench measures tconn beside its peers: the same work, in one run, with the ratios.
//
//	go run . all       everything below, as the text of docs/benchmarks.md
//	go run . table     speed: echo, bulk, connect, timers, calls from threads, Deferreds
//	go run . memory    idle connections, plain and under TLS
//	go run . imap      the IMAP client beside others and beside a raw reader; more words choose parts by their names: metadata,
//	                   metadata-unlike, metadata-dovecot, bodies-large, bodies-small, bodies-dovecot, idle, idle-tls, push, noop, noop-pipelined, noop-deep, login, greeting
//	go run . pop3      the POP3 client beside others and beside a raw reader, on Dovecot; more words choose parts: small, small-tls, large, large-tls,
//	                   delay, idle
//	go run . group     two reactors beside one
//	go run . backpressure  memory while a thousand peers do not read
//
// Every variant is a process of its own (this program again, or peer.py), and so is the server, so that memory and time are told
// apart. The rounds alternate between the variants and the figure is the median. Twisted takes part when python3-twisted is installed, imaplib
// and poplib when Python is, curl when it is there, and what is to be done against Dovecot is left out where Dovecot 2.3 is not installed or the user is not root.
package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) < 2 {
		fail("usage: bench all|table|memory|imap|pop3|group|backpressure")
	}
	if role, ok := roles[os.Args[1]]; ok {
		role(os.Args[2:])
		return
	}
	switch os.Args[1] {
	case "all":
		all()
	case "table":
		table()
	case "memory":
		memory()
	case "imap":
		imapAll()
	case "pop3":
		popAll()
	case "group":
		group()
	case "backpressure":
		backpressure()
	default:
		fail("unknown benchmark " + os.Args[1])
	}
}

// table prints the rows of speed as they come. More arguments choose rows by a part of their title.
func table() {
	fmt.Print(tableHead())
	experiments := append(append(echoes(), echoPrograms(), connects()), bulks()...)
	for _, e := range append(experiments, micros()...) {
		if chosen(e.title) {
			fmt.Print(e.measure())
		}
	}
}

// memory prints the rows of memory.
func memory() {
	fmt.Print(tableHead())
	for _, e := range idles() {
		if chosen(e.title) {
			fmt.Print(e.measure())
		}
	}
}

func chosen(title string) bool {
	if len(os.Args) == 2 {
		return true
	}
	return slices.ContainsFunc(os.Args[2:], func(part string) bool { return strings.Contains(title, part) })
}

// roles are what a child process can be.
var roles = map[string]func(args []string){
	"serve-imap":       serveIMAP,
	"serve-imap-tls":   serveIMAPTLS,
	"imap-client":      imapClient,
	"serve-pop3":       servePOP3,
	"serve-delay":      serveDelay,
	"pop3-client":      popClient,
	"serve-greeting":   serveGreeting,
	"serve-tls":        serveTLS,
	"serve-generous":   serveGenerous,
	"serve-echo-net":   serveEchoNet,
	"serve-echo-tconn": serveEchoTconn,
	"serve-echo-gnet":  serveEchoGnet,
	"serve-bulk":       serveBulk,
	"serve-accept":     serveAccept,
	"serve-file":       serveFile,
	"imap-tconn":       imapTconn,
	"imap-goroutine":   imapGoroutine,
	"imap-goimap":      imapGoIMAP,
	"imap-gnet":        imapGnet,
	"idle-tconn":       idleTconn,
	"idle-net":         idleNet,
	"idle-gnet":        idleGnet,
	"idletls-tconn":    idleTLSTconn,
	"idletls-net":      idleTLSNet,
	"echo-tconn":       echoTconn,
	"echo-net":         echoNet,
	"echo-gnet":        echoGnet,
	"bulk-tconn":       bulkTconn,
	"bulk-net":         bulkNet,
	"bulk-gnet":        bulkGnet,
	"serve-bulk-tls":   serveBulkTLS,
	"bulktls-tconn":    bulkTLSTconn,
	"bulktls-net":      bulkTLSNet,
	"connect-tconn":    connectTconn,
	"connect-net":      connectNet,
	"connect-gnet":     connectGnet,
	"serve-deaf":       serveDeaf,
	"deaf-clients":     deafClients,
	"stopped-client":   stoppedClient,
	"stopped-server":   stoppedServer,
	"group-tconn":      groupTconn,
	"timers-tconn":     timersTconn,
	"timers-go":        timersGo,
	"threads-tconn":    threadsTconn,
	"threads-gnet":     threadsGnet,
	"chain-tconn":      chainTconn,
}

// beforeExit is what a failure must not leave behind: servers of others, their files.
var beforeExit = func() {}

func fail(v any) {
	fmt.Fprintln(os.Stderr, "bench:", v)
	beforeExit()
	os.Exit(1)
}

func check(err error) {
	if err != nil {
		fail(err)
	}
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	check(err)
	return n
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
