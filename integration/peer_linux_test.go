package integration

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// killPeer ends the process of a server that holds the other end of a connection, at once and without a word. The server has one for
// each connection.
func killPeer(e *env, clientPort int) {
	e.t.Helper()
	inode := socketOf(clientPort)
	found := false
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, link := range links {
		if target, err := os.Readlink(link); err != nil || target != "socket:["+inode+"]" {
			continue
		}
		pid, err := strconv.Atoi(strings.Split(link, "/")[2])
		if err == nil && pid != os.Getpid() {
			found = true
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	if !found {
		e.fatalf("got no process with socket %q, want one", inode)
	}
}

// socketOf answers the inode of the server's socket of a connection from that port on loopback.
func socketOf(clientPort int) string {
	f, err := os.Open("/proc/net/tcp")
	if err != nil {
		return ""
	}
	defer f.Close()
	remote := fmt.Sprintf("0100007F:%04X", clientPort)
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) > 9 && fields[2] == remote {
			return fields[9]
		}
	}
	return ""
}
