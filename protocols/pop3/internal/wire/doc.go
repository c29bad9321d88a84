// Package wire cuts and makes the bytes of POP3 (RFC 1939): status lines, the data of multi-line replies, and commands. It knows neither
// connections nor time, and not what a command means.
//
//	scanner.go  lines and multi-line data, cut anyhow      status.go   "+OK [CODE] text"
//	listing.go  the lines of LIST, UIDL, STAT and CAPA     command.go  a command and its arguments
//	limits.go   what a peer can make this side hold        errors.go   what is wrong with bytes
package wire
