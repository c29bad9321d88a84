package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// popCurl runs curl over the mailbox until the time is up; its start and its login count, too. A run before that shows that all is fetched.
func popCurl(j popJob) {
	scheme := "pop3"
	if j.TLS {
		scheme = "pop3s"
	}
	address := fmt.Sprintf("%s://%s/[1-%d]", scheme, j.Addr, j.Messages)
	curl := func(more ...string) *exec.Cmd {
		return exec.Command("curl", append([]string{"--silent", "--show-error", "--insecure", "--user", j.User + ":" + imapPassword, address}, more...)...)
	}
	sum := &bodySum{}
	first := curl()
	first.Stdout = sum
	check(first.Run())
	mustBe("bytes of messages", sum.bytes, j.Bytes)
	var cpu time.Duration
	peak, messages, start := 0.0, 0, time.Now()
	for ; time.Since(start) < stretch; messages += j.Messages {
		cmd := curl("--output", os.DevNull)
		cmd.Stderr = os.Stderr
		check(cmd.Start())
		watch := make(chan float64)
		go func() { watch <- peakUntilEnd(cmd.Process.Pid) }()
		check(cmd.Wait())
		peak = max(peak, <-watch)
		used := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		cpu += time.Duration(used.Utime.Nano() + used.Stime.Nano())
	}
	units := float64(messages) * j.Units
	fmt.Println(units/time.Since(start).Seconds(), float64(cpu.Microseconds())/units, math.NaN(), math.NaN(), peak/1024)
}

// peakUntilEnd is the largest resident memory of a process, looked at every few milliseconds until it ends: what wait4(2) tells of it counts
// the memory of this program, from which it was forked.
func peakUntilEnd(pid int) (peak float64) {
	for path := fmt.Sprintf("/proc/%d/status", pid); ; time.Sleep(5 * time.Millisecond) {
		status, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(status, []byte("VmHWM:")) { // a process that has ended has no memory
			return peak
		}
		peak = peakIn(status)
	}
}
