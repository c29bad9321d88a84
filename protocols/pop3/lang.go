package pop3

import (
	"strings"

	"github.com/tconn/tconn/deferred"
)

// Language is one in which the server can write its texts.
type Language struct {
	Tag         string // as in RFC 5646: "en", "de-AT"
	Description string // in that language
}

// Languages asks in which languages the server can write its texts.
//
// Command: LANG (RFC 6856 section 3.2). Legal in: any state.
// Fires with: the languages, the caller's. Fails with: *ResponseError, from a server without it, too; *CommandError; more lines than Limits.Listing
// end the connection.
func (c *Client) Languages() *deferred.Deferred[[]Language] {
	return listing(c, anyState, "LANG", "a language", language)
}

// Lang has the server write its texts in a language, or in its own one for "*".
//
// Command: LANG tag (RFC 6856 section 3.2). Legal in: any state.
// Fires with: the language that is used from now on. Fails with: *ResponseError, *ArgumentError, *CommandError.
func (c *Client) Lang(tag string) *deferred.Deferred[Language] {
	cmd, err := newCommand("LANG", tag)
	if err != nil {
		return deferred.Fail[Language](err)
	}
	cmd.alone = true
	return issue(c, cmd, func(r Reply) (Language, error) {
		l, ok := language([]byte(r.Text))
		if !ok {
			return Language{}, c.misunderstood("LANG", "a language", r.Text)
		}
		return l, nil
	})
}

// language reads "tag SP description".
func language(line []byte) (l Language, ok bool) {
	l.Tag, l.Description, _ = strings.Cut(strings.TrimLeft(string(line), " "), " ")
	return l, l.Tag != ""
}
