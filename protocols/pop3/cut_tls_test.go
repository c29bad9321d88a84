package pop3_test

import (
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/reactor"
	"github.com/tconn/tconn/reactor/reactortest"
)

// A session that goes over to TLS, on a line that breaks when the server's side has sent so many bytes, sealed or not.
var sealed = []exchange{
	{"STLS", "+OK begin\r\n"},
	{"USER tim", "+OK\r\n"},
	{"PASS tanstaaf", "+OK\r\n"},
	{"CAPA", "+OK\r\nPIPELINING\r\n.\r\n"},
	{"STAT", "+OK 1 9\r\n"},
	{"RETR 1", "+OK\r\n..x\r\n.\r\n"},
	{"UIDL", "+OK\r\n1 a\r\n.\r\n"},
	{"DELE 1", "+OK\r\n"},
	{"QUIT", "+OK bye\r\n"},
}

var sealedEnds = strings.Fields("STLS login STAT RETR UIDL DELE QUIT")

func TestCutUnderTLS(t *testing.T) {
	whole, total := throughTLS(t, 1<<30)
	if got := ends(whole); !slices.Equal(got, sealedEnds) || total < 1000 {
		t.Fatalf("whole: got %d bytes and the ends %q, want %q, in %s", total, got, sealedEnds, list(whole))
	}
	lengths := map[int]bool{}
	for n := 0; n < total && !t.Failed(); n += cutStep {
		events, _ := throughTLS(t, n)
		k := 0
		for k < len(events) && k < len(whole) && events[k] == whole[k] && !strings.HasPrefix(events[k], "lost: ") {
			k++
		}
		lengths[k] = true
		lost := 0
		for _, e := range events[k:] {
			if strings.HasPrefix(e, "lost: ") {
				lost++
			} else if !strings.Contains(e, " failed: ") {
				t.Errorf("behind the loss: got %s, want failures only", e)
			}
		}
		want := sealedEnds
		if slices.ContainsFunc(events, func(e string) bool { return strings.HasPrefix(e, "STLS failed") }) {
			want = want[:1] // the others were not issued
		}
		if got := ends(events); !slices.Equal(got, want) || lost > 1 {
			t.Errorf("ends: got %q and %d losses, want %q and one, in %s", got, lost, want, list(events))
		}
		if t.Failed() {
			t.Fatalf("cut behind byte %d of %d", n, total)
		}
	}
	if cutStep == 1 && len(lengths) < 6 {
		t.Errorf("got %d different lengths, want one for each command or so", len(lengths))
	}
}

// throughTLS plays the session until the line breaks. It answers what happened, and how many bytes the line has carried.
func throughTLS(t *testing.T, n int) (events []string, carried int) {
	t.Helper()
	r := reactortest.NewReactor()
	defer r.Close()
	listen := func(port int, build func() reactor.Protocol) {
		if _, err := r.ListenTCP(port, reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return build() })); err != nil {
			t.Fatal(err)
		}
	}
	w := &wiretap{r: r, left: n}
	listen(110, func() reactor.Protocol { return &scriptedServer{t: t, script: scripted{left: sealed}} })
	listen(1110, func() reactor.Protocol { return &tapEnd{wiretap: w} })
	u := &user{made: func(u *user) {
		track(u, "STLS", u.StartTLS(trusting()).AddCallback(func(r pop3.Reply) (pop3.Reply, error) {
			track(u, "login", u.Login("tim", "tanstaaf"))
			track(u, "STAT", u.Stat())
			track(u, "RETR", u.Retr(1))
			track(u, "UIDL", u.UIDL())
			quit := deferred.Then(u.Dele(1), func(r pop3.Reply) (pop3.Reply, error) {
				u.note("DELE: %q", r.Line)
				return deferred.Chain(u.Quit())
			}).AddErrback(func(err error) (pop3.Reply, error) {
				if len(ends(u.events)) == len(sealedEnds)-2 {
					u.note("DELE failed: %v", err)
				}
				return pop3.Reply{}, err
			})
			track(u, "QUIT", quit)
			return r, nil
		}))
	}}
	r.ConnectTCP("127.0.0.1", 1110, only{u: u})
	r.Flush()
	for range 20 { // TLS is computed beside the reactor
		r.Advance(time.Millisecond)
	}
	return u.take(), w.carried
}

type only struct {
	reactor.BaseClientFactory
	u *user
}

func (f only) BuildProtocol(net.Addr) reactor.Protocol { return f.u }

// scriptedServer is a scripted on a connection, which goes over to TLS behind STLS.
type scriptedServer struct {
	reactor.BaseProtocol
	t      *testing.T
	script scripted
}

func (p *scriptedServer) ConnectionMade() { _, _ = p.Transport().Write([]byte(greeting)) }

func (p *scriptedServer) DataReceived(data []byte) {
	answers, err := p.script.hear(data)
	if err != nil {
		p.t.Error(err)
	}
	_, _ = p.Transport().Write([]byte(answers))
	if string(data) == "STLS\r\n" {
		p.Transport().(reactor.TLSTransport).StartTLS(serverTLS()).Handle(nil, func(error) {})
	}
}

// wiretap is a line that carries so many bytes to the client and breaks then.
type wiretap struct {
	r       *reactortest.Reactor
	left    int
	carried int
}

// tapEnd is one end of it; the first that is connected is the client's.
type tapEnd struct {
	reactor.BaseProtocol
	*wiretap
	other    *tapEnd
	toServer bool // this end faces the server
	early    []byte
}

type tapFactory struct {
	reactor.BaseClientFactory
	end *tapEnd
}

func (f tapFactory) BuildProtocol(net.Addr) reactor.Protocol { return f.end }

func (e *tapEnd) ConnectionMade() {
	if e.toServer {
		_, _ = e.Transport().Write(e.other.early)
		return
	}
	e.other = &tapEnd{wiretap: e.wiretap, other: e, toServer: true}
	e.r.ConnectTCP("127.0.0.1", 110, tapFactory{end: e.other})
}

func (e *tapEnd) DataReceived(data []byte) {
	switch {
	case e.toServer:
		k := min(len(data), e.left-e.carried)
		e.carried += k
		_, _ = e.other.Transport().Write(data[:k])
		if e.carried == e.left {
			e.other.Transport().LoseConnection()
			e.Transport().AbortConnection()
		}
	case e.other.Transport() == nil:
		e.early = append(e.early, data...)
	default:
		_, _ = e.other.Transport().Write(data)
	}
}

func (e *tapEnd) ConnectionLost(error) {
	if e.other != nil && e.other.Transport() != nil {
		e.other.Transport().LoseConnection()
	}
}
