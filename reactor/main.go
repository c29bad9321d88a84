package reactor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/tconn/tconn/deferred"
)

// ExitError is an error that says with which code the program is to end.
//
// Source: Python's SystemExit, as twisted.internet.task.react takes it.
type ExitError struct {
	Code int   // 0 to 255
	Err  error // printed by React; nil for nothing
}

// Error is the text of the cause, or tells the code.
func (e *ExitError) Error() string {
	if e.Err == nil {
		return "reactor: exit code " + strconv.Itoa(e.Code)
	}
	return e.Err.Error()
}

// Unwrap gives the cause.
func (e *ExitError) Unwrap() error { return e.Err }

// ExitCode is Code; React asks it of any error, *exec.ExitError for one.
func (e *ExitError) ExitCode() int { return e.Code }

// Main is React, and the end of the process with the code that it answers. Like os.Exit it does not return and leaves
// deferred calls undone. Source: twisted.internet.task.react.
func Main(f func(ctx context.Context, r *Reactor) *deferred.Deferred[int], options ...Option) {
	os.Exit(React(f, options...))
}

// React makes a reactor, runs it until the Deferred of f has a result, and answers the exit code for the process.
//
// The code is the value of the Deferred. An error is printed to standard error ("main function encountered error: ...") and the
// code is that of its ExitCode method, if something in its chain has one, and 1 otherwise. A panic of f is an error, and so
// are a nil Deferred and a code that is not between 0 and 255.
//
// SIGINT, SIGTERM and Stop end ctx and cancel the Deferred, which may still take its time, that of WithShutdownTimeout, on a
// reactor that works as ever. If it then fails with ErrCancelled or another match of context.Canceled, nothing is printed
// and the code is 130 (SIGINT), 143 (SIGTERM) or 0 (Stop); after a signal 130 and 143 also stand for other errors without a
// code, and for no result at all. A second signal ends the process at once.
//
// The options are for the reactor; WithSignals is among them already. Goroutine: f and its Deferred are the reactor's.
// Source: twisted.internet.task.react.
func React(f func(ctx context.Context, r *Reactor) *deferred.Deferred[int], options ...Option) int {
	if f == nil {
		panic("reactor: Main: nil function")
	}
	return react(os.Stderr, f, options)
}

func react(stderr io.Writer, f func(context.Context, *Reactor) *deferred.Deferred[int], options []Option) int {
	p := &program{
		r:      New(append([]Option{WithSignals()}, options...)...),
		stderr: stderr,
		f:      f,
		ended:  deferred.New[struct{}](),
	}
	var cancel context.CancelFunc
	p.ctx, cancel = context.WithCancel(context.Background())
	defer cancel()
	p.r.CallWhenRunning(p.begin)
	p.r.AddSystemEventTrigger(Before, Shutdown, func() *deferred.Deferred[struct{}] {
		cancel()
		return p.interrupt()
	})
	if err := p.r.Run(); err != nil && p.err == nil {
		p.over, p.err = true, err
	}
	return p.exitCode()
}

// program is the main function of a React on its way.
type program struct {
	r           *Reactor
	stderr      io.Writer
	f           func(context.Context, *Reactor) *deferred.Deferred[int]
	ctx         context.Context
	d           *deferred.Deferred[int]
	ended       *deferred.Deferred[struct{}] // fires when d has its result
	interrupted bool                         // the reactor was stopped before that

	over bool
	code int
	err  error
}

var errNoDeferred = errors.New("reactor: Main: the function answered no Deferred")

// begin calls the main function.
func (p *program) begin() {
	if err := p.r.call("Main", func() { p.d = p.f(p.ctx, p.r) }); err != nil {
		p.end(0, err)
		return
	}
	if p.d == nil {
		p.end(0, errNoDeferred)
		return
	}
	p.d.Handle(
		func(code int) { p.r.soon(func() { p.end(code, nil) }) },
		func(err error) { p.r.soon(func() { p.end(0, err) }) })
}

func (p *program) end(code int, err error) {
	p.over, p.code, p.err = true, code, err
	p.ended.TryCallback(struct{}{})
	_ = p.r.Stop()
}

// interrupt ends the main function because the reactor was stopped.
func (p *program) interrupt() *deferred.Deferred[struct{}] {
	if p.over || p.d == nil {
		return nil
	}
	p.interrupted = true
	p.d.Cancel()
	return p.ended
}

// exitCode judges how it ended, and prints what the user has to know.
func (p *program) exitCode() int {
	fallback := 1
	if s := p.r.caught.Load(); s != 0 {
		fallback = signalExit + int(s)
	}
	switch {
	case !p.over:
		p.complain(errors.New("it did not end when the reactor was stopped"))
		return fallback
	case p.err == nil && validExit(p.code):
		return p.code
	case p.err == nil:
		p.complain(fmt.Errorf("%d is no exit code", p.code))
		return fallback
	}
	var exit *ExitError
	if silent := errors.As(p.err, &exit) && exit.Err == nil; !silent && !p.cancelled() {
		p.complain(p.err)
	}
	var coder interface{ ExitCode() int }
	switch {
	case errors.As(p.err, &coder) && validExit(coder.ExitCode()):
		return coder.ExitCode()
	case p.cancelled() && p.r.caught.Load() == 0:
		return 0
	}
	return fallback
}

// signalExit is what shells add to the number of a signal that ended a program.
const signalExit = 128

func validExit(code int) bool { return code >= 0 && code <= 255 }

// cancelled tells whether the error is no more than the answer to the stop.
func (p *program) cancelled() bool { return p.interrupted && errors.Is(p.err, context.Canceled) }

// complain prints an error so that it can do a terminal no harm; of a panic the stack, too.
func (p *program) complain(err error) {
	fmt.Fprintf(p.stderr, "main function encountered error: %s\n", printable(err.Error()))
	var panicked *PanicError
	if errors.As(err, &panicked) {
		_, _ = p.stderr.Write(panicked.Stack)
	}
}

// printable replaces what is neither printable nor a line's end.
func printable(text string) string {
	return strings.Map(func(c rune) rune {
		if strconv.IsPrint(c) || c == '\n' || c == '\t' {
			return c
		}
		return '\uFFFD'
	}, text)
}

// number is the number of a signal; 0 for one that has none.
func number(s os.Signal) int32 {
	n, _ := s.(syscall.Signal)
	return int32(n)
}
