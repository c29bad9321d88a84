package sasl

import (
	"bytes"
	"encoding/base64"
)

// DefaultMaxChallenge is how many bytes a decoded challenge may have.
const DefaultMaxChallenge = 64 << 10

// DecodeChallenge reads a challenge as it stands in a line: base64, without "+ " and line end.
//
// Space around it, "=" for an empty one, and missing "=" at its end are let pass. Max is how many bytes it may have when decoded; zero is
// DefaultMaxChallenge. Fails with: *ChallengeError, *LimitError. Lifetime: the result is the caller's.
func DecodeChallenge(text []byte, max int) ([]byte, error) {
	max = orDefault(max, DefaultMaxChallenge)
	text = bytes.TrimRight(bytes.Trim(text, " \t\r\n"), "=")
	if base64.RawStdEncoding.DecodedLen(len(text)) > max {
		return nil, &LimitError{Limit: "MaxChallenge", Max: max}
	}
	if bytes.ContainsAny(text, "\r\n") { // encoding/base64 skips them
		return nil, &ChallengeError{Reason: "is not base64"}
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(text)))
	n, err := base64.RawStdEncoding.Decode(out, text)
	if err != nil {
		return nil, &ChallengeError{Reason: "is not base64"}
	}
	return out[:n], nil
}

// AppendResponse appends a response in base64, as a line of its own has it: nothing for an empty one. It is secret.
func AppendResponse(dst, response []byte) []byte {
	return base64.StdEncoding.AppendEncode(dst, response)
}

// AppendInitial appends a response as it stands behind the mechanism's name: "=" for an empty one (RFC 4959 section 3, RFC 5034
// section 4). It is secret.
func AppendInitial(dst, response []byte) []byte {
	if len(response) == 0 {
		return append(dst, '=')
	}
	return AppendResponse(dst, response)
}
