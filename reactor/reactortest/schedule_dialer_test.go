package reactortest_test

import (
	"errors"
	"net"

	"github.com/tconn/tconn/reactor"
)

// dialer is the factory of one outgoing connection, tried again now and then.
type dialer struct {
	w                     *world
	name                  string
	k                     *reactor.Connector
	started, failed, lost int
}

func (d *dialer) BuildProtocol(net.Addr) reactor.Protocol { return d.w.build("c", false) }

func (d *dialer) StartedConnecting(k *reactor.Connector) {
	d.k = k
	d.w.trace("%s: started", d.name)
	d.started++
	d.check()
	if d.w.rnd.IntN(30) == 0 && !d.w.spent() {
		d.w.trace("%s: StopConnecting at once", d.name)
		_ = k.StopConnecting()
	}
}

func (d *dialer) ClientConnectionFailed(k *reactor.Connector, reason error) {
	d.w.trace("%s: failed: %v", d.name, reason)
	d.failed++
	d.w.reasons = append(d.w.reasons, reason)
	d.check()
	if !errors.Is(reason, reactor.ErrConnect) && !errors.Is(reason, reactor.ErrTLS) {
		d.w.errorf("%s: failed: got %v (%T), want an ErrConnect", d.name, reason, reason)
	}
	d.again(k)
}

func (d *dialer) ClientConnectionLost(k *reactor.Connector, reason error) {
	d.w.trace("%s: connection lost: %v", d.name, reason)
	d.lost++
	d.check()
	d.again(k)
}

// disconnect ends whatever there is.
func (d *dialer) disconnect() {
	if d.k == nil {
		return
	}
	d.w.trace("%s: Disconnect", d.name)
	for _, p := range d.w.peers {
		if p.t != nil && p.lost == 0 && p.t.Connector() == d.k {
			p.closed = true
		}
	}
	d.k.Disconnect()
}

func (d *dialer) again(k *reactor.Connector) {
	switch d.w.rnd.IntN(60) {
	case 0, 1, 2, 3, 4:
		if !d.w.spent() {
			_ = k.Connect()
		}
	case 5:
		panic(errSchedule)
	}
}

func (d *dialer) check() {
	if ended := d.failed + d.lost; ended > d.started || ended < d.started-1 {
		d.w.errorf("%s: got %d failures and %d losses of %d attempts", d.name, d.failed, d.lost, d.started)
	}
}
