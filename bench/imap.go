package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"syscall"
)

const (
	imapRounds    = 3
	dovecotMails  = 5_000
	pythonMails   = 2_000 // Twisted decodes about a thousand in a second
	pythonLarge   = 20    // of largeMails
	imapIdlers    = 10_000
	pythonIdlers  = 2_000
	noopClients   = 64
	noopWindow    = 64
	deepWindow    = 1_000
	loginsAtOnce  = 16
	trafficKB     = trafficBytes >> 10
	secondsOfWork = 1.0 // of Python; stretch is that of Go
)

// Those who take part, in the order of the columns.
const (
	oursViews = "tconn, borrowed views"
	oursGroup = "tconn, Group"
	goIMAP2   = "go-imap v2.0.0-beta.8"
	goIMAP1   = "go-imap v1.2.1"
	imaplibPy = "imaplib"
	rawPeer   = "raw reader"
)

var imapPeers = []string{ours, oursViews, oursGroup, goIMAP2, goIMAP1, imaplibPy, twistedPy, rawPeer}

// imapAll prints the rows of IMAP as they come. More arguments choose parts by their names.
func imapAll() {
	fmt.Print(contestHead(imapPeers))
	for _, part := range imapParts() {
		if imapChosen(part.name) {
			fmt.Print(part.measure())
		}
	}
	if imapChosen("metadata-dovecot") || imapChosen("bodies-dovecot") {
		imapDovecot()
	}
	if os.Args[1] == "imap" && imapChosen("greeting") {
		fmt.Println()
		idleIMAP()
	}
}

// imapChosen: here a name must be given whole, since idle is the beginning of idle-tls.
func imapChosen(name string) bool {
	return os.Args[1] != "imap" || len(os.Args) == 2 || slices.Contains(os.Args[2:], name)
}

// imapDovecot prints the rows of a private Dovecot, or why there are none.
func imapDovecot() {
	endBySignal()
	d, reason := startDovecot(mailbox{user: imapUser, mails: dovecotMails, text: func(i int) string { return mail(i).text() }})
	if reason != "" {
		fmt.Fprintln(os.Stderr, "bench: nothing is done against Dovecot:", reason)
		return
	}
	d.fillIndex()
	for _, part := range dovecotParts(d) {
		if imapChosen(part.name) {
			fmt.Print(part.measure())
		}
	}
	d.stop()
}

// endBySignal makes an interrupt a failure, so that what was started is ended.
func endBySignal() {
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() { fail("interrupted") })
}

// imapParts are those against the replay server.
func imapParts() []contest {
	many := imapJob{Mailbox: manyBox, Messages: manyMails, Bytes: manyMails * smallBody}
	unlike := many
	unlike.Mailbox = unlikeBox
	large := imapJob{Mailbox: largeBox, Messages: largeMails, Bytes: largeMails * largeBody}
	idle := imapJob{Mailbox: manyBox, Connections: imapIdlers}
	idleTLS := idle
	idleTLS.TLS = true
	return []contest{
		imapPart("metadata", fmt.Sprintf("FETCH of %s messages' UID, FLAGS, date, size, ENVELOPE, BODYSTRUCTURE", figure(manyMails)), "metadata", many, fetchMetrics("messages/s", "message",
			[]aim{{of: ours, than: goIMAP2, bound: 10}, {of: oursViews, than: goIMAP2, bound: 20}},
			[]aim{{of: ours, bound: 4, atMost: true}},
			[]aim{{of: ours, bound: 4, atMost: true}, {of: oursViews, bound: 0, atMost: true}}, nil)),
		imapPart("metadata-unlike", "as metadata, of messages of which no two have the same structure", "metadata", unlike, fetchMetrics("messages/s", "message", nil, nil, nil, nil)[:3]),
		imapPart("bodies-large", fmt.Sprintf("%d bodies of 10 MB", largeMails), "bodies-large", large, largeMetrics()),
		imapPart("bodies-small", fmt.Sprintf("%s bodies of 3 KB", figure(manyMails)), "bodies", many, fetchMetrics("messages/s", "message",
			[]aim{{of: ours, than: rawPeer, bound: 0.9}}, nil, nil, nil)),
		imapPart("idle", fmt.Sprintf("%s connections in IDLE", figure(imapIdlers)), "idle", idle, idleMetrics(
			[]aim{{of: ours, bound: 700, atMost: true}}, nil)),
		imapPart("idle-tls", fmt.Sprintf("%s connections in IDLE under TLS", figure(imapIdlers)), "idle", idleTLS, idleMetrics(
			[]aim{{of: ours, bound: 8 << 10, atMost: true}}, []aim{{of: ours, bound: 12 << 10, atMost: true}})),
		imapPart("push", fmt.Sprintf("EXISTS to all of %s connections in IDLE", figure(imapIdlers)), "push", idle, []metric{
			{unit: "µs, median", less: true},
			{unit: "µs, 99 of 100", less: true, aims: []aim{{of: ours, than: goIMAP2, bound: 1}}},
			{unit: "µs CPU for each", less: true, aims: []aim{{of: ours, than: goIMAP2, bound: 1.25}}},
		}),
		imapPart("noop", fmt.Sprintf("NOOP on %d connections, one at a time on each", noopClients), "noop", imapJob{Connections: noopClients}, fetchMetrics("round trips/s", "command",
			[]aim{{of: oursGroup, than: rawPeer, bound: 0.95}}, nil, []aim{{of: ours, bound: 0, atMost: true}, {of: oursGroup, bound: 0, atMost: true}}, nil)[:3]),
		noopPart("noop-pipelined", noopWindow, nil),
		noopPart("noop-deep", deepWindow, []aim{{of: ours, than: goIMAP2, bound: 10}}),
		imapPart("login", fmt.Sprintf("connect, LOGIN, LOGOUT, %d at once", loginsAtOnce), "login", imapJob{Connections: loginsAtOnce},
			fetchMetrics("sessions/s", "session", []aim{{of: oursGroup, than: goIMAP2, bound: 1.3}}, nil, nil, nil)[:3]),
	}
}

