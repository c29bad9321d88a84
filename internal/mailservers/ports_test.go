package mailservers

import "testing"

func TestFreePortsAreDifferentAndLow(t *testing.T) {
	ports, err := freePorts(50)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[int]bool)
	for _, p := range ports {
		if seen[p] || p < firstPort || p > lastPort {
			t.Errorf("port: got %d, want one between %d and %d, and once", p, firstPort, lastPort)
		}
		seen[p] = true
	}
	if len(seen) != 50 {
		t.Errorf("ports: got %d, want 50", len(seen))
	}
}
