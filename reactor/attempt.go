package reactor

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// attempt is one try of a Connector: look the name up, race the addresses, shake hands. It exists only while it runs.
type attempt struct {
	k       *Connector
	began   time.Duration
	timeout DelayedCall        // not planned if there is no limit
	cancel  context.CancelFunc // of the name lookup

	bind    netip.AddrPort
	left    []netip.Addr // not tried yet
	dials   []*dial      // under way
	next    *DelayedCall // starts the next address
	lastErr error

	shaking *conn // connected, TLS handshake under way
	over    bool

	// memory of its own for what nearly every attempt has: one address, one dial
	oneAddr  [1]netip.Addr
	oneDial  dial
	oneDials [1]*dial
}

// dial is a connect(2) under way.
type dial struct {
	a          *attempt
	to         engine.Address
	attachment engine.Attachment
}

func newAttempt(k *Connector) *attempt {
	a := &attempt{k: k, began: k.r.timers.now()}
	k.r.attempts[a] = struct{}{}
	k.r.load.Add(1)
	return a
}

// start begins; whatever fails at once is told in a later turn. Before Run it waits for it.
func (a *attempt) start() {
	r := a.k.r
	if r.poller == nil {
		r.startup = append(r.startup, func() {
			if !a.over {
				a.start()
			}
		})
		return
	}
	if d := a.k.options.timeout; d > 0 {
		r.own.plan(&a.timeout, d, func() { a.fail(ErrTimeout, nil) })
	}
	bind, err := a.k.bindAddress()
	if err != nil {
		a.fail(ErrConnectBind, err)
		return
	}
	a.bind = bind
	if a.k.unix {
		a.connectUNIX()
		return
	}
	if p := a.k.port; p < 1 || p > 65535 {
		a.fail(ErrConnect, fmt.Errorf("invalid port %d", p))
		return
	}
	host := a.k.host
	if inner, ok := strings.CutPrefix(host, "["); ok && strings.HasSuffix(inner, "]") { // as an IPv6 address stands in a URL
		host = strings.TrimSuffix(inner, "]")
	}
	if host == "" {
		a.fail(ErrDNSLookup, errors.New("the host name is empty"))
		return
	}
	if a.k.options.dial != nil {
		a.dialElsewhere(net.JoinHostPort(host, strconv.Itoa(int(a.k.port))))
		return
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		a.oneAddr[0] = addr
		a.race(a.oneAddr[:])
		return
	}
	a.lookUp(host)
}

// lookUp resolves the name in a goroutine of its own.
func (a *attempt) lookUp(host string) {
	r := a.k.r
	ctx, cancel := context.WithCancel(context.Background())
	a.cancel = cancel
	go func() {
		var addrs []netip.Addr
		var err error
		select {
		case r.lookups <- struct{}{}:
			panicked := r.protect("LookupNetIP", func() { addrs, err = r.resolver.LookupNetIP(ctx, "ip", host) })
			err = cmp.Or(panicked, err)
			<-r.lookups
		case <-ctx.Done():
			err = ctx.Err()
		}
		_ = r.CallFromThread(func() { a.lookedUp(addrs, err) })
	}()
}

func (a *attempt) lookedUp(addrs []netip.Addr, err error) {
	if a.over {
		return
	}
	a.cancel()
	a.cancel = nil
	if err == nil && len(addrs) == 0 {
		err = errors.New("no address")
	}
	if err != nil {
		a.fail(ErrDNSLookup, err)
		return
	}
	a.race(interleave(addrs))
}

// interleave orders addresses as RFC 8305 section 4 asks: the families take turns, beginning with the first answer's.
func interleave(addrs []netip.Addr) []netip.Addr {
	var first, second []netip.Addr
	for _, addr := range addrs { // the slice is the resolver's: others may read it
		if addr.Unmap().Is4() == addrs[0].Unmap().Is4() {
			first = append(first, addr)
		} else {
			second = append(second, addr)
		}
	}
	ordered := make([]netip.Addr, 0, len(addrs))
	for len(first)+len(second) > 0 {
		if len(first) > 0 {
			ordered, first = append(ordered, first[0]), first[1:]
		}
		if len(second) > 0 {
			ordered, second = append(ordered, second[0]), second[1:]
		}
	}
	return ordered
}

func (a *attempt) race(addrs []netip.Addr) {
	a.left = addrs
	a.tryNext()
}

// tryNext starts connecting to the next address; those that fail at once are passed over.
func (a *attempt) tryNext() {
	if a.next != nil {
		_ = a.next.Cancel()
		a.next = nil
	}
	for len(a.left) > 0 {
		addr := a.left[0].Unmap()
		a.left = a.left[1:]
		to := engine.TCP(netip.AddrPortFrom(addr, uint16(a.k.port)))
		fd, pending, err := a.k.r.sys.Connect(to, a.socketOptions())
		if err != nil {
			a.failed(err)
			continue
		}
		if !pending {
			a.endRace()
			a.won(newConn(a.k.r, a.k, fd, a.peer(to)))
			return
		}
		if !a.watch(fd, to) {
			continue
		}
		if len(a.left) > 0 {
			a.next = a.k.r.own.add(attemptDelay, a.tryNext)
		}
		return
	}
	if len(a.dials) == 0 {
		a.failConnect()
	}
}

