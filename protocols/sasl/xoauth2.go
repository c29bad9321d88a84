package sasl

// NewXOAuth2 proves by an OAuth 2.0 token in the way of Gmail and Outlook from before RFC 7628. It wants Username and Token and cannot say
// AuthorizationID. It is a Blocker.
//
// Fails with: *ArgumentError. When the server refuses the authentication ends with *OAuthError, if it gave a reason.
func NewXOAuth2(c *Credentials) (Mechanism, error) {
	const name = "XOAUTH2"
	b, err := newBearer(name, c)
	if err != nil {
		return nil, err
	}
	if err := checkUser(name, c); err != nil {
		return nil, err
	}
	if err := onlyHimself(name, c); err != nil {
		return nil, err
	}
	user := c.Username
	b.first = func(token string) string { return "user=" + user + "\x01auth=Bearer " + token + "\x01\x01" }
	return b, nil
}
