package imap4_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
)

// looping is a session whose client is ranged over by a goroutine, which runs as far as it can whenever the test settles.
type looping struct {
	*session
	seen   []string // by the goroutine, in order
	done   chan struct{}
	steps  chan func(l *looping) // what the goroutine waits for
	ctx    context.Context
	cancel context.CancelCauseFunc
}

// loop runs f in a goroutine inside a bubble of synctest; test is the server.
func loop(t *testing.T, f func(l *looping), test func(l *looping)) {
	synctest.Test(t, func(t *testing.T) {
		l := &looping{session: opened(t, ""), done: make(chan struct{}), steps: make(chan func(*looping))}
		l.ctx, l.cancel = context.WithCancelCause(context.Background())
		go func() {
			defer close(l.done)
			f(l)
		}()
		l.settle()
		test(l)
		l.tr.AbortConnection()
		l.settle()
		<-l.done
		if got := l.Consumers(); got != 0 {
			t.Errorf("loops that the client knows of at the end: got %d, want 0", got)
		}
	})
}

// settle lets both sides come to rest.
func (l *looping) settle() {
	for range 8 {
		synctest.Wait()
		l.clock.Turn()
	}
	synctest.Wait()
}

// answer lets bytes come in and the goroutine take what it wants.
func (l *looping) answer(bytes string) {
	l.tr.Receive([]byte(bytes))
	l.settle()
}

func (l *looping) see(format string, args ...any) {
	l.seen = append(l.seen, fmt.Sprintf(format, args...))
}

// saw compares what the goroutine has noted since the last time.
func (l *looping) saw(want ...string) {
	l.t.Helper()
	got := l.seen
	l.seen = nil
	wantEvents(l.t, got, want)
}

func (l *looping) paused(want bool) {
	l.t.Helper()
	if got := l.tr.Paused(); got != want {
		l.t.Errorf("reading paused: got %v, want %v", got, want)
	}
}

var flagsOnly = imap4.FetchOptions{Items: imap4.ItemFlags, Borrow: true}

// ranges notes all that FetchSeq gives.
func (l *looping) ranges(o imap4.FetchOptions) {
	for m, err := range l.FetchSeq(l.ctx, imap4.AllUIDs(), o) {
		if err != nil {
			l.see("error: %v", err)
			continue
		}
		l.see("%s", messageText(m))
	}
	l.see("end")
}

