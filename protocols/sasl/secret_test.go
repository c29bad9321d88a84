package sasl_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/sasl"
)

const hidden = "hunter2hunter2"

func TestSecret(t *testing.T) {
	s := sasl.NewSecret(hidden)
	check(t, "Reveal", s.Reveal(), hidden)
	check(t, "IsZero", s.IsZero(), false)
	check(t, "zero", sasl.Secret{}.IsZero(), true)
	check(t, "empty", sasl.NewSecret(""), sasl.Secret{})
	check(t, "Reveal of zero", sasl.Secret{}.Reveal(), "")
	check(t, "String", s.String(), "***")
	check(t, "GoString", s.GoString(), "***")
}

// Nothing that holds a secret shows it, however it is printed.
func TestNothingPrintsASecret(t *testing.T) {
	secret := sasl.NewSecret(hidden)
	c := &sasl.Credentials{Username: "alice", Password: secret, Token: token(hidden)}
	cache := sasl.NewCachedToken(token(hidden), time.Now, 0)
	if _, err := cache.Token(ctx); err != nil {
		t.Fatal(err)
	}
	things := map[string]any{
		"secret": secret, "pointer": &secret, "credentials": c, "value": *c, "token": sasl.Token{Value: secret}, "cache": cache,
		"inside":    struct{ c sasl.Credentials }{*c},
		"unexposed": struct{ s sasl.Secret }{secret},
		"step":      sasl.Step{Response: []byte(hidden), Send: true},
		"list":      []sasl.Secret{secret},
	}
	for _, name := range []string{"SCRAM-SHA-256", "SCRAM-SHA-1", "OAUTHBEARER", "XOAUTH2", "PLAIN", "LOGIN", "CRAM-MD5"} {
		c.AllowInsecure = true
		m, err := sasl.Choose([]string{name}, c, sasl.Channel{})
		v := sasl.NewConversation(made(t, m, err), nil)
		says(t, v.Start(false))
		things["conversation "+name], things["mechanism "+name] = v, m
	}
	for name, thing := range things {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %[1]v"} {
			mustHide(t, name+" "+verb, fmt.Sprintf(verb, thing))
		}
		if encoded, err := json.Marshal(thing); err == nil {
			mustHide(t, name+" JSON", string(encoded))
		}
		var out bytes.Buffer
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "thing", thing)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "thing", thing)
		mustHide(t, name+" slog", out.String())
	}
}

// mustHide looks for the secret as text, as bytes in decimal, in hexadecimal and in base64.
func mustHide(t *testing.T, what, printed string) {
	t.Helper()
	decimal := strings.Trim(fmt.Sprint([]byte(hidden)), "[]")
	hex := fmt.Sprintf("%x", hidden)
	for _, form := range []string{hidden, decimal, hex, strings.ToUpper(hex), strings.TrimRight(string(b64(hidden)), "=")} {
		if strings.Contains(printed, form) {
			t.Errorf("%s: got %q, want the secret hidden", what, printed)
		}
	}
}

// No error of any mechanism holds the password, whatever is wrong with it and whatever the server says.
func TestNoErrorHoldsASecret(t *testing.T) {
	for _, odd := range []string{"", "\x00", "\x07", "\xff", "\u0627"} {
		c := &sasl.Credentials{Username: "u", Password: sasl.NewSecret(hidden + odd), Token: token(hidden + odd), AllowInsecure: true}
		for _, name := range []string{"SCRAM-SHA-256", "OAUTHBEARER", "XOAUTH2", "PLAIN", "LOGIN", "CRAM-MD5"} {
			m, err := sasl.Choose([]string{name}, c, sasl.Channel{})
			if err != nil {
				mustHide(t, name, fmt.Sprintf("%v %+v %#v", err, err, err))
				continue
			}
			for _, challenge := range []string{"!", "", string(b64("x")), string(b64("r=" + hidden)), string(b64(`{"status":"` + hidden + odd + `"}`))} {
				v := sasl.NewConversation(m, nil)
				_, err := now(t, v.Start(true))
				for range 3 {
					if err == nil {
						_, err = now(t, v.Next([]byte(challenge)))
					}
				}
				mustHide(t, name, fmt.Sprintf("%v %+v %#v %v", err, err, err, v.Finish(errRefused)))
			}
		}
	}
}
