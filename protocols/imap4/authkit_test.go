package imap4_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/sasl"
)

// prompt is a mechanism that answers at once, although it could block: a clock in memory has nobody to work beside it.
type prompt struct{ sasl.Mechanism }

func (p prompt) Finish(verdict error) error {
	if f, ok := p.Mechanism.(sasl.Finisher); ok {
		return f.Finish(verdict)
	}
	return verdict
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// nonce is a source of chance that makes this nonce, which is base64.
func nonce(text string) *base64Reader { return &base64Reader{text} }

type base64Reader struct{ text string }

func (r *base64Reader) Read(p []byte) (int, error) {
	return base64.NewDecoder(base64.StdEncoding, strings.NewReader(r.text)).Read(p)
}

func tim() *sasl.Credentials {
	return &sasl.Credentials{Username: "tim", Password: sasl.NewSecret("tanstaaftanstaaf")}
}

func pencil(nonceText string) *sasl.Credentials {
	return &sasl.Credentials{Username: "user", Password: sasl.NewSecret("pencil"), Rand: nonce(nonceText)}
}

func fixedToken(value string) sasl.TokenSource {
	return sasl.TokenFunc(func(context.Context) (sasl.Token, error) { return sasl.Token{Value: sasl.NewSecret(value)}, nil })
}

// made is the mechanism without the error that there is none of.
func made(m sasl.Mechanism, err error) sasl.Mechanism {
	if err != nil {
		panic(err)
	}
	return prompt{m}
}

// saslTalk is a mechanism's part in an AUTHENTICATE: the initial response, and challenges with their answers, in the clear.
type saslTalk struct {
	name    string
	make    func() sasl.Mechanism
	initial string // "-" for none
	rounds  [][2]string
}

const (
	scram1Nonce = "fyko+d2lbbFgONRv9qkxdawL"
	scram1First = "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"
	scram1Proof = "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="
	scram1Final = "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="
)

// The examples of the RFCs.
var saslTalks = []saslTalk{
	{"PLAIN", func() sasl.Mechanism { return made(sasl.NewPlain(tim())) }, "\x00tim\x00tanstaaftanstaaf", nil},
	{"LOGIN", func() sasl.Mechanism { return made(sasl.NewLogin(tim())) }, "-",
		[][2]string{{"Username:", "tim"}, {"Password:", "tanstaaftanstaaf"}}},
	{"CRAM-MD5", func() sasl.Mechanism { return made(sasl.NewCRAMMD5(tim())) }, "-",
		[][2]string{{"<1896.697170952@postoffice.reston.mci.net>", "tim b913a602c7eda7a495b4e6e7334d3890"}}},
	{"SCRAM-SHA-1", func() sasl.Mechanism { return made(sasl.NewSCRAM(sasl.SHA1, pencil(scram1Nonce), false)) }, "n,,n=user,r=" + scram1Nonce,
		[][2]string{{scram1First, scram1Proof}, {scram1Final, ""}}},
	{"SCRAM-SHA-256", func() sasl.Mechanism {
		return made(sasl.NewSCRAM(sasl.SHA256, pencil("rOprNGfwEbeRWgbNEkqOAAAA"), true))
	},
		"y,,n=user,r=rOprNGfwEbeRWgbNEkqOAAAA", nil},
	{"OAUTHBEARER", func() sasl.Mechanism {
		return made(sasl.NewOAuthBearer(&sasl.Credentials{Username: "user@example.com", Token: fixedToken("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==")},
			sasl.Channel{Host: "server.example.com", Port: 143}))
	}, "n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01", nil},
	{"XOAUTH2", func() sasl.Mechanism {
		return made(sasl.NewXOAuth2(&sasl.Credentials{Username: "user@example.com", Token: fixedToken("vF9d")}))
	}, "user=user@example.com\x01auth=Bearer vF9d\x01\x01", nil},
	{"EXTERNAL", func() sasl.Mechanism { return made(sasl.NewExternal(&sasl.Credentials{})) }, "", nil},
	{"EXTERNAL as somebody else", func() sasl.Mechanism { return made(sasl.NewExternal(&sasl.Credentials{AuthorizationID: "fred"})) }, "fred", nil},
	{"ANONYMOUS", func() sasl.Mechanism { return made(sasl.NewAnonymous(&sasl.Credentials{Trace: "sirhc"})) }, "sirhc", nil},
}

func (s *session) authenticateWith(m sasl.Mechanism) {
	track(s.user, "AUTHENTICATE", s.AuthenticateWith(m))
}

func (s *session) authenticate(c *sasl.Credentials) {
	track(s.user, "AUTHENTICATE", s.Authenticate(c))
}

// offering is a session whose server has greeted with these capabilities.
func offering(t testing.TB, capabilities string) *session {
	t.Helper()
	s := start(t, newUser(nil))
	s.server("* OK [CAPABILITY IMAP4rev1 " + capabilities + "] ready\r\n")
	s.take()
	return s
}

// named is a mechanism of that name.
type named struct{ name string }

func (m named) Name() string                                             { return m.name }
func (m named) Start(context.Context) ([]byte, bool, error)              { return []byte("me"), true, nil }
func (m named) Next(_ context.Context, challenge []byte) ([]byte, error) { return challenge, nil }