func TestFetchSeq(t *testing.T) {
	all := func(l *looping) { l.ranges(flagsOnly) }
	t.Run("gives the messages as they come", func(t *testing.T) {
		loop(t, all, func(l *looping) {
			l.wrote("A1 UID FETCH 1:* (UID FLAGS)\r\n")
			l.answer("* 1 FETCH (UID 1 FLAGS (one))\r\n* 2 FETCH (UID 2 FLAGS (two))\r\n")
			l.saw("1/1 UID FLAGS [one]", "2/2 UID FLAGS [two]")
			l.answer("* 3 FETCH (UID 3 FLAGS ())\r\nA1 OK done\r\n")
			l.saw("3/3 UID FLAGS []", "end")
		})
	})
	t.Run("NO", func(t *testing.T) {
		loop(t, all, func(l *looping) {
			l.answer("* 1 FETCH (UID 1 FLAGS ())\r\nA1 NO gone\r\n")
			l.saw("1/1 UID FLAGS []", `error: imap4: UID FETCH: the server said NO "gone"`, "end")
		})
	})
	t.Run("loss", func(t *testing.T) {
		loop(t, all, func(l *looping) {
			l.answer("* 1 FETCH (UID 1 FLAGS ())\r\n* 2 FETCH (UI")
			l.tr.Lose(nil)
			l.settle()
			l.saw("1/1 UID FLAGS []", "error: imap4: UID FETCH: Connection was closed cleanly.", "end")
		})
	})
	t.Run("a bad argument", func(t *testing.T) {
		loop(t, func(l *looping) { l.ranges(imap4.FetchOptions{Extra: []string{""}}) }, func(l *looping) {
			l.wrote("")
			l.saw("error: imap4: bad argument 2 of UID FETCH: an item is none", "end")
		})
	})
	t.Run("the end of the context", func(t *testing.T) {
		loop(t, all, func(l *looping) {
			l.cancel(errors.New("enough"))
			l.settle()
			l.saw("error: enough", "end")
			l.answer("* 1 FETCH (UID 1 FLAGS ())\r\nA1 OK done\r\n")
			l.closed(false)
			l.saw()
		})
	})
	t.Run("the end of the context while more waits", func(t *testing.T) {
		loop(t, func(l *looping) {
			for m, err := range l.FetchSeq(l.ctx, imap4.AllUIDs(), flagsOnly) {
				if err != nil {
					l.see("error: %v", err)
					continue
				}
				l.see("%d", m.UID)
				l.cancel(errors.New("enough"))
			}
		}, func(l *looping) {
			l.answer(messages(1, 3) + "A1 OK done\r\n")
			l.saw("1", "error: enough")
		})
	})
	t.Run("a context that has ended", func(t *testing.T) {
		loop(t, func(l *looping) {
			l.cancel(errors.New("enough"))
			l.ranges(flagsOnly)
		}, func(l *looping) {
			l.wrote("")
			l.saw("error: imap4: UID FETCH: enough", "end")
		})
	})
	t.Run("a break drops the rest, and the connection goes on", func(t *testing.T) {
		loop(t, func(l *looping) {
			for m := range l.FetchSeq(context.Background(), imap4.AllUIDs(), flagsOnly) {
				l.see("%s", messageText(m))
				break
			}
		}, func(l *looping) {
			l.answer(messages(1, 1000))
			<-l.done
			l.paused(false)
			l.noop()
			l.answer("A1 OK done\r\nA2 OK done\r\n")
			l.saw("1/1 UID FLAGS []")
			l.happened("NOOP: ok")
		})
	})
	t.Run("on a reactor goroutine", func(t *testing.T) {
		s := opened(t, "")
		leave := deferred.EnterLoop(s.clock.Reactor())
		defer leave()
		for _, err := range s.FetchSeq(context.Background(), imap4.AllUIDs(), flagsOnly) {
			if !errors.Is(err, deferred.ErrAwaitOnLoop) {
				t.Errorf("got %v, want ErrAwaitOnLoop", err)
			}
		}
	})
	t.Run("without a connection", func(t *testing.T) {
		for _, err := range new(imap4.Client).FetchSeq(context.Background(), imap4.AllUIDs(), flagsOnly) {
			if !errors.Is(err, imap4.ErrNotConnected) {
				t.Errorf("got %v, want ErrNotConnected", err)
			}
		}
	})
}

// messages is the answers of a server that has these.
func messages(from, to int) string {
	var b strings.Builder
	for n := from; n <= to; n++ {
		fmt.Fprintf(&b, "* %d FETCH (UID %d FLAGS ())\r\n", n, n)
	}
	return b.String()
}

// slowly ranges and does one step of work for each message.
func slowly(l *looping) {
	for m, err := range l.FetchSeq(l.ctx, imap4.AllUIDs(), flagsOnly) {
		if err != nil {
			l.see("error: %v", err)
			return
		}
		if step, ok := <-l.steps; ok {
			step(l)
			l.see("%d", m.UID)
		}
	}
	l.see("end")
}

