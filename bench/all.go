package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// all prints docs/benchmarks.md.
func all() {
	fmt.Printf(`# Benchmarks

%s, %s, %d cores of %q, %s; client, server and peers on one machine, over loopback. `+"`make bench`"+` measures all of it again and writes
this file; it takes about twenty minutes. Each figure is the median of rounds that alternate between the peers; the number in brackets is how many times better ours is, the
median of the ratios of the rounds. On so few cores client and server compete, so the ratios say more than the figures.

The peers: gnet.Client of gnet 2.9.8; a goroutine for each connection with package net (and crypto/tls, and the runtime's timers); Twisted%s.

## Speed

`, time.Now().Format(time.DateOnly), kernel(), runtime.NumCPU(), processor(), runtime.Version(), twistedVersion())
	table()
	fmt.Printf(`
Echo clients send a line and the next when it has come back; the server is the same for all clients of a row. CallFromThread of gnet is EventLoop.Execute, its connect dials
in goroutines, as it asks for.

## Memory

Resident bytes for each idle connection in the client's process, after garbage collection and debug.FreeOSMemory.

`)
	memory()
	fmt.Print("\n## IMAP\n\n")
	imapAll()
	fmt.Printf(imapNotes, warmUp, trafficKB, figure(pythonMails), pythonLarge, figure(pythonIdlers))
	fmt.Print("\n## POP3\n\n")
	popAll()
	fmt.Printf(popNotes, popLine+len("\r\n"), popWindow, figure(pythonIdlers))
	fmt.Print("\n## An idle IMAP connection\n\n```\n")
	idleIMAP()
	fmt.Print("```\n\n`tconn` is the whole IMAP client on one reactor, `gnet` is gnet's client with nothing of IMAP, `goroutine` is a goroutine and a bufio.Reader, `goimap` is go-imap v2.0.0-beta.8.\n\n## Group\n\n```\n")
	group()
	fmt.Print("```\n\nThe sender is another process, which uses sendfile(2).\n")
}

const imapNotes = `
The server replays answers that were prepared before, but for the rows of Dovecot. A client works for a second, in a process of its own, one connection unless more are
named. tconn is one reactor, tconn, Group a reactor for each core. The raw reader sends the same commands, counts the bytes of the answers and looks for the tagged line where a read ends: the limit. go-imap v2 collects
each message of metadata, which is how it decodes, and reads bodies as a stream; go-imap v1 holds each body in memory; imaplib answers lines of bytes, decodes nothing and
holds the whole answer; Twisted decodes and holds the whole answer. Memory is the peak of resident memory over that before the work; of idle connections, what each of them adds
to what the program holds once %d were made, after garbage collection, and the same after %d KB were received on each. A push is timed from the server's write to the client's callback. Python fetches %s messages
(of 10 MB, %d) in a command and holds %s connections; Twisted and imaplib have no IDLE, their connections are idle without; imaplib and go-imap v1 have no pipelining, and Twisted's is a queue.
The messages of metadata have the same structure, as those of a mailing list have; those of most mailboxes are between them and metadata-unlike. An aim is what we want to reach,
and whether this run did.
`

const popNotes = `
The server is Dovecot, for the idle connections one of the program's own. A client works for a second, in a process of its own, on one connection: all messages of the mailbox,
again and again, lines of %d bytes in what is large. tconn is RetrieveAll with a sink that counts, its lines are what Retr answers, with %d commands out in both; its poplib is the package of that name, which
waits for each message as Python's does. The raw reader
sends the same commands, one by one or as many at once, counts the bytes of the answers and looks for the lines with the single dot: the limit. go-pop3, poplib and Twisted
have no pipelining; go-pop3's figures are those of RetrRaw, which does not parse. curl's include its start and its login. The way of 20 ms is that through a proxy which holds
back what it carries, 10 ms in each direction, and does not make it narrower. Python holds %s idle connections. Memory is the peak of resident memory, over that before the
work and as a whole; of idle connections, as for IMAP; the Go peers are parts of one program, built without cgo, whose pages count: with cgo each holds some 2 MB more, and large is above its aim. TLS is not verified by anybody here.
`

func kernel() string {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return runtime.GOOS
	}
	return "Linux " + strings.TrimSpace(string(release))
}

func processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	_, rest, _ := strings.Cut(string(info), "model name")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.Trim(line, "\t :")
}

func twistedVersion() string {
	if python == "" {
		return " (not installed)"
	}
	return " " + version(python)
}
