package main

import (
	"fmt"
	"time"
)

// holdPOP3 prints the resident bytes that each connection adds which has logged in and is idle, and the same after a message of
// trafficBytes on it. connect makes n more connections, retrieve has all of them take the message.
func holdPOP3(j popJob, connect func(n int), retrieve func()) {
	connect(warmUp)
	retrieve()
	time.Sleep(settle)
	before := settledRSS()
	connect(j.Connections)
	time.Sleep(settle)
	fresh := settledRSS()
	retrieve()
	time.Sleep(settle)
	n := float64(j.Connections)
	fmt.Println((fresh-before)/n, (settledRSS()-before)/n)
}
