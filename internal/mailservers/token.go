package mailservers

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"
)

// tokenSecret signs the bearer tokens of the test users; Dovecot knows it, too.
const tokenSecret = "the secret of the test servers"

// tokenLife is longer than any test lets a token live: it was issued in the past by every clock, a server's cached one too.
const tokenLife = 24 * time.Hour

// Token answers a bearer token with which user can log in by XOAUTH2 or OAUTHBEARER until the time expires, on the server that offers
// these: Dovecot. A time in the past makes one that is refused.
func (s *Server) Token(t testing.TB, user string, expires time.Time) string {
	t.Helper()
	token, err := signToken(user, expires)
	if err != nil {
		t.Fatal(wrong(err))
	}
	return token
}

// signToken makes a JSON web token (RFC 7519) signed with HMAC-SHA-256.
func signToken(user string, expires time.Time) (string, error) {
	encode := base64.RawURLEncoding.EncodeToString
	claims, err := json.Marshal(map[string]any{"sub": user, "iat": expires.Add(-tokenLife).Unix(), "exp": expires.Unix()})
	if err != nil {
		return "", err
	}
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(claims)
	mac := hmac.New(sha256.New, []byte(tokenSecret))
	_, _ = mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil)), nil
}
