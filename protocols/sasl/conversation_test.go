package sasl_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/sasl"
)

// b64 is a challenge as it stands in a line.
func b64(s string) []byte { return sasl.AppendResponse(nil, []byte(s)) }

// desk is a Worker that works when told.
type desk struct {
	work []func()
	ctx  context.Context
}

func (k *desk) worker(work sasl.Work) *deferred.Deferred[sasl.Step] {
	ctx, cancel := context.WithCancel(context.Background())
	k.ctx = ctx
	d := deferred.New(func(*deferred.Deferred[sasl.Step]) { cancel() })
	k.work = append(k.work, func() {
		if s, err := work(ctx); err != nil {
			d.TryErrback(err)
		} else {
			d.TryCallback(s)
		}
	})
	return d
}

func (k *desk) do() {
	all := k.work
	k.work = nil
	for _, f := range all {
		f()
	}
}

// says is the step's response; "(none)" for nothing to send.
func says(t *testing.T, d *deferred.Deferred[sasl.Step]) string {
	t.Helper()
	s, err := now(t, d)
	switch {
	case err != nil:
		t.Fatalf("got %v, want a step", err)
	case !s.Send:
		return "(none)"
	}
	return string(s.Response)
}

// failure is the error that a step ends with.
func failure(t *testing.T, d *deferred.Deferred[sasl.Step]) error {
	t.Helper()
	s, err := now(t, d)
	if err == nil {
		t.Fatalf("got the response %q, want an error", s.Response)
	}
	return err
}

func TestConversationInitialResponse(t *testing.T) {
	for _, c := range []struct {
		name          string
		make          func(t *testing.T) sasl.Mechanism
		with, without string   // what Start says when the command can carry it, and when it cannot
		challenges    []string // as in a line
		answers       []string
		early         bool // the first challenge is for the initial response, if that was kept
	}{
		{"PLAIN", of(sasl.NewPlain, tim), "\x00tim\x00tanstaaftanstaaf", "(none)", []string{""}, []string{"\x00tim\x00tanstaaftanstaaf"}, true},
		{"PLAIN, a challenge that should be empty", of(sasl.NewPlain, tim), "\x00tim\x00tanstaaftanstaaf", "(none)", []string{"go ahead!"},
			[]string{"\x00tim\x00tanstaaftanstaaf"}, true},
		{"EXTERNAL", of(sasl.NewExternal, &sasl.Credentials{}), "", "(none)", []string{""}, []string{""}, true},
		{"LOGIN", of(sasl.NewLogin, tim), "(none)", "(none)", []string{"VXNlcm5hbWU6", "UGFzc3dvcmQ6"}, []string{"tim", "tanstaaftanstaaf"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, initial := range []bool{true, false} {
				v := sasl.NewConversation(c.make(t), nil)
				want, challenges, answers := c.with, c.challenges, c.answers
				if !initial {
					want = c.without
				} else if c.early {
					challenges, answers = nil, nil
				}
				check(t, "Start", says(t, v.Start(initial)), want)
				for i, challenge := range challenges {
					check(t, "Next", says(t, v.Next([]byte(challenge))), answers[i])
				}
				check(t, "Finish", v.Finish(nil), nil)
			}
		})
	}
}

