package integration

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/protocols/pop3/poplib"
	"github.com/tconn/tconn/reactor"
)

// facade performs calls of poplib by the facade, and tells their results as Python does.
type facade struct {
	p       *poplib.POP3
	config  *tls.Config
	printed printed
}

// printed is what was printed since the last look.
type printed struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *printed) take() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.text.Reset()
	return p.text.String()
}

// perform goes through the case with the facade.
func (c *conversation) perform(t *testing.T, showSecrets bool) []outcome {
	t.Helper()
	f := &facade{config: &tls.Config{RootCAs: c.roots}}
	o := &poplib.Options{Port: c.port, Timeout: c.timeoutOf(), TLS: f.config, AllowInsecureAuth: !c.limited, DebugOutput: &f.printed, ShowSecrets: showSecrets}
	return f.perform(c.hostName(), c.clientTLS(), o, c.allCalls())
}

func (f *facade) perform(host string, overTLS bool, o *poplib.Options, calls []popCall) []outcome {
	connect := poplib.NewPOP3
	if overTLS {
		connect = poplib.NewPOP3SSL
	}
	p, err := connect(host, o)
	if err != nil {
		return []outcome{{Result: raised(err), Printed: f.printed.take()}}
	}
	defer func() { _ = p.Close() }()
	f.p = p
	all := []outcome{{Result: pythonBytes(p.GetWelcome()), Printed: f.printed.take()}}
	for _, c := range calls {
		result := notMade
		if c.ours != notMade {
			result = f.one(c)
		}
		all = append(all, outcome{result, f.printed.take()})
	}
	return all
}

// call makes a call and answers its result.
func (f *facade) one(c popCall) string {
	p, which := f.p, 0
	if len(c.args) > 0 {
		which, _ = c.args[0].(int)
	}
	text := func(i int) string { return argText(c.args[i]) }
	switch c.do {
	case "getwelcome":
		return pythonBytes(p.GetWelcome())
	case "set_debuglevel":
		p.SetDebugLevel(which)
		return "None"
	case "close":
		return nothing(p.Close())
	case "capa":
		caps, err := p.Capa()
		return orRaised(err, func() string { return pythonDict(caps) })
	case "stat":
		count, size, err := p.Stat()
		return orRaised(err, func() string { return fmt.Sprintf("(%d, %d)", count, size) })
	case "user":
		return statusText(p.User(text(0)))
	case "pass_":
		return statusText(p.Pass(text(0)))
	case "apop":
		return statusText(p.APOP(text(0), text(1)))
	case "rpop":
		return statusText(p.RPOP(text(0)))
	case "stls":
		return statusText(p.STLS(f.config))
	case "utf8":
		return statusText(p.UTF8())
	case "dele":
		return statusText(p.Dele(which))
	case "noop":
		return statusText(p.Noop())
	case "rset":
		return statusText(p.Rset())
	case "quit":
		return statusText(p.Quit())
	case "retr":
		return resultText(p.Retr(which))
	case "top":
		return resultText(p.Top(which, c.args[1].(int)))
	case "_shortcmd":
		return statusText(p.ShortCmd(text(0)))
	case "_longcmd":
		return resultText(p.LongCmd(text(0)))
	case "list", "uidl":
		return f.listing(c, which)
	}
	panic("the table calls " + c.do + ", which poplib does not have")
}

func (f *facade) listing(c popCall, which int) string {
	switch {
	case len(c.args) == 0 && c.do == "list":
		return resultText(f.p.List())
	case len(c.args) == 0:
		return resultText(f.p.UIDL())
	case c.do == "list":
		return statusText(f.p.ListOne(which))
	}
	return statusText(f.p.UIDLOne(which))
}

func statusText(b []byte, err error) string {
	return orRaised(err, func() string { return pythonBytes(b) })
}

func resultText(r *poplib.Result, err error) string {
	return orRaised(err, func() string {
		return "(" + pythonBytes(r.Response) + ", " + pythonList(r.Lines) + ", " + strconv.Itoa(r.Octets) + ")"
	})
}

func nothing(err error) string { return orRaised(err, func() string { return "None" }) }

func orRaised(err error, text func() string) string {
	if err != nil {
		return raised(err)
	}
	return text()
}

// raised is an error under the name of what Python raises in its place; errors that Python does not have go by their own names.
func raised(err error) string {
	var (
		proto   *poplib.Error
		bad     *tls.CertificateVerificationError
		noTLS   tls.RecordHeaderError
		dns     *net.DNSError
		network net.Error
	)
	name := err.Error()
	switch {
	case errors.Is(err, poplib.ErrClosed):
		return isClosed
	case errors.Is(err, poplib.ErrTimeout):
		name = "ErrTimeout"
	case errors.Is(err, pop3.ErrInsecureAuth):
		name = "ErrInsecureAuth"
	case errors.Is(err, reactor.ErrPlaintextAfterStartTLS):
		name = "ErrPlaintextAfterStartTLS"
	case errors.Is(err, pop3.ErrState):
		name = "ErrState"
	case errors.As(err, new(*pop3.ArgumentError)):
		name = "ArgumentError"
	case errors.As(err, &proto):
		name = proto.Repr()
	case errors.As(err, &bad):
		name = "SSLCertVerificationError"
	case errors.As(err, &noTLS):
		name = "SSLError"
	case errors.As(err, &dns):
		name = "gaierror"
	case errors.Is(err, syscall.ECONNREFUSED):
		name = "ConnectionRefusedError"
	case errors.As(err, &network) && network.Timeout():
		name = "TimeoutError"
	}
	return "raised " + name
}

// argText is an argument as it stands in a command.
func argText(arg any) string { return fmt.Sprint(arg) }

// pythonArgs are arguments as a test shows them.
func pythonArgs(args []any) string {
	all := make([]string, len(args))
	for i, arg := range args {
		all[i] = fmt.Sprintf("%#v", arg)
	}
	return "(" + strings.Join(all, ", ") + ")"
}
