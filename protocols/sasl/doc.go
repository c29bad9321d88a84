// Package sasl is the client's half of SASL (RFC 4422): how a user proves who he is, for IMAP, POP3 and other protocols of lines.
//
// It reads and writes no connection. Choose picks the strongest mechanism that a server offers and the Credentials allow; a
// Conversation leads it, and the protocol carries what it says:
//
//	m, err := sasl.Choose(offered, &sasl.Credentials{Username: "alice", Password: sasl.NewSecret(password)}, channel)
//	c := sasl.NewConversation(m, func(work sasl.Work) *deferred.Deferred[sasl.Step] { return reactor.Go(r, work) })
//	c.Start(true)  // what goes out with AUTHENTICATE or AUTH
//	c.Next(text)   // for each challenge: the answer, or an error, and then the protocol cancels with "*"
//	c.Finish(err)  // the server's verdict: what the authentication ends with
//
// # Mechanisms
//
// SCRAM-SHA-256 and SCRAM-SHA-1, with channel binding (-PLUS: tls-exporter, tls-unique, tls-server-end-point) and without;
// OAUTHBEARER and XOAUTH2, whose TokenSource is asked at each authentication; EXTERNAL, PLAIN, LOGIN, CRAM-MD5, ANONYMOUS. Each has
// a file of its own. A program adds its own ones as Authenticators in Credentials.
//
// # What is kept
//
// A secret in the clear, be it password or token, goes over TLS only, unless Credentials.AllowInsecure. With SCRAM the server has to
// prove that it knows the password, too: one that says OK and has not is refused with ErrServerNotVerified. Secrets print as ***, and
// no error holds one. Every response of every mechanism is secret: a trace of the session must show *** in its place.
//
// # Time
//
// Nothing here blocks the goroutine it is called on but Mechanisms that say so (Blocker): SCRAM while it derives its keys, whose
// cost is the server's choice within Credentials.MaxIterations, and OAuth while it waits for a token. A Conversation gives those
// calls to its Worker.
//
// Source: twisted.mail.imap4's PLAINAuthenticator, LOGINAuthenticator, and twisted.mail.interfaces.IClientAuthentication.
package sasl
