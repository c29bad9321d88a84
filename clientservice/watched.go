package clientservice

import "github.com/tconn/tconn/reactor"

// watched is a protocol of the user between the connection and the service, which so hears of the end whatever the user has shadowed.
type watched struct {
	service   *Service
	user      reactor.Protocol
	transport reactor.Transport
	up        bool  // OnConnected was told
	reason    error // set once lost
}

// Unwrap gives the user's protocol.
func (w *watched) Unwrap() reactor.Protocol { return w.user }

// MakeConnection keeps the transport. Its OnLost is for the case that somebody in between loses the ConnectionLost: the service acts after
// that, so that the user's protocol hears of the end first.
func (w *watched) MakeConnection(t reactor.Transport) {
	w.transport = t
	t.OnLost(func(reason error) {
		_ = w.service.options.Reactor.CallFromThread(func() { w.lost(reason) })
	})
	w.user.MakeConnection(t)
}

// ConnectionMade, DataReceived and ConnectionLost are passed on.
func (w *watched) ConnectionMade()             { w.user.ConnectionMade() }
func (w *watched) DataReceived(data []byte)    { w.user.DataReceived(data) }
func (w *watched) ConnectionLost(reason error) { defer w.lost(reason); w.user.ConnectionLost(reason) }

// lost tells the service, once.
func (w *watched) lost(reason error) {
	if w.reason == nil {
		w.reason = reason
		w.service.lost(w)
	}
}

// alive tells whether there is a connection that has not ended.
func (w *watched) alive() bool { return w != nil && w.transport != nil && w.reason == nil }
