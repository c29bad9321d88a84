package poplib

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3"
)

// Ports of poplib, which the constructors use by themselves.
const (
	POP3Port    = 110
	POP3SSLPort = 995
)

// POP3 is a session with a POP3 server. Quit or Close ends it; without, its connection, and the package's reactor, stay.
//
// Goroutine: any but that of a reactor; one command goes at a time, others wait for their turn. Close does not wait for it.
// Source: poplib.POP3, poplib.POP3_SSL.
type POP3 struct {
	options  Options
	client   *pop3.Client
	welcome  []byte
	recorder *recorder
	giveBack func() error // the package's reactor
	level    atomic.Int32
	lost     chan struct{} // closed when the connection is gone

	turn sync.Mutex // of a command
	tls  bool       // under TLS; needs turn

	ending sync.Once
	over   atomic.Bool // Quit, Close or an error has ended the session
}

// NewPOP3 connects to a server and reads its greeting, in the clear. o may be nil.
//
// Errors: *Error if the server greets with anything but +OK, or closes the connection; a net.Error for a server that takes too long; what
// matches *pop3.DialError and syscall.ECONNREFUSED, *net.DNSError and the like; ErrTimeout; the cause of Options.Context. No connection is left
// then. Source: poplib.POP3, with Options.Port and Options.Timeout for its port and timeout.
func NewPOP3(host string, o *Options) (*POP3, error) {
	return connect(host, o, pop3.InTheClear, POP3Port)
}

func connect(host string, o *Options, security pop3.Security, port int) (*POP3, error) {
	p := &POP3{recorder: new(recorder), lost: make(chan struct{}), tls: security == pop3.ImplicitTLS}
	if o != nil {
		p.options = *o
	}
	if p.options.Timeout < 0 {
		return nil, ErrTimeout
	}
	if p.options.Port != 0 {
		port = p.options.Port
	}
	p.giveBack = func() error { return nil }
	r := p.options.Reactor
	if r == nil {
		r, p.giveBack = borrow()
	}
	ctx := p.options.context()
	c, err := pop3.Dial(ctx, net.JoinHostPort(host, strconv.Itoa(port)), &pop3.DialOptions{
		Reactor: r, Security: security, TLS: p.options.TLS, Options: p.options.client(p.recorder), Connect: p.options.connect(),
	})
	if err == nil {
		p.client = c
		p.welcome, err = pop3.Await(ctx, c, p.begin)
	}
	if err != nil {
		if c != nil {
			c.Disconnect()
		}
		if failed := p.giveBack(); failed != nil {
			return nil, fmt.Errorf("poplib: the package's reactor does not run: %w", failed)
		}
		return nil, translate(err, p.recorder.statusLine())
	}
	return p, nil
}

// begin takes the greeting, and watches for the end. Goroutine: reactor.
func (p *POP3) begin(c *pop3.Client) *deferred.Deferred[[]byte] {
	c.Transport().OnLost(func(error) { close(p.lost) })
	return deferred.Then(c.Greeting(), func(r pop3.Reply) ([]byte, error) { return []byte(r.Line), nil })
}

// GetWelcome is the server's greeting. Source: poplib.POP3.getwelcome.
func (p *POP3) GetWelcome() []byte { return p.welcome }

// ask sends a command, and waits for what it brings. line is the command as debug output shows it.
func ask[T any](p *POP3, line string, f func(c *pop3.Client) *deferred.Deferred[T]) (T, error) {
	if deferred.OnAnyLoop() {
		var none T
		return none, deferred.ErrAwaitOnLoop
	}
	p.turn.Lock()
	defer p.turn.Unlock()
	return exchange(p, line, f)
}

// exchange is ask for who has the turn.
func exchange[T any](p *POP3, line string, f func(c *pop3.Client) *deferred.Deferred[T]) (v T, err error) {
	p.printCommand(line)
	if p.over.Load() {
		return v, ErrClosed
	}
	ctx := p.options.context()
	if ctx.Err() != nil {
		p.end()
		return v, context.Cause(ctx)
	}
	p.recorder.begin(p.prints(levelLines))
	v, err = pop3.Await(ctx, p.client, f)
	p.printExchange(line, err)
	if err != nil {
		err = p.failed(err)
	}
	return v, err
}

// failed makes poplib's error of err, and ends the session with it unless that goes on.
func (p *POP3) failed(err error) error {
	if p.over.Load() {
		return closedBy(err)
	}
	if p.options.context().Err() != nil || !isRefusal(err) && !p.alive() {
		defer p.end()
	}
	return translate(err, p.recorder.statusLine())
}

// alive tells whether the connection takes commands.
func (p *POP3) alive() bool {
	gone, err := pop3.Await(context.Background(), p.client, func(c *pop3.Client) *deferred.Deferred[bool] {
		return deferred.Succeed(c.Transport().Disconnecting())
	})
	return err == nil && !gone
}

// status sends a command that is answered with a status line.
func (p *POP3) status(line string, f func(c *pop3.Client) *deferred.Deferred[pop3.Reply]) ([]byte, error) {
	r, err := ask(p, line, f)
	if err != nil {
		return nil, err
	}
	return []byte(r.Line), nil
}
