package sasl

import "context"

// NewExternal lets the server find out who the user is from the connection, such as from a client certificate (RFC 4422 appendix A). It says
// AuthorizationID. Fails with: *ArgumentError.
func NewExternal(c *Credentials) (Mechanism, error) {
	if err := checkText("EXTERNAL", "AuthorizationID", c.AuthorizationID); err != nil {
		return nil, err
	}
	return external(c.AuthorizationID), nil
}

type external string // the authorization identity

func (external) Name() string { return "EXTERNAL" }

// Start says who to act as; an empty response means the user that the server knows of.
func (e external) Start(context.Context) ([]byte, bool, error) { return []byte(e), true, nil }

func (external) Next(context.Context, []byte) ([]byte, error) { return nil, tooMany("EXTERNAL") }
