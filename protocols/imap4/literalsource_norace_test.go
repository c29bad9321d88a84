//go:build !race

package imap4_test

const heapTestBytes = 1 << 30
