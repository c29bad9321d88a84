package basic

import (
	"errors"
	"fmt"
)

// ErrDelimiterInLine is the answer of SendLine for a line that holds the delimiter: the peer would take it for several lines.
var ErrDelimiterInLine = errors.New("basic: the line to send holds a delimiter")

// ErrConsumerStopped is the error of a file transfer whose connection ended before the end of the file.
var ErrConsumerStopped = errors.New("basic: the connection ended before all of the file was sent")

// StringTooLongError is the answer of SendString for a string that is longer than its prefix can tell, and within the reason
// of a connection that ended because the peer announced a string above MaxLength.
//
// Source: twisted.protocols.basic.StringTooLongError.
type StringTooLongError struct {
	Length uint64 // of the string, as far as it is known: the digits of a netstring's length are read no further than needed
	Limit  uint64 // the greatest length allowed
}

// Error tells both lengths.
func (e *StringTooLongError) Error() string {
	return fmt.Sprintf("basic: a string of %d bytes is too long, the limit is %d", e.Length, e.Limit)
}

// NetstringError is within the reason of a connection that ended because the peer sent what is no netstring.
//
// Source: twisted.protocols.basic.NetstringParseError.
type NetstringError struct {
	Got  byte   // the first wrong byte
	Want string // what should have stood in its place, in words
	Err  error  // a *StringTooLongError when the length was too great, else nil
}

// Error tells what came and what should have come.
func (e *NetstringError) Error() string {
	return fmt.Sprintf("basic: no netstring: got %q, want %s", []byte{e.Got}, e.Want)
}

// Unwrap gives the *StringTooLongError.
func (e *NetstringError) Unwrap() error { return e.Err }
