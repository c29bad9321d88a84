package main

import (
	"fmt"
	"math"
	"strings"
)

// metric is one of the figures that a client prints; a row of the table.
type metric struct {
	unit string
	less bool // the smaller figure is the better one
	aims []aim
}

// aim is what we want to reach: a figure, or a multiple of another's.
type aim struct {
	of     string  // whose figure it is about
	than   string  // whose figure it is compared with; "" compares with bound itself
	bound  float64 // how many times better than his, at least; or the figure at worst
	atMost bool    // without than: at most the bound, not at least
}

// contest is the same work by each of those who can do it, in rounds that alternate between them.
type contest struct {
	name    string // what chooses it on the command line
	what    string
	work    string // of imapWorks or popWorks
	rounds  int
	peers   []string // the columns
	metrics []metric
	run     map[string]func() []float64 // by peer: the figures in the order of the metrics
}

// outcome holds the figures of all rounds.
type outcome struct {
	contest
	values map[string][][]float64 // by peer and metric
}

func (e contest) measure() outcome {
	r := outcome{contest: e, values: map[string][][]float64{}}
	for range e.rounds {
		for _, peer := range e.peers {
			if run := e.run[peer]; run != nil {
				r.add(peer, run())
			}
		}
	}
	return r
}

func (r outcome) add(peer string, figures []float64) {
	if len(figures) < len(r.metrics) {
		fail(fmt.Sprintf("%s of %s: %d figures, want %d", r.name, peer, len(figures), len(r.metrics)))
	}
	if r.values[peer] == nil {
		r.values[peer] = make([][]float64, len(r.metrics))
	}
	for i := range r.metrics {
		r.values[peer][i] = append(r.values[peer][i], figures[i])
	}
}

// better tells how many times better the figures of one are than those of another, the median over the rounds.
func (r outcome) better(metric int, one, other string) float64 {
	v := ratio(r.values[one][metric], r.values[other][metric])
	if r.metrics[metric].less {
		return 1 / v
	}
	return v
}

// contestHead is the head of the markdown table.
func contestHead(peers []string) string {
	return "| what | unit | " + strings.Join(peers, " | ") + " | aim |\n|---|---|" + strings.Repeat("--:|", len(peers)) + "---|\n"
}

// String is a line of the markdown table for each metric.
func (r outcome) String() string {
	var b strings.Builder
	for i, m := range r.metrics {
		title := r.name
		if i == 0 {
			title += ": " + r.what
		}
		fmt.Fprintf(&b, "| %s | %s |", title, m.unit)
		for _, peer := range r.peers {
			b.WriteString(" " + r.cell(i, peer) + " |")
		}
		var aims []string
		for _, a := range m.aims {
			aims = append(aims, r.verdict(i, a))
		}
		b.WriteString(" " + strings.Join(aims, "; ") + " |\n")
	}
	return b.String()
}

// cell is a figure and, in brackets, how many times better ours is.
func (r outcome) cell(metric int, peer string) string {
	if r.values[peer] == nil {
		return "–"
	}
	v := median(r.values[peer][metric])
	switch {
	case math.IsNaN(v):
		return "–"
	case strings.HasPrefix(peer, ours):
		return "**" + figure(v) + "**"
	case r.values[ours] == nil || median(r.values[ours][metric]) == 0:
		return figure(v)
	default:
		return fmt.Sprintf("%s (%.2f)", figure(v), r.better(metric, ours, peer))
	}
}

// verdict is the aim and, if there are figures for it, whether they reach it.
func (r outcome) verdict(metric int, a aim) string {
	text := a.String()
	if r.values[a.of] == nil || a.than != "" && r.values[a.than] == nil {
		return text
	}
	v := median(r.values[a.of][metric])
	if a.than != "" {
		v = r.better(metric, a.of, a.than)
		text += fmt.Sprintf(", is %.2f", v)
	}
	if math.IsNaN(v) {
		return a.String()
	}
	if a.reached(v) {
		return text + ": PASS"
	}
	return text + ": MISS"
}

func (a aim) String() string {
	text := ""
	if a.of != ours {
		text = a.of + ": "
	}
	switch {
	case a.than != "":
		return text + fmt.Sprintf("%.3g x %s", a.bound, a.than)
	case a.atMost:
		return text + "at most " + figure(a.bound)
	default:
		return text + "at least " + figure(a.bound)
	}
}

// unnoticed is what a count for each of many may be above its aim: the runtime of Go allocates a little by itself.
const unnoticed = 0.05

func (a aim) reached(v float64) bool {
	if a.than == "" && a.atMost {
		return v <= a.bound+unnoticed
	}
	return v >= a.bound
}
