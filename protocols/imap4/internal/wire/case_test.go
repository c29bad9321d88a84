package wire

import (
	"strings"
	"testing"
)

// Every byte, at every place of words of every length about eight, is seen to be a capital or not.
func TestHasUpper(t *testing.T) {
	for n := range 26 {
		word := []byte(strings.Repeat("a", n))
		for i := range word {
			for c := range 256 {
				word[i] = byte(c)
				if got, want := hasUpper(word), c >= 'A' && c <= 'Z'; got != want {
					t.Fatalf("byte %#x at %d of %d: got %v, want %v", c, i, n, got, want)
				}
			}
			word[i] = 'a'
		}
	}
}
