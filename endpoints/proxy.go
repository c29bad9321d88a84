package endpoints

import (
	"strconv"
	"time"
)

// viaProxy is the string form of a place behind a proxy: the place, then the proxy with what is known of how to reach it.
func viaProxy(t target, scheme string, proxy ClientEndpoint, user string, password Secret, timeout time.Duration) []spelling {
	place := form("tcp", spellHost(t.name), strconv.Itoa(t.port))
	way := spellingOf(proxy)
	hop := way[0]
	switch {
	case hop.scheme == "tls":
		scheme += "s"
	case hop.scheme != "tcp":
		hop = form(scheme, spell(proxy)) // nothing that could be parsed
	}
	hop.scheme = scheme
	if timeout > 0 {
		hop = hop.without("timeout").with("timeout", spellDuration(timeout))
	}
	hop = hop.with("user", user)
	if password != "" {
		hop = hop.with("password", hidden)
	}
	return append([]spelling{place, hop}, way[1:]...)
}
