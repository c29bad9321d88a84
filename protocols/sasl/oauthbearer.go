package sasl

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// NewOAuthBearer proves by an OAuth 2.0 token (RFC 7628). It wants Token and says who the user is, AuthorizationID or else Username, and
// Channel's Host and Port, each if there is one. It is a Blocker.
//
// Fails with: *ArgumentError. When the server refuses the authentication ends with *OAuthError.
func NewOAuthBearer(c *Credentials, ch Channel) (Mechanism, error) {
	const name = "OAUTHBEARER"
	b, err := newBearer(name, c)
	if err != nil {
		return nil, err
	}
	for _, f := range []struct{ field, text string }{{"AuthorizationID", c.AuthorizationID}, {"Username", c.Username}, {"Host", ch.Host}} {
		if err := checkText(name, f.field, f.text); err != nil {
			return nil, err
		}
	}
	if !utf8.ValidString(c.name()) {
		return nil, &ArgumentError{Mechanism: name, Field: "Username", Reason: "is not valid UTF-8"}
	}
	if ch.Port < 0 || ch.Port > 65535 {
		return nil, &ArgumentError{Mechanism: name, Field: "Port", Reason: "is out of range"}
	}
	user := c.name()
	b.dummy = "\x01"
	b.first = func(token string) string {
		out := gs2Header("n", user) + "\x01"
		if ch.Host != "" {
			out += "host=" + ch.Host + "\x01"
		}
		if ch.Port != 0 {
			out += "port=" + strconv.Itoa(ch.Port) + "\x01"
		}
		return out + "auth=Bearer " + token + "\x01\x01"
	}
	return b, nil
}

// gs2Header (RFC 5801 section 4): flag says what there is of channel binding.
//
//	gs2-header = gs2-cbind-flag "," [ "a=" saslname ] ","
func gs2Header(flag, authzid string) string {
	if authzid != "" {
		authzid = "a=" + saslName(authzid)
	}
	return flag + "," + authzid + ","
}

// saslName escapes what separates.
func saslName(s string) string {
	return strings.NewReplacer("=", "=3D", ",", "=2C").Replace(s)
}
