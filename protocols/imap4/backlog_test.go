package imap4

import "testing"

// A loop that is slower than its server always has something waiting, and so its backlog never becomes empty.
func TestBacklogForgetsWhatWasTaken(t *testing.T) {
	b := newBacklog[int](new(Client))
	b.put(0, 1)
	for n := range 100_000 {
		b.put(n+1, 1)
		if got, ok, _, _, _ := b.pop(); !ok || got != n {
			t.Fatalf("taken: got %d, %v, want %d", got, ok, n)
		}
	}
	if got := cap(b.queue); got > fullCount {
		t.Errorf("room for what waits: got %d, want at most %d", got, fullCount)
	}
}
