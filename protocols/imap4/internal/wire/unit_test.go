package wire

import "testing"

// A decoder made in place comes back to a place before literals, as any other does.
func TestDecodeReturns(t *testing.T) {
	input := []byte("* 1 FETCH (X {1}\r\na Y {2}\r\nbc)\r\n")
	limits := new(Limits)
	s := NewScanner(Client, limits)
	var u Unit
	for u.Kind != Line {
		n, err := s.Read(input, &u)
		if err != nil {
			t.Fatal(err)
		}
		input = input[n:]
	}
	var d Decoder
	u.Decode(&d, limits)
	_, list := PlainFetch(u.Bytes)
	d.SkipTo(list)
	var read [2][2]string
	start := d.Mark()
	for i := range read {
		d.Return(start)
		d.Open()
		for k := 0; d.More(); k++ {
			d.UpperName()
			d.SP()
			read[i][k] = string(d.String())
		}
		if d.Err() != nil {
			t.Fatalf("time %d: got %v", i+1, d.Err())
		}
	}
	if want := [2][2]string{{"a", "bc"}, {"a", "bc"}}; read != want {
		t.Errorf("got %q, want %q", read, want)
	}
}
