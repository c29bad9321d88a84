package sasl_test

import (
	"testing"

	"github.com/tconn/tconn/protocols/sasl"
)

// exchange is a conversation as it has to be: each pair is a challenge and its answer.
type exchange struct {
	name    string
	make    func(t *testing.T) sasl.Mechanism
	initial string // "(none)" if the server begins
	pairs   [][2]string
}

// scramOf is SCRAM with a nonce that is known.
func scramOf(h sasl.Hash, c *sasl.Credentials, downgraded bool, nonce string) func(t *testing.T) sasl.Mechanism {
	return func(t *testing.T) sasl.Mechanism {
		t.Helper()
		m, err := sasl.NewSCRAM(h, c, downgraded)
		made(t, m, err)
		sasl.SetNonce(m, nonce)
		return m
	}
}

// bound is the same with channel binding to the bytes 0 to 31.
func bound(h sasl.Hash, gs2, nonce string) func(t *testing.T) sasl.Mechanism {
	data := make([]byte, 32)
	for i := range data {
		data[i] = byte(i)
	}
	return func(t *testing.T) sasl.Mechanism {
		t.Helper()
		m := scramOf(h, pencil(), false, nonce)(t)
		sasl.SetBinding(m, gs2, data)
		return m
	}
}

func of(f func(*sasl.Credentials) (sasl.Mechanism, error), c *sasl.Credentials) func(t *testing.T) sasl.Mechanism {
	return func(t *testing.T) sasl.Mechanism {
		t.Helper()
		m, err := f(c)
		return made(t, m, err)
	}
}

func bearer(c *sasl.Credentials, ch sasl.Channel) func(t *testing.T) sasl.Mechanism {
	return func(t *testing.T) sasl.Mechanism {
		t.Helper()
		m, err := sasl.NewOAuthBearer(c, ch)
		return made(t, m, err)
	}
}

const oauthToken = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="

var tim = &sasl.Credentials{Username: "tim", Password: sasl.NewSecret("tanstaaftanstaaf")}

