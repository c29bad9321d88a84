package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/protocols/policies"
	"github.com/tconn/tconn/reactor"
)

// app is one run of the command.
type app struct {
	*target
	stdout, stderr io.Writer
	ctx            context.Context // ends when the user interrupts
	reactor        *reactor.Reactor
	options        *imap4.Options

	client *client // once connected
	done   bool
	code   int
}

// responseLimit bounds one response, in bytes.
const responseLimit = 1 << 20

func newApp(t *target, stdout, stderr io.Writer) *app {
	return &app{
		target: t, stdout: stdout, stderr: stderr,
		reactor: reactor.New(),
		// The whole run has one deadline, so the client needs none of its own. It keeps nothing larger than a capability list.
		options: &imap4.Options{GreetingTimeout: -1, CommandTimeout: -1, Limits: &imap4.Limits{Response: responseLimit}},
	}
}

// run connects, runs the reactor, and answers the exit code.
func (a *app) run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process, whatever it waits for
	a.ctx = ctx
	if a.verbose {
		transcript := policies.NewTranscript(a.stderr)
		defer func() { _ = transcript.Flush() }()
		a.options.Trace = transcript
	}
	if a.embedded {
		if err := a.startServer(); err != nil {
			fmt.Fprintf(a.stderr, "tconn: %s\n", safe(err.Error()))
			return exitConnect
		}
	}
	if a.config != nil {
		a.reactor.ConnectTLS(a.host, a.port, &factory{app: a}, a.config, reactor.Timeout(a.timeout))
	} else {
		a.reactor.ConnectTCP(a.host, a.port, &factory{app: a}, reactor.Timeout(a.timeout))
	}
	a.reactor.CallLater(a.timeout, a.timedOut)
	switch err := a.reactor.RunContext(a.ctx); {
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(a.stderr, "tconn: interrupted")
		return exitInterrupted
	case err != nil:
		fmt.Fprintf(a.stderr, "tconn: %s\n", safe(err.Error()))
		return exitConnect
	}
	return a.code
}

// client is the conversation.
type client struct {
	imap4.Client
	*app
}

// ConnectionMade starts it.
func (c *client) ConnectionMade() {
	fmt.Fprintln(c.stdout, "I have successfully connected to the server!")
	c.GetCapabilities().Handle(c.gotCapabilities, c.failed)
}

func (c *client) gotCapabilities(caps imap4.Capabilities) {
	if caps.Len() == 0 {
		fmt.Fprintln(c.stdout, "Server did not return a capability list.")
	}
	for capability := range caps.All() {
		fmt.Fprintln(c.stdout, capability)
	}
	c.Logout().Handle(func(struct{}) { c.finish(exitOK) }, c.failed)
}

// factory makes the client, and hears when there is none to make.
type factory struct {
	reactor.BaseClientFactory
	app *app
}

// BuildProtocol makes the client.
func (f *factory) BuildProtocol(net.Addr) reactor.Protocol {
	f.app.client = &client{app: f.app}
	f.app.client.Options = f.app.options
	return f.app.client
}

// ClientConnectionFailed prints why.
func (f *factory) ClientConnectionFailed(_ *reactor.Connector, reason error) {
	// Only our own end aborts, and it has said why; but a timeout is a case of an abort, too.
	aborted := errors.Is(reason, reactor.ErrUserAbort) && !errors.Is(reason, reactor.ErrTimeout)
	if f.app.over() || aborted {
		return
	}
	fmt.Fprintln(f.app.stdout, "Client connection failed:", safe(reason.Error()))
	f.app.finish(exitCode(reason))
}

// failed ends the run with an error of the conversation.
func (a *app) failed(err error) {
	if a.over() {
		return
	}
	var late *runTimeout
	var bye *imap4.ByeError
	if errors.As(err, &late) && !errors.As(err, &bye) {
		err = late
	}
	fmt.Fprintf(a.stderr, "tconn: %s\n", safe(err.Error()))
	a.finish(exitCode(err))
}

// timedOut is the end of --timeout: what is pending fails with it. An attempt to connect has the same limit and reports by itself.
func (a *app) timedOut() {
	if a.client != nil {
		a.client.Transport().AbortWith(&runTimeout{after: a.timeout})
	}
}

// over tells whether what comes now is only the end taking its course.
func (a *app) over() bool { return a.done || a.ctx.Err() != nil }

func (a *app) finish(code int) {
	a.done, a.code = true, code
	_ = a.reactor.Stop()
}