// noopPart is NOOP with so many commands under way. With few, what counts is how long the processes take to wake each other.
func noopPart(name string, window int, aims []aim) contest {
	return imapPart(name, fmt.Sprintf("NOOP on one connection, %s under way", figure(float64(window))), "noop-pipelined",
		imapJob{Connections: 1, Window: window}, fetchMetrics("commands/s", "command", aims, nil, nil, nil)[:3])
}

// dovecotParts are those against Dovecot.
func dovecotParts(d *dovecot) []contest {
	job := imapJob{Addr: d.imap, Mailbox: manyBox, Messages: dovecotMails, Bytes: dovecotMails * smallBody}
	raw := []aim{{of: ours, than: rawPeer, bound: 0.95}}
	parts := []contest{
		imapPart("metadata-dovecot", fmt.Sprintf("as metadata, %s messages of Dovecot %s", figure(dovecotMails), d.version), "metadata", job, fetchMetrics("messages/s", "message", raw, nil, nil, nil)),
		imapPart("bodies-dovecot", fmt.Sprintf("%s bodies of 3 KB of Dovecot", figure(dovecotMails)), "bodies", job, fetchMetrics("messages/s", "message", raw, nil, nil, nil)),
	}
	return parts
}

func fetchMetrics(rate, each string, rateAims, cpu, allocations, memory []aim) []metric {
	return []metric{
		{unit: rate, aims: rateAims},
		{unit: "µs CPU for a " + each, less: true, aims: cpu},
		{unit: "allocations for a " + each, less: true, aims: allocations},
		{unit: "KB of memory over start", less: true, aims: memory},
	}
}

// largeMetrics: a µs for each MB is a ms for each GB.
func largeMetrics() []metric {
	return []metric{
		{unit: "MB/s", aims: []aim{{of: ours, than: rawPeer, bound: 1}}},
		{unit: "ms CPU for a GB", less: true, aims: []aim{{of: ours, bound: 200, atMost: true}}},
		{unit: "allocations for a MB", less: true},
		{unit: "KB of memory over start", less: true, aims: []aim{{of: ours, bound: 2048, atMost: true}}},
	}
}

func idleMetrics(fresh, after []aim) []metric {
	return []metric{
		{unit: "B each", less: true, aims: fresh},
		{unit: fmt.Sprintf("B each, after %d KB", trafficKB), less: true, aims: after},
	}
}

// imapPart is the same job for everybody who can do it. Without an address it is done against a replay server of its own.
func imapPart(name, what, work string, job imapJob, metrics []metric) contest {
	e := contest{name: name, what: what, work: work, rounds: imapRounds, peers: imapPeers, metrics: metrics, run: map[string]func() []float64{}}
	if work == "idle" { // what is left in memory hardly varies
		e.rounds = 1
	}
	job.Work, job.Seconds, job.Connections = work, secondsOfWork, max(job.Connections, 1)
	for peer, works := range imapWorks {
		if works[work] != nil {
			e.run[peer] = func() []float64 {
				return withIMAPServer(job, func(job imapJob) []float64 { return measureAll("imap-client", peer, job.String()) })
			}
		}
	}
	for peer, program := range imapPythons() {
		if slices.Contains(program.works, work) {
			e.run[peer] = func() []float64 {
				return withIMAPServer(smaller(job), func(job imapJob) []float64 {
					return script(program.interpreter, "imap_peer.py", program.half, job.String())
				})
			}
		}
	}
	return e
}

// smaller is the job for Python: less in one command, fewer connections; the figures are for each of them.
func smaller(job imapJob) imapJob {
	if job.Messages > 0 {
		fewer := min(job.Messages, pythonMails)
		if job.Mailbox == largeBox {
			fewer = pythonLarge
		}
		job.Bytes = job.Bytes / job.Messages * fewer
		job.Messages = fewer
	}
	job.Connections = min(job.Connections, pythonIdlers)
	return job
}

// withIMAPServer starts a server for the job if it has none.
func withIMAPServer(job imapJob, do func(job imapJob) []float64) []float64 {
	if job.Addr != "" {
		return do(job)
	}
	role := "serve-imap"
	if job.TLS {
		role = "serve-imap-tls"
	}
	s := startServer(role)
	defer s.stop()
	host, port := spread(0, s.addr)
	job.Addr = fmt.Sprintf("%s:%d", host, port)
	return do(job)
}

// imapPython is a half of imap_peer.py.
type imapPython struct {
	interpreter, half string
	works             []string
}

// imapPythons are those that can be run here.
func imapPythons() map[string]imapPython {
	all := map[string]imapPython{}
	if python != "" {
		all[twistedPy] = imapPython{python, "twisted", []string{"metadata", "bodies", "bodies-large", "idle", "push", "noop", "noop-pipelined", "login"}}
	}
	if name, err := exec.LookPath("python3"); err == nil {
		all[imaplibPy] = imapPython{name, "imaplib", []string{"metadata", "bodies", "bodies-large", "idle", "noop", "login"}}
	}
	return all
}
