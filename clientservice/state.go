package clientservice

import (
	"fmt"
	"slices"
)

// State says where a Service stands.
type State uint8

// The states of a Service.
const (
	Idle       State = iota // never started
	Queued                  // waits for the leave of its Governor
	Connecting              // the endpoint connects
	Preparing               // there is a connection, Options.Prepare is at it
	Connected               // the connection is ready for use
	Closing                 // the attempt has failed; its connection has yet to end
	Waiting                 // waits for the time of the next attempt
	Stopping                // Stop was called; something has yet to end
	Restarting              // Start was called while Stopping
	Stopped                 // Stop was called and nothing is left
)

// String is the name of the state, in small letters.
func (s State) String() string {
	return [...]string{"idle", "queued", "connecting", "preparing", "connected", "closing", "waiting", "stopping", "restarting", "stopped"}[s]
}

// moves are the legal ones.
var moves = map[State][]State{
	Idle:       {Queued, Connecting, Stopped},
	Queued:     {Connecting, Stopped},
	Connecting: {Preparing, Connected, Closing, Waiting, Stopping},
	Preparing:  {Connected, Closing, Waiting, Stopping},
	Connected:  {Waiting, Stopping},
	Closing:    {Waiting, Stopping},
	Waiting:    {Queued, Connecting, Stopped},
	Stopping:   {Restarting, Stopped},
	Restarting: {Stopping, Queued, Connecting},
	Stopped:    {Queued, Connecting},
}

// setState is the only place that writes the state. An illegal move is a defect of this package.
func (s *Service) setState(next State) {
	if !slices.Contains(moves[s.state], next) {
		panic(fmt.Sprintf("clientservice: illegal move from state %q to %q", s.state, next))
	}
	s.state = next
}
