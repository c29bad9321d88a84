//go:build race

package imap4_test

// cutStep is how many bytes lie between two places where a conversation is cut: a prime, as the race detector is slow.
const cutStep = 13

// shortAnswer is how long the shorter answers are whose cost is compared.
const shortAnswer = 8 << 10
