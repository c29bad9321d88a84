package sasl_test

import (
	"context"
	"errors"
	"testing"

	"go.uber.org/goleak"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/sasl"
)

// TestMain checks at the end that no test has left a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ctx = context.Background()

// errRefused is a protocol's NO.
var errRefused = errors.New("pop3: the server said no")

// pencil are the credentials of the RFCs' examples.
func pencil() *sasl.Credentials {
	return &sasl.Credentials{Username: "user", Password: sasl.NewSecret("pencil")}
}

func token(value string) sasl.TokenSource {
	return sasl.TokenFunc(func(context.Context) (sasl.Token, error) { return sasl.Token{Value: sasl.NewSecret(value)}, nil })
}

// made is the mechanism, which there has to be.
func made(t *testing.T, m sasl.Mechanism, err error) sasl.Mechanism {
	t.Helper()
	if err != nil {
		t.Fatalf("got %v, want a mechanism", err)
	}
	return m
}

// start is what the client says first.
func start(t *testing.T, m sasl.Mechanism) string {
	t.Helper()
	initial, ok, err := m.Start(ctx)
	if err != nil {
		t.Fatalf("Start: got %v, want an initial response", err)
	}
	if !ok {
		return "(none)"
	}
	return string(initial)
}

// next is what the client answers.
func next(t *testing.T, m sasl.Mechanism, challenge string) string {
	t.Helper()
	response, err := m.Next(ctx, []byte(challenge))
	if err != nil {
		t.Fatalf("Next: got %v, want a response", err)
	}
	return string(response)
}

// finish is what the authentication ends with.
func finish(m sasl.Mechanism, verdict error) error {
	if f, ok := m.(sasl.Finisher); ok {
		return f.Finish(verdict)
	}
	return verdict
}

// now is the result of a Deferred that has it.
func now(t *testing.T, d *deferred.Deferred[sasl.Step]) (sasl.Step, error) {
	t.Helper()
	step, err, ok := d.Result()
	if !ok {
		t.Fatal("got no result, want one at once")
	}
	return step, err
}

func check[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %#v, want %#v", what, got, want)
	}
}