func TestFetchSeqBackPressure(t *testing.T) {
	t.Run("a slow loop stops the reading, until it has caught up", func(t *testing.T) {
		loop(t, slowly, func(l *looping) {
			l.answer(messages(1, 255))
			l.paused(false)
			l.answer(messages(256, 257))
			l.paused(true)
			l.clock.Advance(1 << 42)
			l.closed(false)
			l.tr.Receive([]byte(messages(258, 300) + "A1 OK done\r\n"))
			for range 100 {
				l.steps <- func(*looping) {}
			}
			l.settle()
			l.paused(true)
			close(l.steps)
			l.settle()
			l.paused(false)
			if got := l.seen[len(l.seen)-1]; got != "end" {
				t.Errorf("last: got %s, want end", got)
			}
		})
	})
	t.Run("what the program has stopped itself stays so", func(t *testing.T) {
		loop(t, slowly, func(l *looping) {
			l.PauseProducing()
			l.ResumeProducing()
			l.answer(messages(1, 300))
			l.paused(true)
			l.PauseProducing()
			close(l.steps)
			l.settle()
			l.paused(true)
			l.ResumeProducing()
			l.settle()
			l.paused(false)
		})
	})
	t.Run("also one that is slow by bytes", func(t *testing.T) {
		loop(t, slowly, func(l *looping) {
			l.answer(messages(1, 1))
			for n := 2; n <= 6; n++ {
				l.answer(fmt.Sprintf("* %d FETCH (UID %d FLAGS () X {%d}\r\n%s)\r\n", n, n, 300<<10, make([]byte, 300<<10)))
				l.paused(n >= 5)
			}
			close(l.steps)
			l.settle()
			l.paused(false)
		})
	})
	t.Run("a loop that waits for a command of its own is read for", func(t *testing.T) {
		loop(t, slowly, func(l *looping) {
			l.answer(messages(1, 300))
			l.paused(true)
			l.steps <- func(l *looping) {
				d := make(chan *deferred.Deferred[struct{}], 1)
				_ = l.Transport().Reactor().CallFromThread(func() { d <- l.Noop() })
				_, err := (<-d).Await(context.Background())
				l.see("NOOP %v", err)
			}
			l.settle()
			l.paused(false)
			l.answer(messages(301, 400) + "A2 OK done\r\n")
			l.saw("NOOP <nil>", "1")
			l.paused(true)
			close(l.steps)
			l.settle()
			l.answer("A1 OK done\r\n")
			l.saw("end")
		})
	})
	t.Run("one that is too far behind then ends, and the connection goes on", func(t *testing.T) {
		loop(t, slowly, func(l *looping) {
			l.Options.MaxBacklog = 5000
			l.answer(messages(1, 400) + "A1 OK done\r\n")
			l.noop()
			l.answer("A2 OK done\r\n")
			l.happened("NOOP: ok")
			close(l.steps)
			l.settle()
			if got := l.seen[len(l.seen)-1]; got != "error: imap4: limit MaxBacklog of 5000 exceeded" {
				t.Errorf("last: got %s, want the limit", got)
			}
		})
	})
}

// reads notes what FetchBodies gives; read says what is done with a body.
func (l *looping) reads(section imap4.BodySection, read func(b *imap4.BodyReader) error) {
	var before *imap4.BodyReader
	for b, err := range l.FetchBodies(context.Background(), imap4.AllUIDs(), section) {
		if before != nil {
			if _, err := before.Read(make([]byte, 1)); !errors.Is(err, imap4.ErrBodyGone) {
				l.see("the body before: %v", err)
			}
		}
		if err != nil {
			l.see("error: %v", err)
			continue
		}
		before = b
		l.see("%d/%d %v %d nil=%v", b.SeqNum, b.UID, b.Section, b.Size, b.IsNil)
		if err := read(b); err != nil {
			l.see("read: %v", err)
		}
	}
	l.see("end")
}

