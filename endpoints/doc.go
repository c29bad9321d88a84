// Package endpoints names where to connect to and where to listen, apart from what is spoken there.
//
// A ClientEndpoint or ServerEndpoint is a value that a program can pass on, keep in a configuration, or put a proxy in front
// of. Source: twisted.internet.endpoints.
package endpoints
