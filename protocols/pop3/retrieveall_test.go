package pop3_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3"
)

// bulk is a RetrieveAll under test: sinks by the number of the message.
type bulk struct {
	*session
	sinks  map[int]*storing
	order  []pop3.Entry
	stores bool // messages are stored when the test says so
	result *deferred.Deferred[pop3.RetrieveResult]
	got    pop3.RetrieveResult
	err    error
	fired  int
}

// retrieveAll begins one on a mailbox of n messages and answers LIST, and UIDL if that is asked.
func retrieveAll(t *testing.T, s *session, n int, o pop3.RetrieveOptions) *bulk {
	t.Helper()
	b := &bulk{session: s, sinks: make(map[int]*storing)}
	if o.Sink == nil {
		o.Sink = b.sink
	}
	b.begin(o)
	list, uids := "+OK\r\n", "+OK\r\n"
	for i := range n {
		list += fmt.Sprintf("%d %d\r\n", i+1, 100*(i+1))
		uids += fmt.Sprintf("%d uid%d\r\n", i+1, i+1)
	}
	s.server(list + ".\r\n")
	if o.UIDs {
		s.server(uids + ".\r\n")
	}
	return b
}

func (b *bulk) begin(o pop3.RetrieveOptions) {
	b.result = b.RetrieveAll(o)
	b.result.Handle(func(r pop3.RetrieveResult) { b.got, b.fired = r, b.fired+1 }, func(err error) { b.err, b.fired = err, b.fired+1 })
}

func (b *bulk) sink(e pop3.Entry) pop3.MessageSink {
	b.order = append(b.order, e)
	k := newStoring(b.user, fmt.Sprint(e.Number))
	b.sinks[e.Number] = k
	if !b.stores {
		k.stored.TryCallback(struct{}{})
	}
	return k
}

func (b *bulk) over(want string) {
	b.t.Helper()
	failed := ""
	for _, f := range b.got.Failed {
		failed += fmt.Sprintf(" %d", f.Number)
	}
	got := fmt.Sprintf("%d messages, %d octets, %d deleted, failed%s", b.got.Messages, b.got.Octets, b.got.Deleted, failed)
	if b.err != nil {
		got = b.err.Error()
	}
	if b.fired != 1 || got != want {
		b.t.Errorf("got %q, fired %d times, want %q, once", got, b.fired, want)
	}
}

func (b *bulk) pending() {
	b.t.Helper()
	if b.fired != 0 {
		b.t.Errorf("it has fired already: %+v, %v", b.got, b.err)
	}
}