// failed keeps why an address failed. A bind address of one family says nothing against the addresses of the other one.
func (a *attempt) failed(err error) {
	var bind *engine.BindError
	if a.lastErr == nil || !errors.As(err, &bind) {
		a.lastErr = err
	}
}

func (a *attempt) failConnect() {
	kind := connectKind(a.lastErr)
	var bind *engine.BindError
	if errors.As(a.lastErr, &bind) {
		kind = ErrConnectBind
	}
	a.fail(kind, a.lastErr)
}

// watch waits for the outcome of a dial; false means that it could not.
func (a *attempt) watch(fd int, to engine.Address) bool {
	d := a.newDial()
	d.a, d.to = a, to
	r := a.k.r
	r.poller.Register(&d.attachment, fd, d)
	if err := r.poller.SetInterest(&d.attachment, engine.Write); err != nil {
		a.failed(err)
		d.close()
		return false
	}
	a.dials = append(a.dials, d)
	return true
}

// newDial uses the memory of the attempt once: the poller may still have news of a dial that has failed.
func (a *attempt) newDial() *dial {
	if a.oneDial.a == nil {
		a.dials = a.oneDials[:0]
		return &a.oneDial
	}
	return new(dial)
}

func (a *attempt) socketOptions() engine.SocketOptions {
	return engine.SocketOptions{Bind: a.bind, Control: a.k.r.guarded(a.k.options.control)}
}

// Ready is the outcome of a dial.
func (d *dial) Ready(engine.Interest) {
	a := d.a
	a.k.r.enter()
	fd := d.attachment.FD()
	switch err := a.k.r.sys.ConnectResult(fd); {
	case errors.Is(err, engine.ErrWouldBlock): // the news was about another socket, which had this number before
		a.k.r.poller.Again(&d.attachment)
	case err != nil:
		a.failed(err)
		a.drop(d)
		d.close()
		a.tryNext()
	default:
		a.drop(d)
		a.endRace()
		a.won(continueDial(d))
	}
	a.k.r.leave()
}

func (a *attempt) drop(d *dial) {
	for i, other := range a.dials {
		if other == d {
			a.dials = append(a.dials[:i], a.dials[i+1:]...)
			return
		}
	}
}

func (d *dial) close() {
	fd := d.attachment.FD()
	d.a.k.r.poller.Deregister(&d.attachment)
	d.a.k.r.sys.Close(fd)
}

// peer is who a socket that was connected to an address has to do with, and the zero Address if the system has to be asked for that.
func (a *attempt) peer(to engine.Address) engine.Address {
	if to.UNIX || to.Addr().IsUnspecified() || to.Addr().Zone() != "" || a.k.options.control != nil {
		return engine.Address{}
	}
	return to
}

// won goes on with the connection that has won the race. Nobody else has its socket, unless a Control has seen it.
func (a *attempt) won(c *conn) {
	c.alone = a.k.options.control == nil
	a.secure(c)
}

// secure goes on with a connection that stands, over a TLS handshake if asked for.
func (a *attempt) secure(c *conn) {
	if a.k.config == nil {
		a.succeed(c)
		return
	}
	a.shaking = c
	startTLS(c, tls.Client, a.k.config, true, func(err error) {
		if err != nil {
			a.fail(tlsKind(err), err)
			return
		}
		a.succeed(c)
	})
}

func (a *attempt) succeed(c *conn) {
	a.finish()
	a.k.r.attempted(a.began, nil)
	a.k.connected(c)
}

// fail ends the attempt; the factory hears of it in a later turn, never inside the call that caused it.
func (a *attempt) fail(kind, cause error) {
	if a.over {
		return
	}
	a.endRace()
	a.finish()
	if c := a.shaking; c != nil {
		a.shaking = nil
		c.giveUp(kind)
	}
	reason := &ConnectError{Kind: kind, Host: a.k.host, Port: int(a.k.port), Err: cause}
	a.k.r.attempted(a.began, reason)
	a.k.r.soon(func() { a.k.failed(reason) })
}

func (a *attempt) endRace() {
	if a.cancel != nil {
		a.cancel()
		a.cancel = nil
	}
	if a.next != nil {
		_ = a.next.Cancel()
		a.next = nil
	}
	for _, d := range a.dials {
		d.close()
	}
	a.dials, a.left = nil, nil
}

func (a *attempt) finish() {
	a.over = true
	delete(a.k.r.attempts, a)
	a.k.r.load.Add(-1)
	if a.timeout.queue != nil {
		_ = a.timeout.Cancel()
	}
}
