// Package mailservers starts real mail servers on loopback, for tests.
//
// A server is private to the test binary: its own configuration, mail, users and certificate authority in a temporary directory, on
// ports chosen for it. It starts when the first test asks for it and has ended, with all its processes, when the
// last one is through; Main keeps it for a whole binary. A janitor process ends it when the binary panics or is killed. Where it cannot
// run, the test is skipped with one clear line, or fails if the environment variable TCONN_REQUIRE_SERVERS is 1.
//
//	product.go     what a test asks for: Dovecot, Cyrus, Courier, Twisted, Each, Main
//	server.go      what it gets: addresses, the certificate authority, names; users.go an account of its own
//	dovecot.go ... one file for each server, with its configuration in conf; debian.go for packages that are not installed
//	instance.go    start, greeting, log and end of the process; janitor.go for the end that nobody ordered
//	mail.go        mails to fill mailboxes with, the odd ones in quirks.go; fill.go and maildir.go put them there
//	session.go     an IMAP client that shares nothing with the library's
//	delay.go       a slow line
package mailservers
