package endpoints

import (
	"io/fs"
	"net/netip"
	"slices"
	"strconv"

	"github.com/tconn/tconn/reactor"
)

var (
	portNames = []string{"interface", "backlog", "acceptproxy", "refuseothers"}

	// ports are what a server's string form may begin with.
	ports = map[string]schema{
		"tcp":     {[]string{"port"}, portNames},
		"tls":     {[]string{"port"}, slices.Concat(portNames, []string{"cert", "key", "clientca", "alpn"})},
		"systemd": {[]string{"name"}, []string{"cert", "key", "clientca", "alpn", "acceptproxy", "refuseothers"}},
		"unix":    {[]string{"path"}, []string{"mode", "backlog", "acceptproxy", "refuseothers"}},
	}
)

// ParseServer reads the string form of a server endpoint; the package comment describes it. Files that it names are read now.
//
// Errors: *ArgumentError, which names the argument.
// Source: twisted.internet.endpoints.serverFromString.
func ParseServer(r *reactor.Reactor, text string) (ServerEndpoint, error) {
	mustHave(r)
	way, err := scan(text)
	if err != nil {
		return nil, err
	}
	if len(way) > 1 {
		return nil, badArgument("", "", "a server is not reached by way of proxies: acceptproxy names those in front of it")
	}
	c, err := schemaOf(ports, way[0], "")
	if err != nil {
		return nil, err
	}
	v, err := c.read(way[0])
	if err != nil {
		return nil, err
	}
	return v.server(r)
}

func (v *values) server(r *reactor.Reactor) (ep ServerEndpoint, err error) {
	options := v.listenOptions()
	switch v.scheme {
	case "unix":
		ep = UNIXServer(r, v.text("path"), options...)
	case "systemd":
		ep = v.activatedServer(r)
	case "tcp":
		ep = TCPServer(r, v.number("port", 0, 65535, 0), options...)
	default:
		config, files := v.serverTLS()
		ep = &tlsServer{tcpServer{r, v.number("port", 0, 65535, 0), options}, config, files}
	}
	if v.has("acceptproxy") {
		ep = PROXYProtocol(ep, PROXYOptions{Trusted: v.prefixes("acceptproxy"), RefuseOthers: v.yes("refuseothers")})
	} else if v.has("refuseothers") {
		v.fail("refuseothers", "needs acceptproxy")
	}
	if v.err != nil {
		return nil, v.err
	}
	return ep, nil
}

func (v *values) listenOptions() (options []reactor.ListenOption) {
	if address := v.text("interface"); address != "" {
		if _, err := netip.ParseAddr(unbracket(address)); err != nil {
			v.fail("interface", "must be an IP address")
		}
		options = append(options, reactor.Interface(unbracket(address)))
	}
	if n := v.number("backlog", 1, 1<<16, 0); n > 0 {
		options = append(options, reactor.Backlog(n))
	}
	if text := v.text("mode"); text != "" {
		mode, err := strconv.ParseUint(text, 8, 32)
		if err != nil || mode == 0 || mode > 0o777 {
			v.fail("mode", "must be octal permissions such as 660")
		}
		options = append(options, reactor.Mode(fs.FileMode(mode)))
	}
	return options
}

// prefixes reads networks and addresses separated by commas.
func (v *values) prefixes(name string) (all []netip.Prefix) {
	for _, word := range v.list(name) {
		p, err := netip.ParsePrefix(word)
		if addr, isAddr := netip.ParseAddr(unbracket(word)); isAddr == nil && addr.Zone() == "" {
			p, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			v.fail(name, "%.40q is no network, such as 10.0.0.0/8, and no IP address", word)
			continue
		}
		all = append(all, p.Masked())
	}
	return all
}
