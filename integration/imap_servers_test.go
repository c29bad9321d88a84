package integration

import "github.com/tconn/tconn/internal/mailservers"

// asl is why mechanisms are in no case: a case begins logged in.
const asl = "AUTHENTICATE has tests of its own"

// serverKinds are the servers, and what they offer that the cases leave out.
var serverKinds = []serverKind{
	{product: onDovecot, separator: ".", start: mailservers.Dovecot, untested: map[string]string{
		"AUTH=PLAIN": asl, "AUTH=LOGIN": asl, "AUTH=CRAM-MD5": asl, "AUTH=SCRAM-SHA-1": asl, "AUTH=SCRAM-SHA-256": asl, "AUTH=XOAUTH2": asl,
		"AUTH=OAUTHBEARER": asl, "SASL-IR": asl,
		"LOGIN-REFERRALS": "it refers nobody without another server behind it",
		"SNIPPET=FUZZY":   "PREVIEW before it was a standard",
	}},
	{product: onCyrus, separator: "/", start: mailservers.Cyrus, untested: map[string]string{
		"AUTH=PLAIN": asl, "AUTH=LOGIN": asl, "AUTH=CRAM-MD5": asl, "AUTH=SCRAM-SHA-1": asl, "AUTH=SCRAM-SHA-256": asl,
		"AUTH=SCRAM-SHA-1-PLUS": asl, "AUTH=SCRAM-SHA-256-PLUS": asl, "SASL-IR": asl,
		"AUTH=DIGEST-MD5":       "a mechanism that RFC 6331 has done away with",
		"MAILBOX-REFERRALS":     "it refers nobody without another server behind it",
		"NO_ATOMIC_RENAME":      "it says what RENAME is not",
		"ANNOTATE-EXPERIMENT-1": "an experiment that ended",
		"SCAN":                  "Cyrus's own, in no standard", "XMOVE": "MOVE before it was a standard",
		"X-CREATEDMODSEQ": "Cyrus's own", "X-REPLICATION": "between Cyrus servers", "X-SIEVE-MAILBOX": "Cyrus's own", "XCONVERSATIONS": "Cyrus's own",
	}},
	{product: onCourier, prefix: "INBOX.", separator: ".", start: mailservers.Courier, untested: map[string]string{"AUTH=PLAIN": asl}},
	{product: onTwisted, separator: "/", start: mailservers.Twisted, untested: map[string]string{
		"AUTH=PLAIN": asl, "AUTH=LOGIN": asl, "AUTH=CRAM-MD5": asl,
	}},
}
