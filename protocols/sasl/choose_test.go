package sasl_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/sasl"
)

// everything is what a server can offer that this package knows, weakest first.
var everything = []string{"ANONYMOUS", "LOGIN", "PLAIN", "CRAM-MD5", "EXTERNAL", "XOAUTH2", "OAUTHBEARER", "SCRAM-SHA-1", "SCRAM-SHA-256",
	"SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"}

var (
	clear  = sasl.Channel{}
	loose  = sasl.Channel{TLS: &tls.ConnectionState{Version: tls.VersionTLS13}} // cannot be bound
	tight  = sasl.Channel{TLS: &tls.ConnectionState{Version: tls.VersionTLS12, TLSUnique: []byte("unique")}}
	byCert = sasl.Channel{TLS: loose.TLS, ClientCertificate: true}
)

func without(names ...string) []string {
	return slices.DeleteFunc(slices.Clone(everything), func(s string) bool { return slices.Contains(names, s) })
}

// preference takes away the first choice until there is none.
func preference(t *testing.T, offered []string, c *sasl.Credentials, ch sasl.Channel) string {
	t.Helper()
	offered = slices.Clone(offered)
	var chosen []string
	for {
		m, err := sasl.Choose(offered, c, ch)
		if err != nil {
			var no *sasl.NoMechanismError
			if !errors.As(err, &no) {
				t.Fatalf("got %v, want *NoMechanismError at the end", err)
			}
			return strings.Join(chosen, " ")
		}
		chosen = append(chosen, m.Name())
		offered = slices.DeleteFunc(offered, func(s string) bool { return strings.EqualFold(s, m.Name()) })
	}
}

func TestChooseOrder(t *testing.T) {
	password := func() *sasl.Credentials { return pencil() }
	all := func() *sasl.Credentials {
		c := pencil()
		c.Token, c.External, c.Anonymous = token("t"), true, true
		return c
	}
	with := func(c *sasl.Credentials, change func(*sasl.Credentials)) *sasl.Credentials { change(c); return c }
	for _, c := range []struct {
		name string
		cred *sasl.Credentials
		ch   sasl.Channel
		want string
	}{
		{"password, TLS that can be bound", password(), tight,
			"SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN CRAM-MD5"},
		{"password, TLS", password(), loose, "SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN CRAM-MD5"},
		{"password, in the clear", password(), clear, "SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5"},
		{"password, in the clear and allowed", with(password(), func(c *sasl.Credentials) { c.AllowInsecure = true }), clear,
			"SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN"},
		{"all, TLS", all(), loose, "SCRAM-SHA-256 SCRAM-SHA-1 OAUTHBEARER XOAUTH2 EXTERNAL PLAIN LOGIN CRAM-MD5 ANONYMOUS"},
		{"all, in the clear", all(), clear, "SCRAM-SHA-256 SCRAM-SHA-1 EXTERNAL CRAM-MD5 ANONYMOUS"},
		{"token", &sasl.Credentials{Username: "u", Token: token("t")}, loose, "OAUTHBEARER XOAUTH2"},
		{"token without a name", &sasl.Credentials{Token: token("t")}, loose, "OAUTHBEARER"},
		{"token, in the clear", &sasl.Credentials{Username: "u", Token: token("t")}, clear, ""},
		{"as another user", with(all(), func(c *sasl.Credentials) { c.AuthorizationID = "boss" }), loose,
			"SCRAM-SHA-256 SCRAM-SHA-1 OAUTHBEARER EXTERNAL PLAIN"},
		{"a password that SASLprep prohibits", &sasl.Credentials{Username: "u", Password: sasl.NewSecret("a\tb")}, tight, "PLAIN LOGIN CRAM-MD5"},
		{"client certificate alone", &sasl.Credentials{}, byCert, "EXTERNAL"},
		{"client certificate and password", password(), byCert, "SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN CRAM-MD5"},
		{"nothing", &sasl.Credentials{}, loose, ""},
		{"a user without a password", &sasl.Credentials{Username: "u"}, loose, ""},
		{"a password without a user", &sasl.Credentials{Password: sasl.NewSecret("p")}, loose, ""},
		{"named", with(all(), func(c *sasl.Credentials) { c.Mechanisms = []string{"login", "SCRAM-SHA-1", "Plain"} }), loose, "LOGIN SCRAM-SHA-1 PLAIN"},
		{"named, in the clear", with(all(), func(c *sasl.Credentials) { c.Mechanisms = []string{"PLAIN", "LOGIN"} }), clear, ""},
		{"none named", with(all(), func(c *sasl.Credentials) { c.Mechanisms = []string{} }), loose, ""},
		{"no binding allowed", with(password(), func(c *sasl.Credentials) { c.ChannelBindings = []string{} }), tight,
			"SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN CRAM-MD5"},
		{"a binding that is not there", with(password(), func(c *sasl.Credentials) { c.ChannelBindings = []string{"tls-exporter"} }), tight,
			"SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN CRAM-MD5"},
	} {
		t.Run(c.name, func(t *testing.T) { check(t, "order", preference(t, everything, c.cred, c.ch), c.want) })
	}
}

