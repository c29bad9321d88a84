//go:build race

package imap4_test

const heapTestBytes = 128 << 20
