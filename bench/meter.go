package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// stretch is how long a client works for one figure.
const stretch = time.Second

// meter measures a stretch of work of this process.
type meter struct {
	over atomic.Bool // the time is up: begin nothing more

	start    time.Time
	cpu      time.Duration
	mallocs  uint64
	resident float64
}

// startMeter begins the stretch. What has been resident until now does not count.
func startMeter() *meter {
	m := &meter{resident: settledRSS()}
	forgetPeak()
	m.mallocs, m.cpu, m.start = mallocs(), processorTime(), time.Now()
	time.AfterFunc(stretch, func() { m.over.Store(true) })
	return m
}

// report prints units/s, µs of processor time for each, allocations for each, and in KB the peak of resident memory over that at the start, and
// the peak itself; then it ends the process.
func (m *meter) report(units float64) {
	took, cpu, allocated := time.Since(m.start), processorTime()-m.cpu, mallocs()-m.mallocs
	peak := peakRSS()
	fmt.Println(units/took.Seconds(), float64(cpu.Microseconds())/units, float64(allocated)/units, (peak-m.resident)/1024, peak/1024)
	os.Exit(0)
}

func mallocs() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.Mallocs
}

// processorTime is that of this process, its own and the kernel's for it.
func processorTime() time.Duration {
	var used syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// forgetPeak lets the kernel count VmHWM from now on (proc(5), clear_refs).
func forgetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

// peakRSS is the largest resident memory since forgetPeak, NaN where the kernel does not tell.
func peakRSS() float64 {
	status, err := os.ReadFile("/proc/self/status")
	check(err)
	return peakIn(status)
}

// peakIn finds it in the status of a process (proc(5)).
func peakIn(status []byte) float64 {
	_, rest, found := strings.Cut(string(status), "VmHWM:")
	if !found {
		return math.NaN()
	}
	kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	check(err)
	return kb * 1024
}
