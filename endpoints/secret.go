package endpoints

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a password. However it is printed, logged or marshalled, it shows as ***.
type Secret string

const hidden = "***"

// String is ***.
func (Secret) String() string { return hidden }

// GoString is ***.
func (Secret) GoString() string { return hidden }

// Format prints *** for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText answers ***.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue is ***.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }
