package sasl_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tconn/tconn/protocols/sasl"
)

// well is a TokenSource that counts, and whose tokens last as long as told.
type well struct {
	mu       sync.Mutex
	asked    int
	lasts    time.Duration
	err      error
	gate     chan struct{} // closed before it answers, if there is one
	rejected []string
}

func (w *well) Token(ctx context.Context) (sasl.Token, error) {
	if w.gate != nil {
		select {
		case <-w.gate:
		case <-ctx.Done():
			return sasl.Token{}, ctx.Err()
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	if w.err != nil {
		return sasl.Token{}, w.err
	}
	t := sasl.Token{Value: sasl.NewSecret(fmt.Sprint("token", w.asked))}
	if w.lasts != 0 {
		t.Expiry = time.Now().Add(w.lasts)
	}
	return t, nil
}

func (w *well) Rejected(t sasl.Token) { w.rejected = append(w.rejected, t.Value.Reveal()) }

func gets(t *testing.T, s sasl.TokenSource) string {
	t.Helper()
	got, err := s.Token(ctx)
	if err != nil {
		return err.Error()
	}
	return got.Value.Reveal()
}

func TestCachedTokenExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &well{lasts: time.Hour}
		c := sasl.NewCachedToken(w, time.Now, time.Minute)
		check(t, "first", gets(t, c), "token1")
		<-time.After(59*time.Minute - 1)
		check(t, "just before the skew", gets(t, c), "token1")
		<-time.After(1)
		check(t, "at the skew", gets(t, c), "token2")
		check(t, "then", gets(t, c), "token2")
		w.lasts = time.Second // shorter than the skew: good for one
		<-time.After(2 * time.Hour)
		check(t, "a short one", gets(t, c), "token3")
		check(t, "and the next", gets(t, c), "token4")
		w.lasts = 0
		check(t, "one without end", gets(t, c), "token5")
		<-time.After(10000 * time.Hour)
		check(t, "one without end, later", gets(t, c), "token5")
	})
}

func TestCachedTokenRejected(t *testing.T) {
	w := &well{}
	c := sasl.NewCachedToken(w, time.Now, 0)
	old, _ := c.Token(ctx)
	c.Rejected(sasl.Token{Value: sasl.NewSecret("another")})
	check(t, "another was refused", gets(t, c), "token1")
	c.Rejected(old)
	check(t, "it was refused", gets(t, c), "token2")
	c.Rejected(old) // as each of many connections does
	check(t, "the old one was refused again", gets(t, c), "token2")
	check(t, "told to the source", fmt.Sprint(w.rejected), "[another token1 token1]")
}

// A refused authentication asks anew, through a mechanism; an accepted one does not.
func TestCachedTokenInAMechanism(t *testing.T) {
	w := &well{}
	cred := &sasl.Credentials{Username: "u", Token: sasl.NewCachedToken(w, time.Now, 0)}
	for i, c := range []struct {
		verdict error
		want    string
	}{{nil, "token1"}, {errRefused, "token1"}, {nil, "token2"}, {nil, "token2"}} {
		m := of(sasl.NewXOAuth2, cred)(t)
		check(t, fmt.Sprint("attempt ", i), start(t, m), "user=u\x01auth=Bearer "+c.want+"\x01\x01")
		check(t, fmt.Sprint("end ", i), finish(m, c.verdict), c.verdict)
	}
}

// The server's reason is a refusal, also of a server that then hangs up. The source hears of it once.
func TestTokenRefusedByAChallenge(t *testing.T) {
	w := &well{}
	cred := &sasl.Credentials{Username: "u", Token: sasl.NewCachedToken(w, time.Now, 0)}
	m := of(sasl.NewXOAuth2, cred)(t)
	start(t, m)
	if _, err := m.Next(ctx, []byte(`{"status":"401"}`)); err != nil {
		t.Fatal(err)
	}
	check(t, "the next attempt, the connection being lost", gets(t, cred.Token), "token2")
	_ = finish(m, errRefused)
	check(t, "told to the source", fmt.Sprint(w.rejected), "[token1]")
}

func TestCachedTokenErrors(t *testing.T) {
	w := &well{err: errOdd}
	c := sasl.NewCachedToken(w, time.Now, 0)
	check(t, "the source fails", gets(t, c), errOdd.Error())
	w.err = nil
	check(t, "it does not any more", gets(t, c), "token2")
}

// Those who ask at the same time share one answer, also a bad one.
func TestCachedTokenShares(t *testing.T) {
	t.Run("token", func(t *testing.T) { shares(t, nil, "token1") })
	t.Run("error", func(t *testing.T) { shares(t, errOdd, errOdd.Error()) })
}

func shares(t *testing.T, err error, want string) {
	synctest.Test(t, func(t *testing.T) {
		w := &well{gate: make(chan struct{}), err: err}
		c := sasl.NewCachedToken(w, time.Now, 0)
		got := make(chan string, 10)
		for range 10 {
			go func() { got <- gets(t, c) }()
		}
		synctest.Wait()
		close(w.gate)
		for range 10 {
			check(t, "answer", <-got, want)
		}
		check(t, "times the source was asked", w.asked, 1)
	})
}

// Who asks the source may give up: the others ask it again and do not fail. Who waits may give up, too.
func TestCachedTokenGivingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &well{gate: make(chan struct{})}
		c := sasl.NewCachedToken(w, time.Now, 0)
		ask := func() (cancel func(), end chan error) {
			ctx, stop := context.WithCancelCause(t.Context())
			end = make(chan error, 1)
			go func() { _, err := c.Token(ctx); end <- err }()
			synctest.Wait()
			return func() { stop(errOdd); synctest.Wait() }, end
		}
		cancelFirst, first := ask()
		cancelSecond, second := ask()
		_, third := ask()
		cancelSecond()
		check(t, "who waits gives up", <-second, error(errOdd))
		cancelFirst()
		check(t, "who asks gives up", errors.Is(<-first, context.Canceled), true)
		close(w.gate)
		check(t, "the other", <-third, nil)
		check(t, "times the source has answered", w.asked, 1)
	})
}

func TestCachedTokenPanic(t *testing.T) {
	c := sasl.NewCachedToken(sasl.TokenFunc(func(context.Context) (sasl.Token, error) { panic("odd") }), time.Now, 0)
	for range 2 { // the second does not wait for ever
		func() {
			defer func() { check(t, "panic", recover(), any("odd")) }()
			_, _ = c.Token(ctx)
		}()
	}
}

func TestCachedTokenArguments(t *testing.T) {
	for _, f := range []func(){
		func() { sasl.NewCachedToken(nil, time.Now, 0) },
		func() { sasl.NewCachedToken(token("t"), nil, 0) },
	} {
		func() {
			defer func() { check(t, "panic", fmt.Sprint(recover()), "sasl: NewCachedToken with a nil source or clock") }()
			f()
		}()
	}
}
