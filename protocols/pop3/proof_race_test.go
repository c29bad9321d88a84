//go:build race

package pop3_test

// cutStep is how many bytes lie between two places where a conversation is cut: a prime, as the race detector is slow.
const cutStep = 23

// largeMessageBytes is how large a message is that has to cost no memory.
const largeMessageBytes = 128 << 20
