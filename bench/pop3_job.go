package main

import (
	"encoding/json"
	"net"
	"strconv"
)

// popJob is what a client process is to do. It goes to Go and to Python as JSON.
type popJob struct {
	Work        string  // key of the maps of works
	Addr        string  // where the server listens; its host is 127.0.0.1 and, for many connections, all of 127.0.0.x
	TLS         bool    // from the first byte
	User        string  // whose mailbox
	Messages    int     // in it
	Bytes       int     // of all of them
	Units       float64 // that each message counts as
	Window      int     // RETRs that are out at once, for those who can
	Connections int     //
	Seconds     float64 // of the stretch
}

// What there is to do: to fetch all messages, again and again until the time is up, or to be idle.
const (
	retrieveWork = "retrieve"
	idleWork     = "idle"
)

// popWorks are what each of the Go clients can do, by peer and work. A work measures and ends the process.
var popWorks = map[string]map[string]func(popJob){
	ours:       {retrieveWork: func(j popJob) { popTconn(j, (*popSession).stream) }, idleWork: popTconnIdle},
	oursLines:  {retrieveWork: func(j popJob) { popTconn(j, (*popSession).lines) }},
	oursPoplib: {retrieveWork: popFacade},
	goPOP3:     {retrieveWork: popGo, idleWork: popGoIdle},
	curlPeer:   {retrieveWork: popCurl},
	raw1:       {retrieveWork: func(j popJob) { popRaw(j, 1) }},
	raw100:     {retrieveWork: func(j popJob) { popRaw(j, j.Window) }},
}

// popClient is the role of a Go client: PEER JOB.
func popClient(args []string) {
	var job popJob
	check(json.Unmarshal([]byte(args[1]), &job))
	popWorks[args[0]][job.Work](job)
}

func (j popJob) String() string {
	text, err := json.Marshal(j)
	check(err)
	return string(text)
}

// size is that of each message.
func (j popJob) size() int { return j.Bytes / j.Messages }

// at is the address for connection i.
func (j popJob) at(i int) string {
	host, port := spread(i, j.Addr)
	return net.JoinHostPort(host, strconv.Itoa(port))
}
