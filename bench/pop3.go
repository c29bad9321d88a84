package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// Those who take part, in the order of the columns.
const (
	oursLines       = "tconn, lines"
	oursPoplib      = "tconn, poplib"
	goPOP3          = "go-pop3 v1.0.1"
	poplibPy        = "poplib"
	twistedList     = "Twisted, list"
	twistedConsumer = "Twisted, consumer"
	curlPeer        = "curl"
	raw1            = "raw reader, 1 out"
	raw100          = "raw reader, 100 out"
)

var popPeers = []string{ours, oursLines, oursPoplib, goPOP3, poplibPy, twistedList, twistedConsumer, curlPeer, raw1, raw100}

const (
	popRounds    = 3
	popSmall     = 5_000 // bytes of a message
	popMails     = 2_000
	popLarge     = 20  // messages of largeBody bytes
	popFew       = 200 // of popSmall bytes, for the long way
	popLine      = 47  // bytes of a line without its end
	popWindow    = 100 // RETRs out at once
	popRoundTrip = 20  // ms
	popIdlers    = 10_000
	mostRSS      = 12 << 10 // KB
)

// popParts are the names of the parts.
var popParts = []string{"small", "small-tls", "large", "large-tls", "delay", "idle"}

// popAll prints the rows of POP3 as they come. More arguments choose parts by their names.
func popAll() {
	fmt.Print(contestHead(popPeers))
	if slices.ContainsFunc(popParts[:len(popParts)-1], popChosen) {
		popDovecot()
	}
	if popChosen("idle") {
		fmt.Print(popIdle().measure())
	}
}

func popChosen(name string) bool {
	return os.Args[1] != "pop3" || len(os.Args) == 2 || slices.Contains(os.Args[2:], name)
}

// popDovecot prints the rows of a private Dovecot, or why there are none.
func popDovecot() {
	endBySignal()
	d, reason := startDovecot(popMailboxes()...)
	if reason != "" {
		fmt.Fprintln(os.Stderr, "bench: POP3 is done without Dovecot:", reason)
		return
	}
	delay := startServer("serve-delay", d.pop3, strconv.Itoa(popRoundTrip))
	for _, part := range popContests(d, delay.addr) {
		if popChosen(part.name) {
			fmt.Print(part.measure())
		}
	}
	delay.stop()
	d.stop()
}

// popText is message i: a line of it begins with a dot, which is one byte more on the wire.
func popText(i, size int) string {
	return strings.Replace(mail(i).sized(size, popLine), "\r\nNothing", "\r\n.othing", 1)
}

func popMailboxes() []mailbox {
	small := func(i int) string { return popText(i, popSmall) }
	return []mailbox{
		{user: "small", mails: popMails, text: small},
		{user: "few", mails: popFew, text: small},
		{user: "large", mails: popLarge, text: func(i int) string { return popText(i, largeBody) }},
	}
}

// popContests are those against Dovecot.
func popContests(d *dovecot, delayed string) []contest {
	small := popJob{Work: retrieveWork, Addr: d.pop3, User: "small", Messages: popMails, Bytes: popMails * popSmall, Units: 1, Window: popWindow}
	large := popJob{Work: retrieveWork, Addr: d.pop3, User: "large", Messages: popLarge, Bytes: popLarge * largeBody, Units: megabytes(largeBody), Window: popWindow}
	few := small
	few.Addr, few.User, few.Messages, few.Bytes = delayed, "few", popFew, popFew*popSmall
	smallTLS, largeTLS := small, large
	smallTLS.Addr, smallTLS.TLS, largeTLS.Addr, largeTLS.TLS = d.pop3s, true, d.pop3s, true
	return []contest{
		popContest("small", fmt.Sprintf("RETR of %s messages of 5 KB, Dovecot %s", figure(popMails), d.version), small, popSmallMetrics(
			aim{of: oursLines, than: goPOP3, bound: 2.5}, aim{of: ours, than: raw100, bound: 0.85})),
		popContest("small-tls", "the same under TLS", smallTLS, popSmallMetrics()),
		popContest("large", fmt.Sprintf("RETR of %d messages of 10 MB", popLarge), large, popLargeMetrics(
			[]aim{{of: ours, than: raw100, bound: 0.95}}, []aim{{of: ours, than: goPOP3, bound: 2.5}}, []aim{{of: ours, bound: mostRSS, atMost: true}})),
		popContest("large-tls", "the same under TLS", largeTLS, popLargeMetrics(nil, nil, nil)),
		popContest("delay", fmt.Sprintf("%d messages of 5 KB, %d ms away", popFew, popRoundTrip), few, popSmallMetrics(
			aim{of: ours, than: poplibPy, bound: 15}, aim{of: ours, than: goPOP3, bound: 15})[:1]),
	}
}

func popSmallMetrics(rate ...aim) []metric {
	return []metric{
		{unit: "messages/s", aims: rate},
		{unit: "µs CPU for a message", less: true},
		{unit: "allocations for a message", less: true},
		{unit: "KB of memory over start", less: true},
		{unit: "KB of memory", less: true},
	}
}

// popLargeMetrics: a µs for each MB is a ms for each GB.
func popLargeMetrics(rate, cpu, memory []aim) []metric {
	return []metric{
		{unit: "MB/s", aims: rate},
		{unit: "ms CPU for a GB", less: true, aims: cpu},
		{unit: "allocations for a MB", less: true},
		{unit: "KB of memory over start", less: true},
		{unit: "KB of memory", less: true, aims: memory},
	}
}

// popContest is the same job for everybody who can do it.
func popContest(name, what string, job popJob, metrics []metric) contest {
	e := contest{name: name, what: what, work: job.Work, rounds: popRounds, peers: popPeers, metrics: metrics, run: map[string]func() []float64{}}
	job.Seconds, job.Connections = secondsOfWork, 1
	for peer, do := range popRunners(job.Work) {
		e.run[peer] = func() []float64 { return do(job) }
	}
	return e
}

// popIdle is about connections to a server of this program's own. Python makes fewer; the figures are for each of them.
func popIdle() contest {
	e := contest{name: "idle", what: fmt.Sprintf("%s connections, logged in and idle", figure(popIdlers)), work: idleWork, rounds: 1, // it hardly varies
		peers: popPeers, metrics: idleMetrics(nil, nil), run: map[string]func() []float64{}}
	for peer, do := range popRunners(idleWork) {
		job := popJob{Work: idleWork, User: imapUser, Connections: popIdlers}
		if popWorks[peer] == nil {
			job.Connections = pythonIdlers
		}
		e.run[peer] = func() []float64 {
			s := startServer("serve-pop3")
			defer s.stop()
			job.Addr = popJob{Addr: s.addr}.at(0)
			return do(job)
		}
	}
	return e
}

// popRunners are those who can do a work on this machine.
func popRunners(work string) map[string]func(popJob) []float64 {
	all := map[string]func(popJob) []float64{}
	for peer, works := range popWorks {
		if works[work] != nil {
			all[peer] = func(j popJob) []float64 { return measureAll("pop3-client", peer, j.String()) }
		}
	}
	if _, err := exec.LookPath("curl"); err != nil {
		delete(all, curlPeer)
	}
	run := func(peer, interpreter, half string) {
		all[peer] = func(j popJob) []float64 { return script(interpreter, "pop3_peer.py", half, j.String()) }
	}
	if name, err := exec.LookPath("python3"); err == nil {
		run(poplibPy, name, "poplib")
	}
	if python != "" {
		run(twistedList, python, "twisted-list")
		if work == retrieveWork {
			run(twistedConsumer, python, "twisted-consumer")
		}
	}
	return all
}
