//go:build !race

package imap4_test

// cutStep is how many bytes lie between two places where a conversation is cut.
const cutStep = 1