var exchanges = []exchange{
	{"RFC 4616 PLAIN", of(sasl.NewPlain, tim), "\x00tim\x00tanstaaftanstaaf", nil},
	{"RFC 4616 PLAIN as another user", of(sasl.NewPlain, &sasl.Credentials{
		AuthorizationID: "Ursel", Username: "Kurt", Password: sasl.NewSecret("xipj3plmq")}), "Ursel\x00Kurt\x00xipj3plmq", nil},
	{"LOGIN", of(sasl.NewLogin, tim), "(none)", [][2]string{{"Username:", "tim"}, {"Password:", "tanstaaftanstaaf"}}},
	{"LOGIN with odd prompts", of(sasl.NewLogin, tim), "(none)", [][2]string{{"", "tim"}, {"\x00", "tanstaaftanstaaf"}}},
	{"RFC 2195 CRAM-MD5", of(sasl.NewCRAMMD5, tim), "(none)", [][2]string{
		{"<1896.697170952@postoffice.reston.mci.net>", "tim b913a602c7eda7a495b4e6e7334d3890"}}},
	{"CRAM-MD5 beyond ASCII", of(sasl.NewCRAMMD5, &sasl.Credentials{Username: "a b", Password: sasl.NewSecret("päss")}), "(none)", [][2]string{
		{"<1@x>", "a b bb247d155f06aeb33d94855bf8352f4e"}}},
	{"RFC 5802 SCRAM-SHA-1", scramOf(sasl.SHA1, pencil(), false, "fyko+d2lbbFgONRv9qkxdawL"),
		"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL", [][2]string{
			{"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
				"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="},
			{"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", ""}}},
	{"RFC 7677 SCRAM-SHA-256", scramOf(sasl.SHA256, pencil(), false, "rOprNGfwEbeRWgbNEkqO"),
		"n,,n=user,r=rOprNGfwEbeRWgbNEkqO", [][2]string{
			{"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
				"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="},
			{"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", ""}}},
	{"SCRAM-SHA-256 with names to escape and a password to prepare", scramOf(sasl.SHA256, &sasl.Credentials{
		Username: "je\u0301,r", Password: sasl.NewSecret("pa\u0308ss\u00a0\u00bd"), AuthorizationID: "ad,min="}, false, "clientnonce"),
		"n,a=ad=2Cmin=3D,n=jé=2Cr,r=clientnonce", [][2]string{
			{"r=clientnonceSERVER,s=AAECAwQFBgcICQoLDA0ODw==,i=5000",
				"c=bixhPWFkPTJDbWluPTNELA==,r=clientnonceSERVER,p=urGpwlZAcLUHJ83k33xag8ilJb9rPDFERsX90VHVxFY="},
			{"v=99gAVwRkq7AeZc4crlafRQJaITnq9/4B4mLMiWVzwSE=", ""}}},
	{"SCRAM-SHA-1 that could have been bound", scramOf(sasl.SHA1, &sasl.Credentials{
		Username: "user", Password: sasl.NewSecret("\u2168")}, true, "clientnonce"),
		"y,,n=user,r=clientnonce", [][2]string{
			{"r=clientnonceSERVER,s=c2FsdA==,i=4096", "c=eSws,r=clientnonceSERVER,p=gSW3z1IOa6/cDr9f46wSmBS8/Yo="},
			{"v=0KhITQln8pXAQ5kDxNo5XL4+HDU=", ""}}},
	{"SCRAM-SHA-256-PLUS", bound(sasl.SHA256, "p=tls-unique,,", "clientnonce"),
		"p=tls-unique,,n=user,r=clientnonce", [][2]string{
			{"r=clientnonceSERVER,s=c2FsdHk=,i=4096",
				"c=cD10bHMtdW5pcXVlLCwAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHw==,r=clientnonceSERVER," +
					"p=HP+U2ihJaW+JJxRuY4R0YjWrBAMEUcazELso3lVs3hA="},
			{"v=uRga52g4Z1hA7ff8GsPl0+7q31k1NQ8wvXiixwelnWg=", ""}}},
	{"SCRAM-SHA-1-PLUS as another user", bound(sasl.SHA1, "p=tls-server-end-point,a=boss,", "clientnonce"),
		"p=tls-server-end-point,a=boss,n=user,r=clientnonce", [][2]string{
			{"r=clientnonceSERVER,s=c2FsdHk=,i=4096",
				"c=cD10bHMtc2VydmVyLWVuZC1wb2ludCxhPWJvc3MsAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,r=clientnonceSERVER," +
					"p=UOQ70IUJG7sNmCXTOXA+ONyhwCc="},
			{"v=eKYmqeh3IpSZs3wN+Kgjr6Kr7Fc=", ""}}},
	{"SCRAM ignores extensions that are not mandatory", bound(sasl.SHA256, "p=tls-unique,,", "clientnonce"),
		"p=tls-unique,,n=user,r=clientnonce", [][2]string{
			{"r=clientnonceSERVER,s=c2FsdHk=,i=4096,x=y,z=", "c=cD10bHMtdW5pcXVlLCwAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHw==," +
				"r=clientnonceSERVER,p=WzVg0/CKvbvzg131v2wVuU3+SHD5dFJCVoCrQUBJGpk="},
			{"v=nM2WGYnNSmMj59e6BgYfDcjf3PLsObIMtItiiHSM1Us=,x=", ""}}},
	{"RFC 7628 OAUTHBEARER", bearer(&sasl.Credentials{Username: "user@example.com", Token: token(oauthToken)},
		sasl.Channel{Host: "server.example.com", Port: 143}),
		"n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer " + oauthToken + "\x01\x01", nil},
	{"OAUTHBEARER with nothing but a token", bearer(&sasl.Credentials{Token: token("t")}, sasl.Channel{}), "n,,\x01auth=Bearer t\x01\x01", nil},
	{"OAUTHBEARER as another user", bearer(&sasl.Credentials{Username: "u", AuthorizationID: "a=b,c", Token: token("t")}, sasl.Channel{}),
		"n,a=a=3Db=2Cc,\x01auth=Bearer t\x01\x01", nil},
	{"OAUTHBEARER refused", bearer(&sasl.Credentials{Token: token("t")}, sasl.Channel{}), "n,,\x01auth=Bearer t\x01\x01",
		[][2]string{{`{"status":"invalid_token"}`, "\x01"}}},
	{"XOAUTH2", of(sasl.NewXOAuth2, &sasl.Credentials{Username: "someuser@example.com", Token: token("ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg")}),
		"user=someuser@example.com\x01auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\x01\x01", nil},
	{"XOAUTH2 refused", of(sasl.NewXOAuth2, &sasl.Credentials{Username: "u", Token: token("t")}), "user=u\x01auth=Bearer t\x01\x01",
		[][2]string{{`{"status":"401","schemes":"bearer mac","scope":"https://mail.google.com/"}`, ""}}},
	{"EXTERNAL", of(sasl.NewExternal, &sasl.Credentials{}), "", nil},
	{"EXTERNAL as another user", of(sasl.NewExternal, &sasl.Credentials{AuthorizationID: "fred"}), "fred", nil},
	{"RFC 4505 ANONYMOUS", of(sasl.NewAnonymous, &sasl.Credentials{Trace: "sirhc"}), "sirhc", nil},
	{"ANONYMOUS without a trace", of(sasl.NewAnonymous, &sasl.Credentials{}), "", nil},
}

func TestExchanges(t *testing.T) {
	for _, x := range exchanges {
		t.Run(x.name, func(t *testing.T) {
			m := x.make(t)
			check(t, "initial response", start(t, m), x.initial)
			for _, pair := range x.pairs {
				check(t, "answer to "+pair[0], next(t, m, pair[0]), pair[1])
			}
			check(t, "refusal", finishesWith(m), true)
		})
	}
}

// finishesWith tells whether the mechanism ends with the refusal it is given, or one around it.
func finishesWith(m sasl.Mechanism) bool {
	err := finish(m, errRefused)
	for err != nil && err != errRefused {
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return false
		}
		err = u.Unwrap()
	}
	return err == errRefused
}

func TestSuccess(t *testing.T) {
	for _, x := range exchanges {
		t.Run(x.name, func(t *testing.T) {
			m := x.make(t)
			start(t, m)
			for _, pair := range x.pairs {
				next(t, m, pair[0])
			}
			if err := finish(m, nil); err != nil {
				t.Errorf("got %v, want success", err)
			}
		})
	}
}

// One challenge more than a mechanism has ends it.
func TestOneChallengeTooMany(t *testing.T) {
	for _, x := range exchanges {
		t.Run(x.name, func(t *testing.T) {
			m := x.make(t)
			start(t, m)
			for _, pair := range x.pairs {
				next(t, m, pair[0])
			}
			if b, ok := m.(sasl.Blocker); ok && b.Blocks() {
				t.Error("got Blocks, want nothing left to do")
			}
			var got []byte
			var err error
			for range 2 { // a refused OAuth token takes one
				got, err = m.Next(ctx, []byte("one more"))
			}
			if _, ok := err.(*sasl.ChallengeError); !ok || got != nil {
				t.Errorf("got %q, %v; want a *ChallengeError", got, err)
			}
		})
	}
}