func TestConversationWorker(t *testing.T) {
	var k desk
	v := sasl.NewConversation(scramOf(sasl.SHA256, pencil(), false, "rOprNGfwEbeRWgbNEkqO")(t), k.worker)
	check(t, "Start", says(t, v.Start(true)), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO")
	check(t, "work after the start", len(k.work), 0)
	d := v.Next(b64("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"))
	if _, _, ok := d.Result(); ok || len(k.work) != 1 {
		t.Fatalf("got a proof without the worker (%d pieces of work), want it to come from there", len(k.work))
	}
	k.do()
	check(t, "proof", says(t, d),
		"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
	check(t, "the last", says(t, v.Next(b64("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="))), "")
	check(t, "work for the signature", len(k.work), 0)
	check(t, "Finish", v.Finish(nil), nil)
	check(t, "Finish again", v.Finish(nil), sasl.ErrOutOfTurn)
	check(t, "Next after the end", failure(t, v.Next(nil)), sasl.ErrOutOfTurn)
}

// A token is fetched before anything is sent, whether or not the command can carry it.
func TestConversationFetchesTheTokenFirst(t *testing.T) {
	for _, initial := range []bool{true, false} {
		var k desk
		v := sasl.NewConversation(bearer(&sasl.Credentials{Token: token("t")}, sasl.Channel{})(t), k.worker)
		d := v.Start(initial)
		if _, _, ok := d.Result(); ok {
			t.Fatal("got a start without the token")
		}
		k.do()
		if initial {
			check(t, "Start", says(t, d), "n,,\x01auth=Bearer t\x01\x01")
		} else {
			check(t, "Start", says(t, d), "(none)")
			check(t, "Next", says(t, v.Next(nil)), "n,,\x01auth=Bearer t\x01\x01")
		}
		check(t, "Finish", v.Finish(nil), nil)
	}
}

func TestConversationTokenErrors(t *testing.T) {
	broken := errors.New("oauth2: no refresh token")
	for _, c := range []struct {
		name   string
		source sasl.TokenSource
		want   string
	}{
		{"the source fails", sasl.TokenFunc(func(context.Context) (sasl.Token, error) { return sasl.Token{}, broken }), "sasl: no token: oauth2: no refresh token"},
		{"an empty token", token(""), "sasl: no token: the source has given an empty one"},
		{"a line end", token("abc\n"), "sasl: no token: it holds a byte that is no visible ASCII, such as a space or a line end"},
		{"a separator", token("abc\x01host=x"), "sasl: no token: it holds a byte that is no visible ASCII, such as a space or a line end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := sasl.NewConversation(bearer(&sasl.Credentials{Token: c.source}, sasl.Channel{})(t), nil)
			err := failure(t, v.Start(true))
			var te *sasl.TokenError
			if !errors.As(err, &te) || err.Error() != c.want {
				t.Errorf("got %v, want *TokenError %s", err, c.want)
			}
			check(t, "Next", failure(t, v.Next(nil)), err)
			check(t, "Finish", v.Finish(errRefused), err)
		})
	}
}

func TestConversationOutOfTurn(t *testing.T) {
	v := sasl.NewConversation(of(sasl.NewPlain, tim)(t), nil)
	check(t, "Next before Start", failure(t, v.Next(nil)), sasl.ErrOutOfTurn)

	v = sasl.NewConversation(of(sasl.NewPlain, tim)(t), nil)
	v.Start(true)
	check(t, "Start again", failure(t, v.Start(true)), sasl.ErrOutOfTurn)

	var k desk
	v = sasl.NewConversation(bearer(&sasl.Credentials{Token: token("t")}, sasl.Channel{})(t), k.worker)
	d := v.Start(true)
	check(t, "a challenge while the token is fetched", failure(t, v.Next(nil)), sasl.ErrOutOfTurn)
	k.do()
	says(t, d)
	check(t, "Next after that", failure(t, v.Next(nil)), sasl.ErrOutOfTurn)
	check(t, "Finish after that", v.Finish(nil), sasl.ErrOutOfTurn)
}

// A server that accepts when the client has not said who it is is not believed.
func TestConversationAcceptedEarly(t *testing.T) {
	v := sasl.NewConversation(of(sasl.NewPlain, tim)(t), nil)
	check(t, "before the start", v.Finish(nil), sasl.ErrUnfinished)

	v = sasl.NewConversation(of(sasl.NewPlain, tim)(t), nil)
	says(t, v.Start(false))
	check(t, "the initial response is not sent", v.Finish(nil), sasl.ErrUnfinished)

	var k desk
	v = sasl.NewConversation(bearer(&sasl.Credentials{Token: token("t")}, sasl.Channel{})(t), k.worker)
	d := v.Start(true)
	check(t, "the token is not there", v.Finish(nil), sasl.ErrUnfinished)
	k.do()
	says(t, d)
}

// Work that was cancelled may still run: from then on the mechanism is left alone.
func TestConversationCancel(t *testing.T) {
	var k desk
	v := sasl.NewConversation(bearer(&sasl.Credentials{Token: token("t")}, sasl.Channel{})(t), k.worker)
	d := v.Start(true)
	d.Cancel()
	check(t, "the work's context", k.ctx.Err(), context.Canceled)
	check(t, "Start", failure(t, d), deferred.ErrCancelled)
	check(t, "Next", failure(t, v.Next(nil)), deferred.ErrCancelled)
	check(t, "Finish", v.Finish(nil), deferred.ErrCancelled)
	k.do()
}

func TestConversationBadChallenges(t *testing.T) {
	var ce *sasl.ChallengeError
	var le *sasl.LimitError
	for _, c := range []struct {
		name, text string
		target     any
	}{
		{"not base64", "!", &ce},
		{"too long", strings.Repeat("A", 100), &le},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := sasl.NewConversation(of(sasl.NewLogin, tim)(t), nil)
			v.MaxChallenge = 70
			v.Start(true)
			err := failure(t, v.Next([]byte(c.text)))
			if !errors.As(err, c.target) {
				t.Errorf("got %v, want %T", err, c.target)
			}
			check(t, "Next", failure(t, v.Next(nil)), err)
			check(t, "Finish", v.Finish(errRefused), err)
		})
	}
}