func TestRetrieveAll(t *testing.T) {
	t.Run("the window moves on", func(t *testing.T) {
		s := pipelining(t, &pop3.Options{Window: 2})
		b := retrieveAll(t, s, 4, pop3.RetrieveOptions{})
		s.wrote("LIST\r\nRETR 1\r\nRETR 2\r\n")
		s.server("+OK\r\na\r\n.\r\n")
		s.wrote("RETR 3\r\n")
		s.server("+OK\r\nbb\r\n.\r\n+OK\r\n.\r\n")
		s.wrote("RETR 4\r\n")
		b.pending()
		s.server("+OK\r\ndddd\r\n.\r\n")
		b.over("4 messages, 13 octets, 0 deleted, failed")
		if got := fmt.Sprint(b.order); got != "[{1 100 } {2 200 } {3 300 } {4 400 }]" {
			t.Errorf("order of the sinks: got %s", got)
		}
		if got := string(b.sinks[2].got); got != "bb\r\n" {
			t.Errorf("message 2: got %q", got)
		}
	})
	t.Run("one by one", func(t *testing.T) {
		s := pipelining(t, &pop3.Options{Pipelining: pop3.PipelineNever})
		b := retrieveAll(t, s, 2, pop3.RetrieveOptions{Delete: true})
		s.wrote("LIST\r\nRETR 1\r\n")
		s.server("+OK\r\na\r\n.\r\n")
		s.wrote("RETR 2\r\n")
		s.server("+OK\r\nb\r\n.\r\n")
		s.wrote("DELE 1\r\n")
		s.server("+OK\r\n")
		s.wrote("DELE 2\r\n")
		s.server("+OK\r\n")
		b.over("2 messages, 6 octets, 2 deleted, failed")
	})
	t.Run("an empty mailbox", func(t *testing.T) {
		s := pipelining(t, nil)
		b := retrieveAll(t, s, 0, pop3.RetrieveOptions{UIDs: true, Delete: true})
		s.wrote("LIST\r\nUIDL\r\n")
		b.over("0 messages, 0 octets, 0 deleted, failed")
	})
	t.Run("those that are wanted, by unique-id, into nothing", func(t *testing.T) {
		s := pipelining(t, nil)
		var asked []string
		b := retrieveAll(t, s, 4, pop3.RetrieveOptions{
			UIDs: true,
			Want: func(e pop3.Entry) bool { asked = append(asked, e.UID); return e.Number%2 == 0 },
			Sink: func(pop3.Entry) pop3.MessageSink { return nil },
		})
		s.wrote("LIST\r\nUIDL\r\nRETR 2\r\nRETR 4\r\n")
		s.server("+OK\r\na\r\n.\r\n+OK\r\nb\r\n.\r\n")
		b.over("2 messages, 6 octets, 0 deleted, failed")
		if !slices.Equal(asked, []string{"uid1", "uid2", "uid3", "uid4"}) {
			t.Errorf("asked for: got %q", asked)
		}
	})
	t.Run("into nothing is no reason to delete", func(t *testing.T) {
		s := pipelining(t, nil)
		b := retrieveAll(t, s, 1, pop3.RetrieveOptions{Delete: true, Sink: func(pop3.Entry) pop3.MessageSink { return nil }})
		s.server("+OK\r\na\r\n.\r\n")
		s.wrote("LIST\r\nRETR 1\r\n")
		b.over("1 messages, 3 octets, 0 deleted, failed 1")
		if len(b.got.Failed) != 1 || !errors.Is(b.got.Failed[0], pop3.ErrNotStored) {
			t.Errorf("got %v, want ErrNotStored", b.got.Failed)
		}
	})
	t.Run("headers", func(t *testing.T) {
		s := pipelining(t, nil)
		b := retrieveAll(t, s, 2, pop3.RetrieveOptions{Header: true, Lines: 3})
		s.wrote("LIST\r\nTOP 1 3\r\nTOP 2 3\r\n")
		s.server("+OK\r\nA: b\r\n.\r\n-ERR no\r\n")
		b.over("1 messages, 6 octets, 0 deleted, failed 2")
	})
	t.Run("nothing is wanted", func(t *testing.T) {
		b := retrieveAll(t, pipelining(t, nil), 3, pop3.RetrieveOptions{Want: func(pop3.Entry) bool { return false }})
		b.over("0 messages, 0 octets, 0 deleted, failed")
	})
	t.Run("other commands go on meanwhile", func(t *testing.T) {
		s := pipelining(t, &pop3.Options{Window: 1})
		b := retrieveAll(t, s, 3, pop3.RetrieveOptions{})
		track(s.user, "NOOP", s.Noop())
		for range 2 {
			s.server("+OK\r\n.\r\n")
		}
		s.server("+OK noop\r\n+OK\r\n.\r\n")
		if got := s.take(); !slices.Contains(got, `NOOP: "+OK noop"`) && s.tr.Disconnecting() {
			t.Errorf("got %s", list(got))
		}
		_ = b
	})
}

