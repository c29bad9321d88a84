package endpoints

import (
	"crypto/tls"
	"slices"
	"strings"

	"github.com/tconn/tconn/reactor"
)

var (
	tlsNames  = []string{"servername", "ca", "cert", "key", "insecure", "alpn"}
	hopNames  = []string{"timeout", "bindAddress", "sendproxy", "user", "password"}
	hostPort  = []string{"host", "port"}
	tcpSchema = schema{hostPort, []string{"timeout", "bindAddress", "sendproxy"}}

	// places are what a client's string form may begin with.
	places = map[string]schema{
		"tcp":  tcpSchema,
		"tls":  {hostPort, slices.Concat(tcpSchema.named, tlsNames)},
		"unix": {[]string{"path"}, []string{"timeout"}},
	}
	// hops are what may follow behind via.
	hops = map[string]schema{
		"socks5":  {hostPort, hopNames},
		"http":    {hostPort, hopNames},
		"socks5s": {hostPort, slices.Concat(hopNames, tlsNames)},
		"https":   {hostPort, slices.Concat(hopNames, tlsNames)},
	}
)

// ParseClient reads the string form of a client endpoint; the package comment describes it. Files that it names are read now.
//
// Errors: *ArgumentError, which names the argument and never shows a password.
// Source: twisted.internet.endpoints.clientFromString.
func ParseClient(r *reactor.Reactor, text string) (ClientEndpoint, error) {
	mustHave(r)
	way, err := scan(text)
	if err != nil {
		return nil, err
	}
	if len(way) == 1 {
		return parseDirect(r, way[0])
	}
	return parseWay(r, way)
}

// schemaOf answers what is allowed in a place.
func schemaOf(all map[string]schema, s spelling, hint string) (schema, error) {
	if c, ok := all[s.scheme]; ok {
		return c, nil
	}
	var known []string
	for name := range all {
		known = append(known, name)
	}
	slices.Sort(known)
	return schema{}, badArgument("", "", "%.40q is none of %s%s", s.scheme, strings.Join(known, ", "), hint)
}

// parseDirect makes an endpoint without proxies.
func parseDirect(r *reactor.Reactor, s spelling) (ClientEndpoint, error) {
	c, err := schemaOf(places, s, "")
	if _, isHop := hops[s.scheme]; isHop {
		err = badArgument(s.scheme, "", "leads somewhere: write tcp:host:port%s%s:...", via, s.scheme)
	}
	if err != nil {
		return nil, err
	}
	v, err := c.read(s)
	if err != nil {
		return nil, err
	}
	if s.scheme == "unix" {
		options := v.connectOptions()
		return UNIX(r, v.text("path"), options...), v.err
	}
	return v.reach(r, nil, s.scheme == "tls")
}

// parseWay makes an endpoint behind proxies. The last one is connected to, each leads to the one before it, and the first to the place.
func parseWay(r *reactor.Reactor, way []spelling) (ep ClientEndpoint, err error) {
	layers := 0
	for i, s := range way {
		if isSecure(s, i) {
			layers++
		}
	}
	if layers > 1 {
		return nil, badArgument("", "", "TLS inside TLS is not possible: only one place of a way can have it")
	}
	for i := len(way) - 1; i >= 0 && err == nil; i-- {
		ep, err = parseStep(r, way, i, ep)
	}
	if err != nil {
		return nil, err
	}
	return ep, nil
}

// parseStep makes the endpoint of one place of a way, given that of the proxy which leads there.
func parseStep(r *reactor.Reactor, way []spelling, i int, proxy ClientEndpoint) (ClientEndpoint, error) {
	s := way[i]
	c, err := stepSchema(s, i, i == len(way)-1)
	if err != nil {
		return nil, err
	}
	v, err := c.read(s)
	if err != nil {
		return nil, err
	}
	secure := isSecure(s, i)
	if proxy == nil {
		return v.reach(r, nil, secure)
	}
	hop, err := hops[way[i+1].scheme].read(way[i+1])
	if err != nil {
		return nil, err
	}
	plain, err := hop.proxied(proxy, v)
	if err != nil {
		return nil, err
	}
	return v.reach(r, plain, secure)
}

// isSecure tells whether a place of a way is spoken to over TLS: socks5s and https are, as proxies.
func isSecure(s spelling, i int) bool {
	return i == 0 && s.scheme == "tls" || i > 0 && strings.HasSuffix(s.scheme, "s")
}

// stepSchema is what is allowed in a place of a way. What is about connecting stands with the last proxy only.
func stepSchema(s spelling, i int, last bool) (schema, error) {
	if i > 0 {
		c, err := schemaOf(hops, s, ", which are what can stand behind via")
		if !last {
			c = c.without("bindAddress")
		}
		return c, err
	}
	if s.scheme == "unix" {
		return schema{}, badArgument("unix", "", "is not reached by way of a proxy")
	}
	c, err := schemaOf(places, s, "")
	return c.without("timeout", "bindAddress"), err
}

// proxied is the place of to behind a proxy.
func (v *values) proxied(proxy ClientEndpoint, to *values) (ClientEndpoint, error) {
	host, port := to.text("host"), to.number("port", 1, 65535, 0)
	timeout, _ := v.duration("timeout")
	user, password := v.text("user"), Secret(v.text("password"))
	if v.err != nil {
		return nil, v.err
	}
	if to.err != nil {
		return nil, to.err
	}
	if strings.HasPrefix(v.scheme, "http") {
		e := HTTPConnect(proxy, host, port, HTTPConnectOptions{User: user, Password: password, Timeout: timeout})
		return e, e.(*httpConnect).err
	}
	e := SOCKS5(proxy, host, port, SOCKS5Options{User: user, Password: password, Timeout: timeout})
	return e, e.(*socks5).err
}

// reach is the endpoint of a place: direct, or over plain, which leads there without TLS.
func (v *values) reach(r *reactor.Reactor, plain ClientEndpoint, secure bool) (ClientEndpoint, error) {
	host, port := unbracket(v.text("host")), v.number("port", 1, 65535, 0)
	var config *tls.Config
	var files []argument
	if secure {
		config, files = v.clientTLS()
	}
	options := v.connectOptions()
	version := v.number("sendproxy", 1, 2, 0)
	if host == "" || hasControl(host) {
		v.fail("host", "is no name and no address")
	}
	if v.err != nil {
		return nil, v.err
	}
	ep := plain
	if ep == nil {
		ep = TCP(r, host, port, options...)
	}
	if version > 0 {
		ep = SendPROXY(ep, ProxyHeader{Version: version})
	}
	switch {
	case !secure:
		return ep, nil
	case plain == nil && version == 0:
		return &tlsClient{tcpClient: *ep.(*tcpClient), config: config, files: files}, nil
	}
	return wrapTLS(ep, host, config, files), nil
}

func (v *values) connectOptions() (options []reactor.ConnectOption) {
	if d, ok := v.duration("timeout"); ok {
		options = append(options, reactor.Timeout(d))
	}
	if bind := v.text("bindAddress"); bind != "" {
		options = append(options, reactor.BindAddress(unbracket(bind)))
	}
	return options
}
