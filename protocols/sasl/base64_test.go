package sasl_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/sasl"
)

func TestDecodeChallenge(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		good             bool
	}{
		{"empty", "", "", true},
		{"LOGIN's", "VXNlcm5hbWU6", "Username:", true},
		{"padded", "UGFzc3dvcmQ=", "Password", true},
		{"padding that is missing", "UGFzc3dvcmQ", "Password", true},
		{"an equals sign for empty", "=", "", true},
		{"space around", " \tUGFzc3dvcmQ= \r\n", "Password", true},
		{"only space", "  ", "", true},
		{"words", "go ahead", "", false},
		{"a line end inside", "UGFz\r\nc3dvcmQ=", "", false},
		{"padding inside", "UG==c3dvcmQ", "", false},
		{"one digit", "U", "", false},
		{"NUL", "\x00", "", false},
		{"the alphabet of URLs", "__--", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := sasl.DecodeChallenge([]byte(c.text), 0)
			var ce *sasl.ChallengeError
			if string(got) != c.want || (err == nil) != c.good || err != nil && !errors.As(err, &ce) {
				t.Errorf("got %q, %v; want %q, good = %v", got, err, c.want, c.good)
			}
		})
	}
}

func TestDecodeChallengeLimit(t *testing.T) {
	var le *sasl.LimitError
	for _, c := range []struct {
		bytes, max int
		good       bool
	}{{10, 10, true}, {11, 10, false}, {sasl.DefaultMaxChallenge, 0, true}, {sasl.DefaultMaxChallenge + 1, 0, false}} {
		text := sasl.AppendResponse(nil, []byte(strings.Repeat("x", c.bytes)))
		got, err := sasl.DecodeChallenge(text, c.max)
		if c.good && (err != nil || len(got) != c.bytes) || !c.good && (!errors.As(err, &le) || le.Limit != "MaxChallenge") {
			t.Errorf("%d bytes of %d: got %d, %v; want good = %v", c.bytes, c.max, len(got), err, c.good)
		}
	}
}

func TestAppend(t *testing.T) {
	check(t, "response", string(sasl.AppendResponse([]byte("x "), []byte("tim"))), "x dGlt")
	check(t, "empty response", string(sasl.AppendResponse(nil, nil)), "")
	check(t, "initial", string(sasl.AppendInitial([]byte("AUTHENTICATE PLAIN "), []byte("\x00a\x00b"))), "AUTHENTICATE PLAIN AGEAYg==")
	check(t, "empty initial", string(sasl.AppendInitial(nil, []byte{})), "=")
}