func TestFetchBodies(t *testing.T) {
	section := imap4.BodySection{Peek: true}
	toEnd := func(l *looping) func(b *imap4.BodyReader) error {
		return func(b *imap4.BodyReader) error {
			text, err := io.ReadAll(b)
			l.see("%q then UID %d", text, b.UID)
			if err == nil && b.Message() == nil {
				return errors.New("Message is nil at the end")
			}
			return err
		}
	}
	t.Run("are read as they come", func(t *testing.T) {
		loop(t, func(l *looping) { l.reads(section, toEnd(l)) }, func(l *looping) {
			l.wrote("A1 UID FETCH 1:* (UID BODY.PEEK[])\r\n")
			l.answer("* 1 FETCH (UID 7 BODY[] {6}\r\nabc")
			l.saw("1/7 BODY[] 6 nil=false")
			l.answer("def)\r\n")
			l.saw(`"abcdef" then UID 7`)
			l.answer("* 2 FETCH (BODY[] {0}\r\n UID 8)\r\n* 3 FETCH (UID 9 BODY[] \"xy\")\r\n* 4 FETCH (UID 10 BODY[] NIL)\r\nA1 OK done\r\n")
			l.saw("2/0 BODY[] 0 nil=false", `"" then UID 8`, "3/9 BODY[] 2 nil=false", `"xy" then UID 9`, "4/10 BODY[] 0 nil=true", `"" then UID 10`, "end")
		})
	})
	t.Run("what was not read is dropped", func(t *testing.T) {
		loop(t, func(l *looping) {
			l.reads(section, func(b *imap4.BodyReader) error {
				p := make([]byte, 2)
				n, err := io.ReadFull(b, p)
				l.see("%q", p[:n])
				return err
			})
		}, func(l *looping) {
			l.answer("* 1 FETCH (UID 7 BODY[] {6}\r\nab")
			l.answer("cdef)\r\n* 2 FETCH (UID 8 BODY[] {3}\r\nxyz)\r\nA1 OK done\r\n")
			l.saw("1/7 BODY[] 6 nil=false", `"ab"`, "2/8 BODY[] 3 nil=false", `"xy"`, "end")
		})
	})
	t.Run("loss in the middle", func(t *testing.T) {
		loop(t, func(l *looping) { l.reads(section, toEnd(l)) }, func(l *looping) {
			l.answer("* 1 FETCH (UID 7 BODY[] {6}\r\nab")
			l.tr.Lose(nil)
			l.settle()
			const lost = "imap4: UID FETCH: Connection was closed cleanly."
			l.saw("1/7 BODY[] 6 nil=false", `"ab" then UID 7`, "read: "+lost, "error: "+lost, "end")
		})
	})
	t.Run("the end of the context while more waits", func(t *testing.T) {
		loop(t, func(l *looping) {
			for b, err := range l.FetchBodies(l.ctx, imap4.AllUIDs(), section) {
				if err != nil {
					l.see("error: %v", err)
					continue
				}
				<-l.steps
				_, err = b.Read(make([]byte, 2))
				l.see("%v", err)
				l.cancel(errors.New("enough"))
				_, err = io.Copy(io.Discard, b)
				l.see("%v", err)
			}
		}, func(l *looping) {
			l.answer("* 1 FETCH (UID 7 BODY[] {6}\r\nab")
			l.answer("cd")
			close(l.steps)
			l.answer("ef)\r\n* 2 FETCH (UID 8 BODY[] {3}\r\nxyz)\r\nA1 OK done\r\n")
			l.saw("<nil>", "enough", "error: enough")
			l.closed(false)
		})
	})
	t.Run("a break in the middle", func(t *testing.T) {
		loop(t, func(l *looping) {
			var gone *imap4.BodyReader
			for b := range l.FetchBodies(context.Background(), imap4.AllUIDs(), section) {
				gone = b
				break
			}
			_, err := gone.Read(make([]byte, 1))
			l.see("%v", err)
		}, func(l *looping) {
			l.answer("* 1 FETCH (UID 7 BODY[] {6}\r\nab")
			l.answer("cdef)\r\nA1 OK done\r\n")
			l.noop()
			l.answer("A2 OK done\r\n")
			l.happened("NOOP: ok")
			l.saw("imap4: the body cannot be read any more: its loop has gone on")
		})
	})
	t.Run("one that is read slowly slows the server down", func(t *testing.T) {
		const size = 8 << 20
		loop(t, func(l *looping) {
			l.reads(section, func(b *imap4.BodyReader) error {
				<-l.steps
				n, err := io.Copy(io.Discard, b)
				l.see("%d", n)
				return err
			})
		}, func(l *looping) {
			l.answer(fmt.Sprintf("* 1 FETCH (UID 7 BODY[] {%d}\r\n", size))
			piece := bytes.Repeat([]byte("x"), 64<<10)
			taken := 0
			for range size / len(piece) {
				if !l.tr.Paused() {
					taken++
				}
				l.tr.Receive(piece)
			}
			if got, most := taken*len(piece), 1<<20+len(piece); got > most {
				l.t.Errorf("read ahead: got %d octets, want at most %d", got, most)
			}
			close(l.steps)
			for range size / len(piece) {
				l.settle()
			}
			l.answer(")\r\nA1 OK done\r\n")
			l.saw(fmt.Sprintf("1/7 BODY[] %d nil=false", size), fmt.Sprint(size), "end")
		})
	})
}
