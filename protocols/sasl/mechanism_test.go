package sasl_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/sasl"
)

func TestArguments(t *testing.T) {
	p := sasl.NewSecret("p")
	external, plain, login, cram, xoauth2, anonymous := sasl.NewExternal, sasl.NewPlain, sasl.NewLogin, sasl.NewCRAMMD5, sasl.NewXOAuth2, sasl.NewAnonymous
	oauthbearer := func(c *sasl.Credentials) (sasl.Mechanism, error) { return sasl.NewOAuthBearer(c, sasl.Channel{}) }
	badHost := func(c *sasl.Credentials) (sasl.Mechanism, error) {
		return sasl.NewOAuthBearer(c, sasl.Channel{Host: "a\x01b"})
	}
	badPort := func(c *sasl.Credentials) (sasl.Mechanism, error) {
		return sasl.NewOAuthBearer(c, sasl.Channel{Port: 65536})
	}
	for _, c := range []struct {
		name  string
		make  func(*sasl.Credentials) (sasl.Mechanism, error)
		cred  sasl.Credentials
		field string
	}{
		{"PLAIN without a user", plain, sasl.Credentials{Password: p}, "Username"},
		{"PLAIN without a password", plain, sasl.Credentials{Username: "u"}, "Password"},
		{"PLAIN with NUL in the user", plain, sasl.Credentials{Username: "u\x00", Password: p}, "Username"},
		{"PLAIN with NUL in the password", plain, sasl.Credentials{Username: "u", Password: sasl.NewSecret("a\x00b")}, "Password"},
		{"PLAIN with NUL in who to act as", plain, sasl.Credentials{Username: "u", Password: p, AuthorizationID: "\x00"}, "AuthorizationID"},
		{"LOGIN without a user", login, sasl.Credentials{Password: p}, "Username"},
		{"LOGIN with a line end", login, sasl.Credentials{Username: "u\r\n", Password: p}, "Username"},
		{"LOGIN as another user", login, sasl.Credentials{Username: "u", Password: p, AuthorizationID: "a"}, "AuthorizationID"},
		{"CRAM-MD5 without a password", cram, sasl.Credentials{Username: "u"}, "Password"},
		{"CRAM-MD5 as another user", cram, sasl.Credentials{Username: "u", Password: p, AuthorizationID: "a"}, "AuthorizationID"},
		{"XOAUTH2 without a token", xoauth2, sasl.Credentials{Username: "u"}, "Token"},
		{"XOAUTH2 without a user", xoauth2, sasl.Credentials{Token: token("t")}, "Username"},
		{"XOAUTH2 with a separator", xoauth2, sasl.Credentials{Username: "u\x01auth=", Token: token("t")}, "Username"},
		{"XOAUTH2 as another user", xoauth2, sasl.Credentials{Username: "u", AuthorizationID: "a", Token: token("t")}, "AuthorizationID"},
		{"OAUTHBEARER without a token", oauthbearer, sasl.Credentials{Username: "u"}, "Token"},
		{"OAUTHBEARER with a separator", oauthbearer, sasl.Credentials{Username: "u\x01", Token: token("t")}, "Username"},
		{"OAUTHBEARER without UTF-8", oauthbearer, sasl.Credentials{Username: "\xff", Token: token("t")}, "Username"},
		{"OAUTHBEARER with a bad host", badHost, sasl.Credentials{Token: token("t")}, "Host"},
		{"OAUTHBEARER with a bad port", badPort, sasl.Credentials{Token: token("t")}, "Port"},
		{"EXTERNAL with NUL", external, sasl.Credentials{AuthorizationID: "\x00"}, "AuthorizationID"},
		{"ANONYMOUS with a control character", anonymous, sasl.Credentials{Trace: "a\n"}, "Trace"},
		{"ANONYMOUS too long", anonymous, sasl.Credentials{Trace: strings.Repeat("é", 256)}, "Trace"},
		{"ANONYMOUS as another user", anonymous, sasl.Credentials{AuthorizationID: "a"}, "AuthorizationID"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if m, err := c.make(&c.cred); !asArgument(err, c.field) || m != nil {
				t.Errorf("got %v, %v; want an *ArgumentError about %s", m, err, c.field)
			}
		})
	}
}

func TestCRAMMD5RefusesAnEmptyChallenge(t *testing.T) {
	m := of(sasl.NewCRAMMD5, tim)(t)
	start(t, m)
	if got, err := m.Next(ctx, nil); err == nil || got != nil {
		t.Errorf("got %q, %v; want an error", got, err)
	}
}

