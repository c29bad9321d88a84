// Command bench measures tconn beside its peers: the same work, in one run, in processes of their own, with the ratios.
//
//	go run . idle    memory of an idle IMAP connection
//	go run . idletls memory of an idle TLS connection, fresh and after traffic
//	go run . echo    short lines back and forth on 64 connections, as client and as server
//	go run . bulk    one connection that only receives
//
// Every variant is a process of its own (this program again), and so is the server, so that memory and time are told
// apart. For echo and bulk the rounds alternate between the variants and the figure is the median; idle measures each once.
package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
)

func main() {
	if len(os.Args) < 2 {
		fail("usage: bench idle|echo|bulk")
	}
	if role, ok := roles[os.Args[1]]; ok {
		role(os.Args[2:])
		return
	}
	switch os.Args[1] {
	case "idle":
		idle()
	case "idletls":
		idleTLS()
	case "echo":
		echo()
	case "bulk":
		bulk()
	default:
		fail("unknown benchmark " + os.Args[1])
	}
}

// roles are what a child process can be.
var roles = map[string]func(args []string){
	"serve-greeting":    serveGreeting,
	"serve-echo-net":    serveEchoNet,
	"serve-echo-tconn":  serveEchoTconn,
	"serve-bulk":        serveBulk,
	"idle-tconn":        idleTconn,
	"idle-goroutine":    idleGoroutine,
	"idle-goimap":       idleGoIMAP,
	"idle-gnet":         idleGnet,
	"serve-tls":         serveTLS,
	"idletls-tconn":     idleTLSTconn,
	"idletls-goroutine": idleTLSGoroutine,
	"echo-tconn":        echoTconn,
	"echo-net":          echoNet,
	"bulk-tconn":        bulkTconn,
	"bulk-net":          bulkNet,
}

func fail(v any) {
	fmt.Fprintln(os.Stderr, "bench:", v)
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
