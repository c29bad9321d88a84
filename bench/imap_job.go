package main

import (
	"encoding/json"
	"net"
	"strconv"
)

// Who logs in, at the replay server and at Dovecot.
const (
	imapUser     = "bench"
	imapPassword = "secret"
)

const (
	metadataItems = "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)"
	bodyItems     = "(BODY.PEEK[])"
)

// imapJob is what a client process is to do. It goes to Go and to Python as JSON.
type imapJob struct {
	Work        string  // key of the maps of works
	Addr        string  // where the server listens; its host is 127.0.0.1 and, for many connections, all of 127.0.0.x
	TLS         bool    //
	Mailbox     string  //
	Messages    int     // in a FETCH: 1 to this
	Bytes       int     // of all the bodies of a FETCH
	Connections int     //
	Window      int     // commands under way on a connection
	Seconds     float64 // of the stretch
}

// imapWorks are what each of the Go clients can do, by peer and work. A work measures and ends the process.
var imapWorks = map[string]map[string]func(imapJob){
	ours: imapTconnWorks, oursViews: imapViewWorks, oursGroup: imapGroupWorks, goIMAP2: imapGo2Works, goIMAP1: imapGo1Works, rawPeer: imapRawWorks,
}

// imapClient is the role of a Go client: PEER JOB.
func imapClient(args []string) {
	var job imapJob
	check(json.Unmarshal([]byte(args[1]), &job))
	imapWorks[args[0]][job.Work](job)
}

func (j imapJob) String() string {
	text, err := json.Marshal(j)
	check(err)
	return string(text)
}

// at is the address for connection i.
func (j imapJob) at(i int) string {
	host, port := spread(i, j.Addr)
	return net.JoinHostPort(host, strconv.Itoa(port))
}

// set is the sequence set of a FETCH.
func (j imapJob) set() string { return "1:" + strconv.Itoa(j.Messages) }

// mustBe ends a client whose figures would be wrong because it did not do the work.
func mustBe(what string, got, want int) {
	if got != want {
		fail(what + ": got " + strconv.Itoa(got) + ", want " + strconv.Itoa(want))
	}
}

// megabytes is the unit of large bodies.
func megabytes(n int) float64 { return float64(n) / 1e6 }

// inParallel runs one in n goroutines and answers the sum of what they answer.
func inParallel(n int, one func(i int) int) (sum int) {
	answers := make(chan int)
	for i := range n {
		go func() { answers <- one(i) }()
	}
	for range n {
		sum += <-answers
	}
	return sum
}