func TestChooseIgnoresCase(t *testing.T) {
	m, err := sasl.Choose([]string{"scram-Sha-256"}, pencil(), clear)
	check(t, "name", made(t, m, err).Name(), "SCRAM-SHA-256")
}

// What the server is told of channel binding (RFC 5802 section 6).
func TestChooseTellsOfChannelBinding(t *testing.T) {
	plain := pencil()
	plain.Mechanisms = []string{"SCRAM-SHA-256", "SCRAM-SHA-1"}
	for _, c := range []struct {
		name    string
		offered []string
		cred    *sasl.Credentials
		ch      sasl.Channel
		want    string
	}{
		{"bound", everything, pencil(), tight, "p=tls-unique,,"},
		{"not offered, though it could be", without("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS"), pencil(), tight, "y,,"},
		{"offered with another hash only, and ruled out", without("SCRAM-SHA-256-PLUS"), plain, tight, "n,,"},
		{"not offered, and ruled out", without("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS"), plain, tight, "n,,"},
		{"offered with a hash that is not known", append(without("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS"), "scram-sha-512-plus"), pencil(), tight, "n,,"},
		{"cannot be bound", everything, pencil(), loose, "n,,"},
		{"in the clear", everything, pencil(), clear, "n,,"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := sasl.Choose(c.offered, c.cred, c.ch)
			check(t, "header", sasl.GS2(made(t, m, err)), c.want)
		})
	}
}

func TestNoMechanism(t *testing.T) {
	for _, c := range []struct {
		name    string
		offered []string
		cred    *sasl.Credentials
		ch      sasl.Channel
		want    string
	}{
		{"needs TLS", []string{"PLAIN", "login", "DIGEST-MD5"}, pencil(), clear,
			"the server offers PLAIN LOGIN DIGEST-MD5; usable here: SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5; " +
				"PLAIN, LOGIN would show the secret to all who listen: use TLS, or allow it with AllowInsecure"},
		{"needs a token", []string{"XOAUTH2"}, pencil(), loose,
			"the server offers XOAUTH2; usable here: SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN CRAM-MD5; XOAUTH2 needs Token"},
		{"needs a password", []string{"PLAIN"}, &sasl.Credentials{}, loose, "the server offers PLAIN; usable here: none; PLAIN needs Username and Password"},
		{"needs binding", []string{"SCRAM-SHA-256-PLUS"}, pencil(), clear,
			"the server offers SCRAM-SHA-256-PLUS; usable here: SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5; SCRAM-SHA-256-PLUS needs TLS with channel binding"},
		{"needs to be asked for", []string{"ANONYMOUS", "EXTERNAL"}, &sasl.Credentials{}, loose,
			"the server offers ANONYMOUS EXTERNAL; usable here: none; EXTERNAL needs External, or a client certificate and nothing else; ANONYMOUS needs Anonymous"},
		{"cannot be made", []string{"SCRAM-SHA-1"}, &sasl.Credentials{Username: "u\xff", Password: sasl.NewSecret("p")}, clear,
			"the server offers SCRAM-SHA-1; usable here: CRAM-MD5; SCRAM-SHA-1: Username is not valid UTF-8"},
		{"unknown", []string{"GSSAPI", "X\r\nY"}, pencil(), loose,
			"the server offers GSSAPI X??Y; usable here: SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN CRAM-MD5; none of those offered is known or allowed"},
		{"nothing offered, in the clear", nil, pencil(), clear,
			"the server offers none; usable here: SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5; it may offer more under TLS"},
		{"nothing offered, under TLS", nil, &sasl.Credentials{}, loose, "the server offers none; usable here: none; none of those offered is known or allowed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := sasl.Choose(c.offered, c.cred, c.ch)
			if m != nil {
				t.Fatalf("got %s, want none", m.Name())
			}
			check(t, "error", err.Error(), "sasl: no mechanism to authenticate with: "+c.want)
		})
	}
	_, err := sasl.Choose([]string{"SCRAM-SHA-1"}, &sasl.Credentials{Username: "u\xff", Password: sasl.NewSecret("p")}, clear)
	check(t, "cause", asArgument(err, "Username"), true)
}