func TestRetrieveAllDeletesWhatIsStored(t *testing.T) {
	s := pipelining(t, nil)
	b := &bulk{session: s, sinks: make(map[int]*storing), stores: true}
	b.begin(pop3.RetrieveOptions{Sink: b.sink, Delete: true})
	s.server("+OK\r\n1 1\r\n2 1\r\n3 1\r\n4 1\r\n.\r\n")
	s.wrote("LIST\r\nRETR 1\r\nRETR 2\r\nRETR 3\r\nRETR 4\r\n")
	s.server(strings.Repeat("+OK\r\nx\r\n.\r\n", 3) + "-ERR gone\r\n")
	s.wrote("")
	b.sinks[2].stored.TryCallback(struct{}{})
	s.clock.Turn()
	s.wrote("DELE 2\r\n")
	b.sinks[1].stored.TryErrback(errFull)
	s.clock.Turn()
	s.wrote("")
	s.server("-ERR no\r\n")
	b.pending()
	b.sinks[3].stored.TryCallback(struct{}{})
	s.clock.Turn()
	s.wrote("DELE 3\r\n")
	b.pending()
	s.server("+OK\r\n")
	b.over("2 messages, 6 octets, 1 deleted, failed 4 1 2")
	for _, f := range b.got.Failed {
		var refusal *pop3.ResponseError
		want := map[int]string{
			1: "pop3: message 1: RETR: the disk is full", 2: `pop3: message 2: DELE: the server said "-ERR no"`, 4: `pop3: message 4: RETR: the server said "-ERR gone"`,
		}[f.Number]
		if f.Error() != want || errors.As(f, &refusal) != (f.Number != 1) || errors.Is(f, errFull) != (f.Number == 1) {
			t.Errorf("got %v, want %s", f, want)
		}
	}
}

func TestRetrieveAllFails(t *testing.T) {
	t.Run("LIST is refused", func(t *testing.T) {
		s := pipelining(t, nil)
		b := &bulk{session: s}
		b.begin(pop3.RetrieveOptions{Sink: b.sink})
		s.server("-ERR no\r\n")
		b.over(`pop3: LIST: the server said "-ERR no"`)
	})
	t.Run("UIDL is refused: nothing is fetched", func(t *testing.T) {
		s := pipelining(t, nil)
		b := &bulk{session: s}
		b.begin(pop3.RetrieveOptions{Sink: b.sink, UIDs: true})
		s.server("+OK\r\n1 5\r\n.\r\n-ERR no UIDL\r\n")
		b.over(`pop3: UIDL: the server said "-ERR no UIDL"`)
		s.wrote("LIST\r\nUIDL\r\n")
	})
	t.Run("the server is lost", func(t *testing.T) {
		s := pipelining(t, &pop3.Options{Window: 2})
		b := retrieveAll(t, s, 5, pop3.RetrieveOptions{Delete: true})
		s.server("+OK\r\nx\r\n.\r\n")
		s.tr.Lose(nil)
		s.clock.Turn()
		b.over("pop3: RETR: Connection was closed cleanly.")
		var unanswered *pop3.CommandError
		if !errors.As(b.err, &unanswered) {
			t.Errorf("got %v, want a *CommandError", b.err)
		}
	})
	t.Run("the server is lost before LIST is answered", func(t *testing.T) {
		s := pipelining(t, nil)
		b := &bulk{session: s}
		b.begin(pop3.RetrieveOptions{Sink: b.sink, UIDs: true})
		s.tr.Lose(nil)
		b.over("pop3: LIST: Connection was closed cleanly.")
	})
	t.Run("a sink that refuses does not stop the others", func(t *testing.T) {
		s := pipelining(t, nil)
		b := &bulk{session: s, sinks: make(map[int]*storing)}
		b.begin(pop3.RetrieveOptions{Delete: true, Sink: func(e pop3.Entry) pop3.MessageSink {
			k := b.sink(e).(*storing)
			if e.Number == 1 {
				k.refuse = errFull
			}
			return k
		}})
		s.server("+OK\r\n1 1\r\n2 1\r\n.\r\n")
		s.server("+OK\r\nx\r\ny\r\n.\r\n+OK\r\nz\r\n.\r\n")
		s.wrote("LIST\r\nRETR 1\r\nRETR 2\r\nDELE 2\r\n")
		s.server("+OK\r\n")
		b.over("1 messages, 3 octets, 1 deleted, failed 1")
	})
	for _, o := range []pop3.RetrieveOptions{{}, {Sink: func(pop3.Entry) pop3.MessageSink { return nil }, Lines: -1},
		{Sink: func(pop3.Entry) pop3.MessageSink { return nil }, Header: true, Delete: true}} {
		s := pipelining(t, nil)
		b := &bulk{session: s}
		b.begin(o)
		s.wrote("")
		if b.fired != 1 || !errors.As(b.err, new(*pop3.ArgumentError)) {
			t.Errorf("%+v: got %v, want an *ArgumentError", o, b.err)
		}
	}
}

