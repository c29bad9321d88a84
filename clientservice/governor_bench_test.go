package clientservice_test

import (
	"fmt"
	"testing"

	"github.com/tconn/tconn/clientservice"
	"github.com/tconn/tconn/reactor"
)

// One more comes and goes while many wait: the time should not depend on how many.
func BenchmarkAcquireAndCancel(b *testing.B) {
	for _, waiting := range []int{10, 1000, 100_000} {
		b.Run(fmt.Sprintf("behind %d", waiting), func(b *testing.B) {
			g := clientservice.NewGovernor(clientservice.GovernorOptions{MaxDialing: 1})
			r := reactor.New()
			for n := range waiting {
				g.Acquire(r, hostName(n%100)).Handle(nil, func(error) {})
			}
			r.RunUntilCurrent()
			for b.Loop() {
				d := g.Acquire(r, "host7")
				d.AddErrback(func(error) (*clientservice.Permit, error) { return nil, nil })
				d.Cancel()
			}
		})
	}
}

// A permit is given back, and the next one gets it.
func BenchmarkReleaseAndGrant(b *testing.B) {
	o := clientservice.GovernorOptions{DialsPerSecond: -1, HostDialsPerSecond: -1, MaxDialing: 1}
	for _, waiting := range []int{10, 1000, 100_000} {
		b.Run(fmt.Sprintf("%d wait", waiting), func(b *testing.B) {
			g := clientservice.NewGovernor(o)
			r := reactor.New()
			var served func(p *clientservice.Permit)
			held := make([]*clientservice.Permit, 0, 1)
			ask := func(n int) { g.Acquire(r, hostName(n%100)).Handle(served, nil) }
			served = func(p *clientservice.Permit) { held = append(held, p) }
			for n := range waiting {
				ask(n)
			}
			for n := 0; b.Loop(); n++ {
				r.RunUntilCurrent()
				held[0].Release()
				held = held[:0]
				ask(n)
			}
		})
	}
}
