package poplib

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"os"
	"time"

	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/reactor"
)

// Options are the arguments of the constructors and the settings of a POP3. The zero value is all defaults; one Options may serve any number
// of clients, and must not change meanwhile.
type Options struct {
	// Port is where the server listens. Zero is 110, and 995 for NewPOP3SSL.
	Port int
	// Timeout is how long the server may take to accept the connection, to greet, and to answer a command, each. Zero is 30 s for the first two
	// and 60 s for an answer; a negative one is ErrTimeout, as poplib's timeout=0 is a ValueError. A large message may take longer while it
	// comes at 16 KiB a second or faster. At the limit the session is closed, and the error is a net.Error whose Timeout is true.
	Timeout time.Duration
	// TLS configures NewPOP3SSL and STLS; nil verifies the server for its host. To verify nothing, as poplib does without a context, it needs
	// InsecureSkipVerify.
	TLS *tls.Config
	// AllowInsecureAuth lets passwords and tokens go over a connection without TLS. False refuses with pop3.ErrInsecureAuth, and nothing is sent.
	AllowInsecureAuth bool
	// DebugOutput is where SetDebugLevel has the exchange printed; nil is os.Stdout. Its errors are ignored.
	DebugOutput io.Writer
	// ShowSecrets prints passwords, digests and tokens there, as poplib does. False prints *** in their place.
	ShowSecrets bool
	// Reactor drives the connection, and has to run in another goroutine. Nil is one of the package's own, which runs while there are clients.
	Reactor *reactor.Reactor
	// Limits bounds what the server can make the client hold; nil and zero fields are the defaults.
	Limits *pop3.Limits
	// Context ends whatever waits when it ends, and the session with it. Nil never does.
	Context context.Context
}

// ErrTimeout: Options.Timeout is negative.
var ErrTimeout = errors.New("poplib: Options.Timeout is negative")

func (o *Options) context() context.Context {
	if o.Context == nil {
		return context.Background()
	}
	return o.Context
}

func (o *Options) debugOutput() io.Writer {
	if o.DebugOutput == nil {
		return os.Stdout
	}
	return o.DebugOutput
}

// client are the settings of the client below.
func (o *Options) client(trace pop3.Trace) *pop3.Options {
	return &pop3.Options{
		GreetingTimeout: o.Timeout, CommandTimeout: o.Timeout, AllowInsecureAuth: o.AllowInsecureAuth,
		Pipelining: pop3.PipelineNever, Limits: o.Limits, Trace: trace,
	}
}

// connect are the options of the attempt to connect.
func (o *Options) connect() []reactor.ConnectOption {
	if o.Timeout == 0 {
		return nil
	}
	return []reactor.ConnectOption{reactor.Timeout(o.Timeout)}
}