// A Want that panics fails the retrieval, at whatever message it does; and so does a Sink, with the connection.
func TestRetrieveAllWithPanics(t *testing.T) {
	for at := 1; at <= 4; at++ {
		s := pipelining(t, &pop3.Options{Window: 1})
		b := retrieveAll(t, s, 4, pop3.RetrieveOptions{Want: func(e pop3.Entry) bool {
			if e.Number == at {
				panic("oops")
			}
			return true
		}})
		for i := 0; i < 4 && len(s.tr.Take()) > 0; i++ {
			s.server("+OK\r\n.\r\n")
		}
		var panicked *deferred.PanicError
		if b.fired != 1 || !errors.As(b.err, &panicked) {
			t.Errorf("at message %d: got %v, fired %d times, want a *deferred.PanicError", at, b.err, b.fired)
		}
		s.end()

		s = pipelining(t, &pop3.Options{Window: 1})
		b = retrieveAll(t, s, 4, pop3.RetrieveOptions{Sink: func(e pop3.Entry) pop3.MessageSink {
			if e.Number == at {
				panic("oops")
			}
			return nil
		}})
		quietly(func() {
			for range 4 {
				s.server("+OK\r\n.\r\n")
			}
		})
		s.tr.Lose(nil)
		s.clock.Turn()
		if b.fired != 1 || b.err == nil {
			t.Errorf("a sink at message %d: got %v, fired %d times, want an error", at, b.err, b.fired)
		}
	}
}

func TestRetrieveAllCancelled(t *testing.T) {
	for answers := range 8 {
		s := pipelining(t, &pop3.Options{Window: 2})
		b := &bulk{session: s, sinks: make(map[int]*storing)}
		b.begin(pop3.RetrieveOptions{Sink: b.sink, UIDs: true, Delete: true})
		script := []string{"+OK\r\n1 1\r\n2 1\r\n3 1\r\n.\r\n", "+OK\r\n1 a\r\n2 b\r\n3 c\r\n.\r\n", "+OK\r\nx\r\n.\r\n", "+OK\r\nx\r\n.\r\n"}
		outstanding := 0
		answer := func() {
			if len(script) > 0 {
				s.server(script[0])
				script = script[1:]
				return
			}
			s.server("+OK\r\n.\r\n")
		}
		for range min(answers, len(script)) {
			answer()
		}
		sent := strings.Count(string(s.tr.Take()), "\r\n")
		outstanding = sent - min(answers, 4)
		b.result.Cancel()
		s.clock.Turn()
		if b.fired != 1 || !errors.Is(b.err, deferred.ErrCancelled) {
			t.Errorf("%d answers: got %v, fired %d times, want ErrCancelled", answers, b.err, b.fired)
		}
		if more := string(s.tr.Take()); more != "" {
			t.Errorf("%d answers: got %q sent behind Cancel, want nothing", answers, more)
		}
		// what was out is answered, and the connection serves on
		for range max(outstanding, 0) {
			if s.tr.Disconnecting() {
				break
			}
			s.server("-ERR\r\n")
		}
		if more := string(s.tr.Take()); more != "" {
			t.Errorf("%d answers: got %q sent behind Cancel, want nothing", answers, more)
		}
		track(s.user, "NOOP", s.Noop())
		s.server("+OK noop\r\n")
		if got := s.take(); !slices.Contains(got, `NOOP: "+OK noop"`) {
			t.Errorf("%d answers: got %s, want the NOOP answered", answers, list(got))
		}
		for n, k := range b.sinks {
			if k.writes > 0 && k.stored == nil {
				t.Errorf("message %d: no end", n)
			}
		}
		s.end()
	}
}
