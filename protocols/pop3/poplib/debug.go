package poplib

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"
)

// SetDebugLevel has the exchange with the server printed, to Options.DebugOutput and as poplib prints it. 0 prints nothing. 1 prints each command
// before it is sent, and what STAT brings:
//
//	*cmd* 'STAT'
//	*stat* [b'+OK', b'13', b'110293']
//
// 2 and more also print each line as it has gone out (*put*) and as it came (*get*), and status lines (*resp*); they come when the answer is
// whole. Secrets are ***, but for Options.ShowSecrets.
//
// Goroutine: any; a command under way keeps its level. Source: poplib.POP3.set_debuglevel.
func (p *POP3) SetDebugLevel(level int) { p.level.Store(int32(min(max(level, 0), levelLines))) }

// The debug levels.
const (
	levelCommands = 1
	levelLines    = 2
)

// hidden stands for a secret.
const hidden = "***"

// secretLine is a command as debug output shows it.
func (p *POP3) secretLine(before, secret string) string {
	if p.options.ShowSecrets {
		return before + secret
	}
	return before + hidden
}

// prints tells whether debug output has a level, or a higher one.
func (p *POP3) prints(level int32) bool { return p.level.Load() >= level }

// printCommand prints a command before it is sent.
func (p *POP3) printCommand(line string) {
	if p.prints(levelCommands) {
		fmt.Fprintln(p.options.debugOutput(), "*cmd*", reprString(line))
	}
}

// printStat prints what STAT has brought.
func (p *POP3) printStat(words [][]byte) {
	if p.prints(levelCommands) {
		fmt.Fprintln(p.options.debugOutput(), "*stat*", reprList(words))
	}
}

// printExchange prints the lines of a command and its answer. err is what it has come to.
func (p *POP3) printExchange(line string, err error) {
	events := p.recorder.take()
	if len(events) == 0 || !p.prints(levelLines) {
		return
	}
	w := newPrinter(p)
	for _, e := range events {
		if e.put {
			w.put(line)
		} else {
			w.get(e.bytes)
		}
	}
	w.end(err)
}

// printer writes what level 2 shows.
type printer struct {
	*bufio.Writer
	status bool // the next line is a status line
}

func newPrinter(p *POP3) *printer { return &printer{Writer: bufio.NewWriter(p.options.debugOutput())} }

func (w *printer) put(line string) {
	fmt.Fprintln(w, "*put*", Repr([]byte(line)))
	w.status = true
}

func (w *printer) get(p []byte) {
	for line := range bytes.Lines(p) {
		fmt.Fprintln(w, "*get*", Repr(line))
		if w.status && line[len(line)-1] == '\n' {
			fmt.Fprintln(w, "*resp*", Repr(withoutEnd(line)))
			w.status = false
		}
	}
}

// end writes out what is there. The end of the stream is an empty line to poplib.
func (w *printer) end(err error) {
	if err != nil && isEOF(err) {
		fmt.Fprintln(w, "*get*", Repr(nil))
	}
	_ = w.Flush()
}

// printAuth prints the lines of an exchange that signs in. said is what stands for each secret, in their order; *** where there is none.
func (p *POP3) printAuth(said []string, err error) {
	events := p.recorder.take()
	if len(events) == 0 || !p.prints(levelCommands) {
		return
	}
	w := newPrinter(p)
	for _, e := range events {
		switch {
		case e.put:
			line := string(e.bytes)
			if strings.Contains(line, hidden) && len(said) > 0 {
				line, said = strings.Replace(line, hidden, said[0], 1), said[1:]
			}
			fmt.Fprintln(w, "*cmd*", reprString(line))
			if p.prints(levelLines) {
				w.put(line)
			}
		case p.prints(levelLines):
			w.get(e.bytes)
		}
	}
	if !p.prints(levelLines) {
		err = nil
	}
	w.end(err)
}
