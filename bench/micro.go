package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/panjf2000/gnet/v2"
	"go.uber.org/zap"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/reactor"
)

const (
	microRounds  = 3
	timersTotal  = 1_000_000
	threadsTotal = 1_000_000
	chainTotal   = 1_000_000
)

// micros are the parts: timers, calls from other goroutines, callback chains.
func micros() (all []experiment) {
	for i, what := range []string{"add", "cancel", "fire"} {
		e := experiment{
			title: "timer, " + what + ", 1 M", unit: "ns", less: true, rounds: microRounds,
			run: map[string]func() float64{
				ours:    func() float64 { return measureAll("timers-tconn")[i] },
				netPeer: func() float64 { return measureAll("timers-go")[i] },
			},
		}
		if python != "" {
			e.run[twistedPy] = func() float64 { return twisted("timers", fmt.Sprint(timersTotal))[i] }
		}
		all = append(all, e)
	}
	threads := experiment{
		title: "CallFromThread, 1 M from one goroutine", unit: "ns", less: true, rounds: microRounds,
		run: map[string]func() float64{
			ours:     func() float64 { return measure("threads-tconn") },
			gnetPeer: func() float64 { return measure("threads-gnet") },
		},
	}
	chain := experiment{
		title: "Deferred with 10 callbacks", unit: "ns", less: true, rounds: microRounds,
		run: map[string]func() float64{ours: func() float64 { return measure("chain-tconn") }},
	}
	if python != "" {
		threads.run[twistedPy] = func() float64 { return twisted("threads", fmt.Sprint(threadsTotal))[0] }
		chain.run[twistedPy] = func() float64 { return twisted("chain", fmt.Sprint(chainTotal/10))[0] }
	}
	return append(all, threads, chain)
}

func nothing() {}

func nanoseconds(since time.Time, n int) float64 {
	return float64(time.Since(since).Nanoseconds()) / float64(n)
}

// timersTconn plans a million calls, takes them back, and then has as many come due at once.
func timersTconn([]string) {
	r := reactor.New()
	r.CallWhenRunning(func() {
		calls := make([]*reactor.DelayedCall, timersTotal)
		runtime.GC()
		start := time.Now()
		for i := range calls {
			calls[i] = r.CallLater(1000*time.Second+time.Duration(i%1000)*time.Second, nothing)
		}
		add := nanoseconds(start, timersTotal)
		start = time.Now()
		for _, c := range calls {
			_ = c.Cancel()
		}
		cancel := nanoseconds(start, timersTotal)
		fired := 0
		fire := func() {
			if fired++; fired == timersTotal {
				fmt.Println(add, cancel, nanoseconds(start, timersTotal))
				os.Exit(0)
			}
		}
		for range timersTotal {
			r.CallLater(0, fire)
		}
		start = time.Now()
	})
	check(r.Run())
}

// timersGo is the same with the timers of the runtime.
func timersGo([]string) {
	timers := make([]*time.Timer, timersTotal)
	runtime.GC()
	start := time.Now()
	for i := range timers {
		timers[i] = time.AfterFunc(1000*time.Second+time.Duration(i%1000)*time.Second, nothing)
	}
	add := nanoseconds(start, timersTotal)
	start = time.Now()
	for _, t := range timers {
		t.Stop()
	}
	cancel := nanoseconds(start, timersTotal)
	fired := make(chan struct{}, 1024)
	start = time.Now()
	for range timersTotal {
		time.AfterFunc(0, func() { fired <- struct{}{} })
	}
	for range timersTotal {
		<-fired
	}
	fmt.Println(add, cancel, nanoseconds(start, timersTotal))
	os.Exit(0)
}

func threadsTconn([]string) {
	r := reactor.New()
	count := 0
	var start time.Time
	call := func() {
		if count++; count == threadsTotal {
			fmt.Println(nanoseconds(start, threadsTotal))
			os.Exit(0)
		}
	}
	r.CallWhenRunning(func() {
		go func() {
			start = time.Now()
			for range threadsTotal {
				check(r.CallFromThread(call))
			}
		}()
	})
	check(r.Run())
}

// threadsGnet hands calls to the loop of a gnet connection.
func threadsGnet([]string) {
	s := startServer("serve-greeting")
	defer s.stop()
	h := &gnetIdle{greeted: make(chan struct{}, 1)}
	cli, err := gnet.NewClient(h, gnet.WithLogger(zap.NewNop().Sugar()))
	check(err)
	check(cli.Start())
	c, err := cli.Dial("tcp", s.addr)
	check(err)
	<-h.greeted
	loop, count := c.EventLoop(), 0
	done := make(chan struct{})
	call := gnet.RunnableFunc(func(context.Context) error {
		if count++; count == threadsTotal {
			close(done)
		}
		return nil
	})
	start := time.Now()
	for range threadsTotal {
		check(loop.Execute(context.Background(), call))
	}
	<-done
	fmt.Println(nanoseconds(start, threadsTotal))
}

func chainTconn([]string) {
	step := func(v int) (int, error) { return v, nil }
	start := time.Now()
	for range chainTotal {
		d := deferred.New[int]()
		for range 10 {
			d.AddCallback(step)
		}
		d.Callback(1)
	}
	fmt.Println(nanoseconds(start, chainTotal))
}
