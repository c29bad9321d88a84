package pop3_test

import (
	"context"
	"encoding/base64"
	"testing"

	"github.com/tconn/tconn/protocols/sasl"
)

// saying is a mechanism that says text, again and again.
type saying struct{ name, text string }

func (m saying) Name() string                                 { return m.name }
func (m saying) Start(context.Context) ([]byte, bool, error)  { return []byte(m.text), true, nil }
func (m saying) Next(context.Context, []byte) ([]byte, error) { return []byte(m.text), nil }

// prompt is a mechanism that answers at once, although it could block: a clock in memory has nobody to work beside it.
type prompt struct{ sasl.Mechanism }

func (p prompt) Finish(verdict error) error {
	if f, ok := p.Mechanism.(sasl.Finisher); ok {
		return f.Finish(verdict)
	}
	return verdict
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func fixedToken(value string) sasl.TokenSource {
	return sasl.TokenFunc(func(context.Context) (sasl.Token, error) { return sasl.Token{Value: sasl.NewSecret(value)}, nil })
}

func tim() *sasl.Credentials {
	return &sasl.Credentials{Username: "tim", Password: sasl.NewSecret("tanstaaf")}
}

// plain is the mechanism PLAIN for tim.
func plain(t testing.TB) sasl.Mechanism {
	t.Helper()
	m, err := sasl.NewPlain(tim())
	if err != nil {
		t.Fatal(err)
	}
	return m
}
