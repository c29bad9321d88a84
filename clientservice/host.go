package clientservice

import (
	"container/heap"
	"container/list"
	"time"
)

// place is where a host stands.
type place uint8

const (
	nowhere place = iota // nobody waits, or all connections that it may have are there
	inTurn               // can be served
	delayed              // waits for its rate
	resting              // nobody waits and no connection is there, but its bucket is not full again
)

// host is one name that is connected to, and the line before it.
type host struct {
	name    string
	waiting list.List // of *waiter, in order of Acquire
	open    int       // permits that are out
	rate    bucket

	place place
	turn  *list.Element // inTurn: its place in Governor.turns
	when  time.Duration // delayed, resting: until when
	index int           // delayed, resting: its place in the heap
}

// hostHeap has the host with the earliest moment first.
type hostHeap []*host

func (h hostHeap) Len() int           { return len(h) }
func (h hostHeap) Less(i, j int) bool { return h[i].when < h[j].when }
func (h hostHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *hostHeap) Push(x any) {
	v := x.(*host)
	v.index = len(*h)
	*h = append(*h, v)
}

func (h *hostHeap) Pop() any {
	old := *h
	last := len(old) - 1
	v := old[last]
	old[last] = nil
	*h = old[:last]
	return v
}

// add puts v in until the moment when.
func (h *hostHeap) add(v *host, when time.Duration) {
	v.when = when
	heap.Push(h, v)
}

// due tells whether the first host's moment has come.
func (h hostHeap) due(now time.Duration) bool { return len(h) > 0 && h[0].when <= now }

// hostOf finds the host, or begins to keep it.
func (g *Governor) hostOf(name string) *host {
	h := g.hosts[name]
	if h == nil {
		h = &host{name: name, rate: g.hostRate}
		g.hosts[name] = h
	}
	return h
}

// seat puts h where it belongs now; one that can be served goes to the end of the line of hosts.
func (g *Governor) seat(h *host, now time.Duration) {
	g.unseat(h)
	switch {
	case h.waiting.Len() == 0 && h.open > 0:
	case h.waiting.Len() == 0 && h.rate.full > now:
		h.place = resting
		g.resting.add(h, h.rate.full)
	case h.waiting.Len() == 0:
		delete(g.hosts, h.name)
	case g.options.MaxPerHost > 0 && h.open >= g.options.MaxPerHost:
	case h.rate.open(now):
		h.place = inTurn
		h.turn = g.turns.PushBack(h)
	default:
		h.place = delayed
		g.delayed.add(h, h.rate.next)
	}
}

func (g *Governor) unseat(h *host) {
	switch h.place {
	case inTurn:
		g.turns.Remove(h.turn)
		h.turn = nil
	case delayed:
		heap.Remove(&g.delayed, h.index)
	case resting:
		heap.Remove(&g.resting, h.index)
	}
	h.place = nowhere
}

// wake gives the hosts their places again whose moment has come: a turn, or oblivion.
func (g *Governor) wake(now time.Duration) {
	for g.delayed.due(now) {
		g.seat(g.delayed[0], now)
	}
	for g.resting.due(now) {
		g.seat(g.resting[0], now)
	}
}
