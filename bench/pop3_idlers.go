package main

import (
	"fmt"
	"time"
)

// holdPOP3 prints the resident bytes of a connection that has logged in and is idle, and of the same after a message of trafficBytes on each.
func holdPOP3(j popJob, before float64, traffic func()) {
	time.Sleep(settle)
	fresh := settledRSS()
	traffic()
	time.Sleep(settle)
	n := float64(j.Connections)
	fmt.Println((fresh-before)/n, (settledRSS()-before)/n)
}
