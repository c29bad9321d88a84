package sasl

import (
	"fmt"
	"io"
)

// redacted is what a secret prints as.
const redacted = "***"

// Secret is a password or a token that does not print: every verb of fmt, encoding/json and slog show ***. The zero value is no secret.
//
// It holds on to its value by a pointer, so that it is not seen in a struct either whose fields fmt prints without asking them.
type Secret struct{ value *string }

// NewSecret hides s. An empty s is no secret.
func NewSecret(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{&s}
}

// Reveal is the value itself, "" for no secret.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero tells whether there is no secret.
func (s Secret) IsZero() bool { return s.value == nil }

// String is ***.
func (Secret) String() string { return redacted }

// GoString is ***.
func (Secret) GoString() string { return redacted }

// Format writes *** for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText answers ***.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
