package wire

import (
	"errors"
	"strings"
	"testing"
)

func TestLimitError(t *testing.T) {
	all := []error{ErrLineTooLong, ErrMessageTooLarge, ErrTooManyLines, ErrListingTooLong}
	for limit, want := range map[string]error{
		LimitLine: ErrLineTooLong, LimitMessage: ErrMessageTooLarge, LimitLines: ErrTooManyLines, LimitListing: ErrListingTooLong,
		LimitCapabilities: ErrListingTooLong,
	} {
		err := &LimitError{Limit: limit, Max: 5}
		for _, target := range all {
			if got := errors.Is(err, target); got != (target == want) {
				t.Errorf("%s is %v: got %v", limit, target, got)
			}
		}
		if got, want := err.Error(), "pop3: limit "+limit+" of 5 exceeded"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestErrorTexts(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{&SyntaxError{Want: "a", Got: Quote([]byte("b\x1b"))}, `pop3: the server breaks the protocol: want a, got "b\x1b"`},
		{&SyntaxError{Want: "a", Got: Quote(nil)}, "pop3: the server breaks the protocol: want a, got an empty line"},
		{&ArgumentError{Command: "TOP", Arg: 2, Reason: "no"}, "pop3: bad argument 2 of TOP: no"},
		{&ArgumentError{Command: "AUTH", Reason: "no"}, "pop3: AUTH is refused: no"},
		{&ArgumentError{Reason: "no"}, "pop3: bad argument: no"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
	if got := Quote([]byte(strings.Repeat("x", 1000))); got != `"`+strings.Repeat("x", 64)+`"` {
		t.Errorf("got %q, want 64 octets", got)
	}
}
