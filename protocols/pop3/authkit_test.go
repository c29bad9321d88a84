package pop3_test

import (
	"context"
	"encoding/base64"

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
