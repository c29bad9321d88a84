// Package endpoints names where to connect to and where to listen, apart from what is spoken there.
//
// A ClientEndpoint or ServerEndpoint is a value that a program can pass on, keep in a configuration, or put a proxy in front
// of. Connect answers a Deferred of the protocol; its Cancel gives the attempt up and leaves nothing open. Endpoints belong to the
// reactor goroutine: from another one hand Connect and Listen over with CallFromThread, and Await their Deferreds. All endpoints of this
// package are fmt.Stringers that print their string form, with *** for passwords, and those for clients have the methods Host() string
// and Reactor() *reactor.Reactor.
//
// # String forms
//
// A client's string form names a place:
//
//	tcp:example.com:143
//	tcp:host=example.com:port=143:timeout=10:bindAddress=192.0.2.1
//	tls:example.com:993:servername=mail.example.com:ca=/etc/ca.pem
//	tls:[2001:db8::1]:993:insecure=yes
//	unix:/run/imap.sock
//
// and, if need be, the proxies on the way there, the nearest to the place first, the one that is connected to last:
//
//	tls:example.com:993 via socks5:proxy.example.com:1080:user=joe:password=secret
//	tcp:example.com:143 via http:inner.example.com:3128 via socks5:127.0.0.1:9050
//
// Arguments are separated by colons. Those in the examples without a name may be given with it; the others need theirs. In a value
// a backslash stands before a colon, a backslash, an equals sign, a bracket at the beginning, or the first space of
// " via "; an IPv6 address in brackets needs none.
//
//	host, port    of the place or proxy
//	timeout       to connect: seconds, or with a unit such as 500ms; 0 for no limit. Of a proxy: for its tunnel, too, where 0 is
//	              DefaultTimeout. Behind via it stands with each proxy, not with the place
//	bindAddress   the local address; with the proxy that is connected to
//	sendproxy     1 or 2: begin with a PROXY header of that version
//	user          of a proxy, with password
//	servername    of tls: the name to verify, if it is not the host
//	ca            of tls: a PEM file of certificates to trust in place of the system's
//	cert, key     of tls: PEM files to show; key may be left out if cert holds both
//	alpn          of tls: protocols to offer, separated by commas
//	insecure      of tls: yes verifies nothing
//
// Proxies are socks5, http (the CONNECT method), and socks5s and https, which are spoken to over TLS and take the arguments of tls. There
// is one layer of TLS to a connection: behind these two the place is a tcp.
//
// A server's string form names a port or path to listen on:
//
//	tcp:143:interface=127.0.0.1:backlog=50
//	tls:993:cert=/etc/imap.pem:key=/etc/imap.key:alpn=imap
//	unix:/run/imap.sock:mode=660
//	systemd:imap
//	systemd:imaps:cert=/etc/imap.pem
//	tls:993:cert=/etc/imap.pem:acceptproxy=10.0.0.0/8,192.0.2.1:refuseothers=yes
//
// clientca is a PEM file of authorities: clients have to show a certificate of theirs. acceptproxy names the proxies that begin their
// connections with a PROXY header (PROXYProtocol); refuseothers is about everybody else.
//
// systemd is a socket that the parent process passed on (reactor.ListenFDs), by its name there or by its place, from 0; with cert it is
// under TLS. The first such form takes what was passed on, so a program uses either these or ListenFDs.
//
// Source: twisted.internet.endpoints, with clientFromString and serverFromString.
package endpoints
