package wire

import (
	"bytes"
	"strconv"
)

// ScanLine reads a line of LIST: a number and a size.
//
//	scan-listing = msg-number SP size [SP text]
//
// More than one space, and anything behind the size, is passed over.
func ScanLine(line []byte) (number int, size int64, ok bool) {
	first, rest := word(line)
	second, _ := word(rest)
	number, ok = Number(first)
	if !ok {
		return 0, 0, false
	}
	size, err := strconv.ParseInt(string(second), 10, 64)
	return number, size, err == nil && size >= 0
}

// UniqueLine reads a line of UIDL: a number and a unique-id, which are up to 70 printable characters; longer ones are taken, too.
//
//	unique-id-listing = msg-number SP unique-id
func UniqueLine(line []byte) (number int, uid string, ok bool) {
	first, rest := word(line)
	second, _ := word(rest)
	number, ok = Number(first)
	return number, string(second), ok && len(second) > 0
}

// Drop reads the text of the answer to STAT: how many messages there are, and their size.
//
//	drop-listing = count SP size [SP text]
func Drop(text []byte) (count int, size int64, ok bool) {
	first, rest := word(text)
	second, _ := word(rest)
	count, err := strconv.Atoi(string(first))
	if err != nil || count < 0 {
		return 0, 0, false
	}
	size, err = strconv.ParseInt(string(second), 10, 64)
	return count, size, err == nil && size >= 0
}

// Number reads a message number, which is at least 1.
func Number(b []byte) (n int, ok bool) {
	if len(b) == 0 || len(b) > 10 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, n >= 1 && n <= maxNumber
}

// maxNumber is the largest number of a message.
const maxNumber = 1<<31 - 1

// word answers the first word of b and what follows it.
func word(b []byte) (first, rest []byte) {
	b = bytes.TrimLeft(b, " \t")
	if i := bytes.IndexAny(b, " \t"); i >= 0 {
		return b[:i], b[i:]
	}
	return b, nil
}

// Alone answers the word of a text that has just one.
func Alone(text []byte) (uid string, ok bool) {
	first, rest := word(text)
	second, _ := word(rest)
	return string(first), len(first) > 0 && len(second) == 0
}
