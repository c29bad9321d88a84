package sasl

import (
	"encoding/json"
	"strings"
)

// OAuthError is a server that has refused a token and told why (RFC 7628 section 3.2.2, and what Gmail sends with XOAUTH2).
type OAuthError struct {
	Mechanism string
	// Status is the code, such as invalid_token or 401; "" if the server did not say it in a way that is understood.
	Status string
	// Scope is what a token must be good for; "" if not told.
	Scope string
	// Schemes are the kinds of token that are taken, such as bearer; empty if not told.
	Schemes []string
	// OpenIDConfiguration is the URL of a document that tells where to get a token; "" if not told. It comes from the server: think
	// before following it.
	OpenIDConfiguration string
	// Raw is all the server has said. Where it had the token in it stands ***.
	Raw string
	// Err is the protocol's refusal.
	Err error
}

// Error shows status and scope.
func (e *OAuthError) Error() string {
	text := "sasl: " + e.Mechanism + ": the server refused the token"
	if e.Status != "" {
		text += ", status " + printable(e.Status)
	}
	if e.Scope != "" {
		text += ", scope " + printable(e.Scope)
	}
	return text + because(e.Err)
}

// Unwrap is the protocol's refusal.
func (e *OAuthError) Unwrap() error { return e.Err }

// newOAuthError reads the challenge that tells of a refusal. It need not be JSON, and members may be of any type: what is not understood
// stays in Raw only.
func newOAuthError(mechanism string, challenge []byte, token Secret) *OAuthError {
	e := &OAuthError{Mechanism: mechanism, Raw: hide(string(challenge), token)}
	var members map[string]json.RawMessage
	if json.Unmarshal(challenge, &members) != nil {
		return e
	}
	get := func(name string) string {
		told := scalar(members[name])
		hidden := hide(told, token)
		if hidden != told && e.Raw == string(challenge) { // it is there with escapes
			e.Raw = redacted
		}
		return hidden
	}
	e.Status, e.Scope, e.OpenIDConfiguration = get("status"), get("scope"), get("openid-configuration")
	e.Schemes = strings.Fields(get("schemes"))
	return e
}

// hide puts *** in the place of the token.
func hide(text string, token Secret) string {
	if token.IsZero() {
		return text
	}
	return strings.ReplaceAll(text, token.Reveal(), redacted)
}

// scalar is the text of a string or a number, "" for all else.
func scalar(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var number json.Number
	if json.Unmarshal(raw, &number) == nil {
		return number.String()
	}
	return ""
}
