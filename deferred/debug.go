package deferred

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
)

var debugging atomic.Bool

// maxFrames bounds the calls that a stack of debug mode tells, the innermost ones.
const maxFrames = 32

// sites are the places where a Deferred of debug mode was made and fired, as program counters.
type sites struct {
	created, fired []uintptr
}

// SetDebug turns debug mode on or off; restore brings the mode before back.
//
// A Deferred made while it is on keeps the stacks of the calls that made and first fired it. *AlreadyCalledError and Unhandled
// tell them. That costs some microseconds and about a kilobyte for each Deferred; while debug mode is off nothing is kept.
// The zero value of a Deferred, made without New, keeps nothing. Goroutine: any; the mode is that of the whole program.
// Source: twisted.internet.defer.setDebugging.
func SetDebug(on bool) (restore func()) {
	before := debugging.Swap(on)
	return func() { debugging.Store(before) }
}

// noteCreation keeps the stack of the caller. d is not shared yet.
func (d *Deferred[T]) noteCreation() { d.rare().sites = &sites{created: callers()} }

// noteFiring keeps the stack of the caller if d was made in debug mode. d is locked.
func (d *Deferred[T]) noteFiring() {
	if d.extra != nil && d.extra.sites != nil {
		d.extra.sites.fired = callers()
	}
}

// alreadyCalled gives the error for a second result of d.
func (d *Deferred[T]) alreadyCalled() *AlreadyCalledError {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := &AlreadyCalledError{}
	if d.extra != nil {
		e.Created, e.Fired = d.extra.sites.text()
	}
	return e
}

// text gives both stacks in words, nothing for a nil s.
func (s *sites) text() (created, fired string) {
	if s == nil {
		return "", ""
	}
	return stackText(s.created), stackText(s.fired)
}

func callers() []uintptr {
	var pcs [maxFrames]uintptr
	n := runtime.Callers(3, pcs[:])
	return append([]uintptr(nil), pcs[:n]...)
}

// ownPackage begins the names of the functions of this package and of no other.
const ownPackage = "github.com/tconn/tconn/deferred."

// stackText writes a line for each call, innermost first, without the calls inside of this package at the top.
func stackText(pcs []uintptr) string {
	if len(pcs) == 0 {
		return ""
	}
	var lines []string
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		if len(lines) > 0 || !strings.HasPrefix(f.Function, ownPackage) {
			lines = append(lines, placeText(f.File, f.Line, f.Function))
		}
		if !more {
			return strings.Join(lines, "\n")
		}
	}
}

// placeText writes a place as "file.go:123 (package.function)".
func placeText(file string, line int, function string) string {
	return fmt.Sprintf("%s:%d (%s)", filepath.Base(file), line, filepath.Base(function))
}

// firstLine gives the innermost call of a stack.
func firstLine(stack string) string {
	line, _, _ := strings.Cut(stack, "\n")
	return line
}
