// Package session is what the clients of the mail protocols share: how a goroutine gets a client that is ready, and waits for its answers,
// what SASL has to know of a connection, and how servers refuse a user.
//
//	address.go  host:port                     dial.go  the steps up to a client that is ready
//	await.go    a call, and its Deferred      tls.go   whether a connection is under TLS, and which
//	refusal.go  words that refuse a user
package session
