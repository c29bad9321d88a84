package imap4

import (
	"fmt"
	"slices"
)

// state is where the session stands (RFC 9051 section 3).
type state uint8

const (
	stateGreeting         state = iota // the server has not greeted
	stateNotAuthenticated              // it has, and wants to know who we are
	stateAuthenticated                 // it knows
	stateSelected                      // and a mailbox is open
	stateClosed                        // the connection has ended, or is being ended
)

// String is the name of the state.
func (s state) String() string {
	return [...]string{"greeting", "not authenticated", "authenticated", "selected", "closed"}[s]
}

// canSend tells whether commands go out in this state.
func (s state) canSend() bool {
	return s == stateNotAuthenticated || s == stateAuthenticated || s == stateSelected
}

// moves are the legal ones.
var moves = map[state][]state{
	stateGreeting:         {stateNotAuthenticated, stateAuthenticated, stateClosed},
	stateNotAuthenticated: {stateAuthenticated, stateClosed},
	stateAuthenticated:    {stateSelected, stateNotAuthenticated, stateClosed},
	stateSelected:         {stateAuthenticated, stateNotAuthenticated, stateClosed},
}

// setState is the only place that writes the state. An illegal move is a defect of this package; the panic ends this connection.
func (c *Client) setState(next state) {
	if c.state == next {
		return
	}
	if !slices.Contains(moves[c.state], next) {
		panic(fmt.Sprintf("imap4: illegal move from state %q to %q", c.state, next))
	}
	c.state = next
}

// states are those in which a command is legal.
type states uint8

const (
	anyState        states = 0
	inAuthenticated states = 1<<stateAuthenticated | 1<<stateSelected
	inSelected      states = 1 << stateSelected
	beforeLogin     states = 1 << stateNotAuthenticated
)

func (s states) allow(now state) bool { return s == anyState || s&(1<<now) != 0 }
