//go:build !linux

package integration

// killPeer knows no way to find the process.
func killPeer(e *env, _ int) { e.fatalf("got a system without /proc, want Linux, as the servers do") }
