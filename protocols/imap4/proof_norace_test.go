//go:build !race

package imap4_test

// cutStep is how many bytes lie between two places where a conversation is cut.
const cutStep = 1

// shortAnswer is how long the shorter answers are whose cost is compared.
const shortAnswer = 32 << 10