// odd is a program's own mechanism, with all that can go wrong.
type odd struct{ panics, fails bool }

var errOdd = errors.New("the card was pulled")

func (odd) Name() string { return "X-ODD" }

func (odd) Start(context.Context) ([]byte, bool, error) { return nil, false, nil }

func (o odd) Next(context.Context, []byte) ([]byte, error) {
	if o.panics {
		panic("odd")
	}
	if o.fails {
		return nil, errOdd
	}
	return []byte("odd"), nil
}

func TestConversationOfOnesOwn(t *testing.T) {
	v := sasl.NewConversation(odd{}, nil)
	check(t, "Mechanism", v.Mechanism().Name(), "X-ODD")
	check(t, "Start", says(t, v.Start(true)), "(none)")
	check(t, "Next", says(t, v.Next(nil)), "odd")
	check(t, "Finish", v.Finish(nil), nil)

	v = sasl.NewConversation(odd{fails: true}, nil)
	v.Start(true)
	check(t, "Next fails", failure(t, v.Next(nil)), errOdd)
	check(t, "the server refuses what was cancelled", v.Finish(errRefused), errOdd)

	v = sasl.NewConversation(odd{panics: true}, nil)
	v.Start(true)
	var p *deferred.PanicError
	if err := failure(t, v.Next(nil)); !errors.As(err, &p) {
		t.Errorf("Next panics: got %v, want *PanicError", err)
	}
	if err := v.Finish(nil); !errors.As(err, &p) {
		t.Errorf("Finish: got %v, want *PanicError", err)
	}
}

// A server may not go on asking for ever, whatever the mechanism would say.
func TestConversationWithoutEnd(t *testing.T) {
	v := sasl.NewConversation(odd{}, nil)
	v.Start(true)
	for range 100 {
		check(t, "Next", says(t, v.Next(nil)), "odd")
	}
	var exceeded *sasl.LimitError
	if err := failure(t, v.Next(nil)); !errors.As(err, &exceeded) || exceeded.Limit != "Challenges" {
		t.Errorf("Next: got %v, want *LimitError of Challenges", err)
	}
	check(t, "Finish", v.Finish(nil), error(exceeded))
}

func TestConversationOfNil(t *testing.T) {
	defer func() { check(t, "panic", fmt.Sprint(recover()), "sasl: NewConversation with a nil mechanism") }()
	sasl.NewConversation(nil, nil)
}
