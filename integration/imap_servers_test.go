package integration

import "github.com/tconn/tconn/internal/mailservers"

// serverKinds are the servers, and what they offer that the cases leave out.
var serverKinds = []serverKind{
	{product: onDovecot, separator: ".", start: mailservers.Dovecot, untested: map[string]string{}},
	{product: onCyrus, separator: "/", start: mailservers.Cyrus, untested: map[string]string{}},
	{product: onCourier, prefix: "INBOX.", separator: ".", start: mailservers.Courier, untested: map[string]string{}},
	{product: onTwisted, separator: "/", start: mailservers.Twisted, untested: map[string]string{}},
}
