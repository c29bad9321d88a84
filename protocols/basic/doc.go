// Package basic holds protocols that cut a stream of bytes into units: lines, strings with their length in front, netstrings; and
// FileSender, which sends a file no faster than the peer reads.
//
// A receiver is embedded, and told once whom to call:
//
//	type Echo struct{ basic.LineReceiver }
//
//	func NewEcho() *Echo {
//		e := &Echo{}
//		e.Init(e)
//		return e
//	}
//
//	func (e *Echo) LineReceived(line []byte) { _ = e.SendLine(line) }
//
// Init takes anything that has the receiver's one method; a missing one does not compile. Further methods are found if they are
// there (RawHandler, LineLengthHandler, LengthLimitHandler). ConnectionMade and ConnectionLost are yours to write.
//
// What all receivers promise: the units are the same however the stream was cut; the work is linear in the bytes; nothing is kept
// while no unit is under way; nothing is delivered once the connection is closing; a unit is borrowed until the handler
// returns. PauseProducing of a receiver holds back the units that have come already, too.
//
// Source: twisted.protocols.basic.
package basic
