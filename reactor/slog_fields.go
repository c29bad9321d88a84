package reactor

import (
	"net"
	"reflect"

	"go.uber.org/zap"
)

// The names of the fields in what a reactor logs. They do not change, so filters and alarms may rely on them; the texts of the
// messages may change.
//
//	level  message                                             fields
//	error  panic in callback                                   callback panic stack; protocol peer local of a connection
//	warn   the reactor is stalled: a callback does not return  callback duration stack; function of a call; protocol peer
//	warn   the reactor was stalled: a callback took too long   callback duration; function of a call; protocol peer local
//	warn   accept failed; resting                              port error pause
//	error  cannot accept connections                           port error
//	error  cannot receive datagrams                            port error
//	warn   receiving datagrams fails; resting                  port pause
//	debug  receiving a datagram failed                         port error
//	debug  closing an adopted stream failed                    error
//	error  StopFactory failed                                  error
//	error  system event trigger failed                         event phase error
//	warn   system event triggers did not finish in time        event phase triggers waited
//	warn   functions of Go are left running                    functions
//	info   stopping on signal                                  signal
//	debug  TLS handshake failed                                peer local error
const (
	FieldCallback  = "callback"  // the method or function that ran: DataReceived, ConnectionMade, CallLater, ...
	FieldFunction  = "function"  // what CallLater or CallFromThread was given, as the runtime names it
	FieldProtocol  = "protocol"  // the type of the connection's protocol; of one inside wrappers (Wrapper) that of the innermost
	FieldPeer      = "peer"      // the other side's address
	FieldLocal     = "local"     // this side's address
	FieldPort      = "port"      // the address that is listened on
	FieldError     = "error"     // what went wrong
	FieldPanic     = "panic"     // the value of a panic
	FieldStack     = "stack"     // of the goroutine, as text
	FieldDuration  = "duration"  // how long it has taken
	FieldPause     = "pause"     // how long it is left alone
	FieldSignal    = "signal"    // of the operating system
	FieldEvent     = "event"     // Startup or Shutdown
	FieldPhase     = "phase"     // of the event: before, during or after
	FieldTriggers  = "triggers"  // how many of them are still waited for
	FieldWaited    = "waited"    // for how long
	FieldFunctions = "functions" // how many of them run
)

// label is the name of a connection's protocol. Connections share it.
type label struct{ protocol string }

// setLabel names the protocol. Other goroutines may read the label.
func (c *conn) setLabel() {
	name := protocolName(c.proto)
	l := c.r.labels[name]
	if l == nil {
		l = &label{name}
		c.r.labels[name] = l
	}
	c.label.Store(l)
}

// protocolName is the type of the innermost protocol. Unwrap is the user's: when it panics the wrapper has to do.
func protocolName(p Protocol) (name string) {
	defer func() {
		if recover() != nil {
			name = reflect.TypeOf(p).String()
		}
	}()
	for {
		w, ok := p.(Wrapper)
		if !ok {
			break
		}
		inner := w.Unwrap()
		if inner == nil {
			break
		}
		p = inner
	}
	return reflect.TypeOf(p).String()
}

// fields name a connection in the log. Goroutine: reactor.
func (c *conn) fields() []zap.Field {
	if c.proto == nil {
		return []zap.Field{zap.Stringer(FieldPeer, c.RemoteAddr()), zap.Stringer(FieldLocal, c.LocalAddr())}
	}
	c.setLabel() // a wrapper may have changed what it wraps
	return append([]zap.Field{zap.String(FieldProtocol, c.label.Load().protocol)},
		zap.Stringer(FieldPeer, c.RemoteAddr()), zap.Stringer(FieldLocal, c.LocalAddr()))
}

// lastingFields are those that stay the same from the first callback on. Goroutine: any.
func (c *conn) lastingFields() (fields []zap.Field) {
	if l := c.label.Load(); l != nil {
		fields = append(fields, zap.String(FieldProtocol, l.protocol))
	}
	if peer := c.remote.unpack(); peer.IsValid() {
		fields = append(fields, zap.Stringer(FieldPeer, net.TCPAddrFromAddrPort(peer)))
	}
	return fields
}
