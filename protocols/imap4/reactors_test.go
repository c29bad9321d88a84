package imap4_test

import (
	"bytes"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
)

// idler is a server of which only IDLE is asked, again and again.
type idler struct {
	reactor.BaseProtocol
	tag    []byte // of the IDLE that is on
	rounds int
	enough func() // called when it was renewed often enough
}

func (s *idler) ConnectionMade() { s.say("* PREAUTH [CAPABILITY IMAP4rev1 IDLE] ready\r\n") }

func (s *idler) say(text string) { _, _ = s.Transport().Write([]byte(text)) }

func (s *idler) DataReceived(data []byte) {
	for line := range bytes.SplitSeq(bytes.TrimSuffix(data, []byte("\r\n")), []byte("\r\n")) {
		tag, name, _ := bytes.Cut(line, []byte(" "))
		switch {
		case string(tag) == "DONE":
			s.say(fmt.Sprintf("%s OK done\r\n", s.tag))
			if s.rounds++; s.rounds == 3 {
				s.enough()
			}
		case string(name) == "IDLE":
			s.tag = bytes.Clone(tag)
			s.say("+ idling\r\n* 3 EXISTS\r\n")
		}
	}
}

// idlers makes clients that idle from the beginning.
type idlers struct{ reactor.BaseClientFactory }

func (*idlers) BuildProtocol(net.Addr) reactor.Protocol {
	d := &dialed{made: func(c *imap4.Client) { c.Idle() }}
	d.Options = &imap4.Options{IdleRenewal: time.Millisecond, NoID: true}
	return d
}

// Clients of several reactors share what is not theirs alone, such as the capability lists and the renewals of IDLE, and do not disturb each
// other.
func TestClientsOfSeveralReactors(t *testing.T) {
	const reactors, each = 4, 8
	var renewed sync.WaitGroup
	renewed.Add(reactors * each)
	for range reactors {
		r := reactor.New()
		port, err := r.ListenTCP(0, reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return &idler{enough: renewed.Done} }), reactor.Interface("127.0.0.1"))
		if err != nil {
			t.Fatal(err)
		}
		for range each {
			r.ConnectTCP("127.0.0.1", port.Addr().(*net.TCPAddr).Port, new(idlers))
		}
		stopped := make(chan error, 1)
		go func() { stopped <- r.Run() }()
		t.Cleanup(func() {
			_ = r.Stop()
			if err := <-stopped; err != nil {
				t.Errorf("Run: got %v, want nil", err)
			}
		})
	}
	all := make(chan struct{})
	go func() { renewed.Wait(); close(all) }()
	select {
	case <-all:
	case <-time.After(guard):
		t.Error("not every client has renewed its IDLE three times")
	}
}
