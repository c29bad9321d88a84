package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// The peers, in the order of the columns.
const (
	ours      = "tconn"
	gnetPeer  = "gnet.Client"
	netPeer   = "goroutine + net"
	twistedPy = "Twisted"
)

var peers = []string{ours, gnetPeer, netPeer, twistedPy}

// experiment is one row of the table: the same work by each of those who can do it, in rounds that alternate between them.
type experiment struct {
	title  string
	unit   string
	less   bool // the smaller figure is the better one
	rounds int
	run    map[string]func() float64 // by peer
}

// row is what came out.
type row struct {
	experiment
	median map[string]float64
	ratio  map[string]float64 // how many times better ours is, the median over the rounds
}

func (e experiment) measure() row {
	values := map[string][]float64{}
	for range e.rounds {
		for _, peer := range peers {
			if run := e.run[peer]; run != nil {
				values[peer] = append(values[peer], run())
			}
		}
	}
	r := row{experiment: e, median: map[string]float64{}, ratio: map[string]float64{}}
	for peer, v := range values {
		r.median[peer] = median(v)
		r.ratio[peer] = ratio(values[ours], v)
		if e.less {
			r.ratio[peer] = 1 / r.ratio[peer]
		}
	}
	return r
}

// tableHead is the head of the markdown table.
func tableHead() string {
	return "| what | unit | " + strings.Join(peers, " | ") + " | ours is better than the best of them by |\n" + "|---|---|" + strings.Repeat("--:|", len(peers)+1) + "\n"
}

// String is a line of the markdown table.
func (r row) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "| %s | %s |", r.title, r.unit)
	best := math.Inf(1)
	for _, peer := range peers {
		v, ok := r.median[peer]
		switch {
		case !ok:
			b.WriteString(" – |")
		case peer == ours:
			fmt.Fprintf(&b, " **%s** |", figure(v))
		default:
			best = min(best, r.ratio[peer])
			fmt.Fprintf(&b, " %s (%.2f) |", figure(v), r.ratio[peer])
		}
	}
	if math.IsInf(best, 1) {
		b.WriteString(" – |")
	} else {
		fmt.Fprintf(&b, " %.2f |", best)
	}
	return b.String() + "\n"
}

// figure writes three significant digits, with spaces between thousands.
func figure(v float64) string {
	if v < 100 {
		return fmt.Sprintf("%.3g", v)
	}
	s := fmt.Sprintf("%.0f", v)
	var parts []string
	for len(s) > 3 {
		parts = append(parts, s[len(s)-3:])
		s = s[:len(s)-3]
	}
	parts = append(parts, s)
	slices.Reverse(parts)
	return strings.Join(parts, " ")
}

// python is the interpreter that has Twisted, "" when there is none.
var python = func() string {
	for _, name := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(name, "-c", "import twisted, OpenSSL").Run() == nil {
			return name
		}
	}
	return ""
}()

// twisted runs a role of peer.py and answers the numbers it prints.
func twisted(role string, args ...string) []float64 {
	return script(python, append([]string{"peer.py", role}, args...)...)
}

// script runs a Python program and answers the numbers it prints.
func script(interpreter string, args ...string) []float64 {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, interpreter, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		fail(strings.Join(args, " ") + ": " + err.Error())
	}
	return numbers(string(out))
}

// version is that of Twisted.
func version(python string) string {
	out, err := exec.Command(python, "-c", "import twisted, sys; print(twisted.__version__, 'on Python', sys.version.split()[0])").Output()
	check(err)
	return strings.TrimSpace(string(out))
}
