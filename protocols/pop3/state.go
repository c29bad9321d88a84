package pop3

import (
	"fmt"
	"slices"
)

// state is where the session stands (RFC 1939 section 3).
type state uint8

const (
	stateGreeting      state = iota // the server has not greeted
	stateAuthorization              // it has, and wants to know who the user is
	stateTransaction                // it knows
	stateUpdate                     // QUIT was answered
	stateClosed                     // the connection has ended, or is being ended
)

// String is the name of the state.
func (s state) String() string {
	return [...]string{"greeting", "authorization", "transaction", "update", "closed"}[s]
}

// canSend tells whether commands go out in this state.
func (s state) canSend() bool { return s == stateAuthorization || s == stateTransaction }

// moves are the legal ones.
var moves = map[state][]state{
	stateGreeting:      {stateAuthorization, stateClosed},
	stateAuthorization: {stateTransaction, stateUpdate, stateClosed},
	stateTransaction:   {stateUpdate, stateClosed},
	stateUpdate:        {stateClosed},
}

// setState is the only place that writes the state. An illegal move is a defect of this package; the panic ends this connection.
func (c *Client) setState(next state) {
	if c.state == next {
		return
	}
	if !slices.Contains(moves[c.state], next) {
		panic(fmt.Sprintf("pop3: illegal move from state %q to %q", c.state, next))
	}
	c.state = next
}

// states are those in which a command is legal.
type states uint8

const (
	anyState      states = 0
	beforeLogin   states = 1 << stateAuthorization
	inTransaction states = 1 << stateTransaction
)

func (s states) allow(now state) bool { return s == anyState || s&(1<<now) != 0 }