// A server may offer a great many: the error stays short.
func TestNoMechanismIsShort(t *testing.T) {
	offered := make([]string, 1000)
	for i := range offered {
		offered[i] = fmt.Sprintf("X-%d-%s", i, strings.Repeat("Y", 1000))
	}
	_, err := sasl.Choose(offered, pencil(), loose)
	if n := len(err.Error()); n > 2500 {
		t.Errorf("got an error of %d bytes, want at most 2500", n)
	}
}

func TestChooseArguments(t *testing.T) {
	c := pencil()
	c.Mechanisms = []string{"SCRAM-SHA256"}
	_, err := sasl.Choose(everything, c, tight)
	check(t, "unknown mechanism", asArgument(err, "Mechanisms"), true)
	c = pencil()
	c.ChannelBindings = []string{"tls-unique", "tls"}
	_, err = sasl.Choose(everything, c, tight)
	check(t, "unknown binding", asArgument(err, "ChannelBindings"), true)
}

func TestChooseOnesOwn(t *testing.T) {
	makes := func(m sasl.Mechanism, err error) func(*sasl.Credentials, sasl.Channel) (sasl.Mechanism, error) {
		return func(*sasl.Credentials, sasl.Channel) (sasl.Mechanism, error) { return m, err }
	}
	c := pencil()
	c.Authenticators = []sasl.Authenticator{
		{Name: "x-broken", New: makes(nil, errOdd)},
		{Name: "X-EMPTY", New: makes(nil, nil)},
		{Name: "X-NIL"},
		{Name: "x-odd", NeedsTLS: true, New: makes(odd{}, nil)},
		{Name: "PLAIN", New: makes(odd{fails: true}, nil)},
	}
	offered := []string{"SCRAM-SHA-1", "PLAIN", "X-ODD", "X-NIL", "X-EMPTY", "X-BROKEN"}
	for _, s := range []struct {
		name string
		ch   sasl.Channel
		only []string
		want sasl.Mechanism
	}{
		{"under TLS", loose, nil, odd{}},
		{"in the clear", clear, nil, odd{fails: true}},
		{"named", loose, []string{"Plain", "X-Odd"}, odd{fails: true}},
	} {
		c.Mechanisms = s.only
		m, err := sasl.Choose(offered, c, s.ch)
		check(t, s.name, made(t, m, err), s.want)
	}
	c.Mechanisms = nil
	_, err := sasl.Choose([]string{"X-BROKEN", "X-EMPTY"}, c, loose)
	if !errors.Is(err, errOdd) || !strings.Contains(err.Error(), "X-EMPTY: Authenticators makes no mechanism") {
		t.Errorf("got %v, want both reasons", err)
	}
}