// A server that accepts who it has not asked is not believed.
func TestAcceptedEarly(t *testing.T) {
	m := of(sasl.NewLogin, tim)(t)
	start(t, m)
	check(t, "LOGIN, nothing", finish(m, nil), sasl.ErrUnfinished)
	next(t, m, "")
	check(t, "LOGIN, the user", finish(m, nil), sasl.ErrUnfinished)
	m = of(sasl.NewCRAMMD5, tim)(t)
	start(t, m)
	check(t, "CRAM-MD5", finish(m, nil), sasl.ErrUnfinished)
}

func TestOAuthErrors(t *testing.T) {
	for _, c := range []struct {
		name, challenge string
		want            sasl.OAuthError
		text            string
	}{
		{"RFC 7628 section 4.3", `{"status":"invalid_token","scope":"example_scope","openid-configuration":"https://example.com/.well-known/openid-config"}`,
			sasl.OAuthError{Status: "invalid_token", Scope: "example_scope", OpenIDConfiguration: "https://example.com/.well-known/openid-config"},
			"sasl: OAUTHBEARER: the server refused the token, status invalid_token, scope example_scope: " + errRefused.Error()},
		{"Gmail", `{"status":"401","schemes":"bearer mac","scope":"https://mail.google.com/"}`,
			sasl.OAuthError{Status: "401", Schemes: []string{"bearer", "mac"}, Scope: "https://mail.google.com/"},
			"sasl: OAUTHBEARER: the server refused the token, status 401, scope https://mail.google.com/: " + errRefused.Error()},
		{"a number", `{"status":401}`, sasl.OAuthError{Status: "401"}, "sasl: OAUTHBEARER: the server refused the token, status 401: " + errRefused.Error()},
		{"other types", `{"status":{"a":1},"scope":null,"schemes":["bearer"]}`, sasl.OAuthError{}, "sasl: OAUTHBEARER: the server refused the token: " + errRefused.Error()},
		{"no object", `[1]`, sasl.OAuthError{}, "sasl: OAUTHBEARER: the server refused the token: " + errRefused.Error()},
		{"no JSON", "go away", sasl.OAuthError{}, "sasl: OAUTHBEARER: the server refused the token: " + errRefused.Error()},
		{"empty", "", sasl.OAuthError{}, "sasl: OAUTHBEARER: the server refused the token: " + errRefused.Error()},
		{"for terminals", `{"status":"\u001b[2J"}`, sasl.OAuthError{Status: "\x1b[2J"},
			"sasl: OAUTHBEARER: the server refused the token, status ?[2J: " + errRefused.Error()},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := bearer(&sasl.Credentials{Token: token("t0ken")}, sasl.Channel{})(t)
			start(t, m)
			check(t, "response", next(t, m, c.challenge), "\x01")
			err := finish(m, errRefused)
			var got *sasl.OAuthError
			if !errors.As(err, &got) || !errors.Is(err, errRefused) {
				t.Fatalf("got %v, want *OAuthError around the refusal", err)
			}
			check(t, "Status", got.Status, c.want.Status)
			check(t, "Scope", got.Scope, c.want.Scope)
			check(t, "Schemes", strings.Join(got.Schemes, ","), strings.Join(c.want.Schemes, ","))
			check(t, "OpenIDConfiguration", got.OpenIDConfiguration, c.want.OpenIDConfiguration)
			check(t, "Raw", got.Raw, c.challenge)
			check(t, "text", got.Error(), c.text)
		})
	}
}

func TestOAuthErrorsHideTheToken(t *testing.T) {
	m := bearer(&sasl.Credentials{Token: token("t0/ken")}, sasl.Channel{})(t)
	start(t, m)
	next(t, m, `{"status":"bad t0/ken","scope":"t0\/ken","schemes":"t0\u002fken","openid-configuration":"https://x/t0/ken"}`)
	var got *sasl.OAuthError
	if !errors.As(finish(m, errRefused), &got) {
		t.Fatal("got no *OAuthError")
	}
	check(t, "Status", got.Status, "bad ***")
	check(t, "Scope", got.Scope, "***")
	check(t, "Schemes", got.Schemes[0], "***")
	check(t, "OpenIDConfiguration", got.OpenIDConfiguration, "https://x/***")
	check(t, "Raw", strings.Contains(got.Raw, "t0/ken"), false)

	m = bearer(&sasl.Credentials{Token: token("t0/ken")}, sasl.Channel{})(t)
	start(t, m)
	next(t, m, `{"status":"t0\/ken"}`)
	if !errors.As(finish(m, errRefused), &got) {
		t.Fatal("got no *OAuthError")
	}
	check(t, "Raw with escapes", got.Raw, "***")
}

// Without a reason the refusal stands for itself.
func TestOAuthRefusedWithoutAReason(t *testing.T) {
	m := bearer(&sasl.Credentials{Token: token("t")}, sasl.Channel{})(t)
	start(t, m)
	check(t, "end", finish(m, errRefused), errRefused)
}
