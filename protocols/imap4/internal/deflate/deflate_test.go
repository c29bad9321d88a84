package deflate

import (
	"bytes"
	"compress/flate"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// inflate feeds stream in pieces of at most cut bytes.
func inflate(stream []byte, cut func() int) ([]byte, error) {
	var f Inflater
	var out []byte
	for len(stream) > 0 {
		n := min(max(cut(), 1), len(stream))
		if err := f.Feed(stream[:n], func(p []byte) bool { out = append(out, p...); return true }); err != nil {
			return out, err
		}
		stream = stream[n:]
	}
	return out, nil
}

func always(n int) func() int { return func() int { return n } }

func compressed(t testing.TB, p []byte, level int, flushEvery int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	for len(p) > 0 {
		n := min(flushEvery, len(p))
		_, _ = w.Write(p[:n])
		_ = w.Flush()
		p = p[n:]
	}
	return b.Bytes()
}

func samples() map[string][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 40_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	few := make([]byte, 40_000)
	for i := range few {
		few[i] = "abcd"[r.IntN(4)]
	}
	return map[string][]byte{
		"nothing": {},
		"a byte":  {7},
		"text":    []byte(strings.Repeat("* 23 FETCH (FLAGS (\\Seen) UID 4711)\r\n", 2000)),
		"zeros":   make([]byte, 70_000),
		"noise":   noise,
		"few":     few,
		"mixed":   append(append(append([]byte{}, noise[:30_000]...), few...), noise[:30_000]...),
	}
}

func TestInflate(t *testing.T) {
	for name, want := range samples() {
		for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, flate.BestSpeed, flate.DefaultCompression, flate.BestCompression} {
			for _, every := range []int{100, 1 << 20} {
				stream := compressed(t, want, level, every)
				r := rand.New(rand.NewPCG(3, 4))
				for cutting, cut := range map[string]func() int{"whole": always(1 << 30), "bytewise": always(1), "random": func() int { return r.IntN(3000) }} {
					got, err := inflate(stream, cut)
					if err != nil || !bytes.Equal(got, want) {
						t.Errorf("%s, level %d, flush every %d, %s: got %d bytes, %v, want %d", name, level, every, cutting, len(got), err, len(want))
					}
				}
			}
		}
	}
}

// What the bytes so far mean is given out at once, without a flush of the sender.
func TestNothingIsHeldBack(t *testing.T) {
	// A fixed block with "abc" and no end: 3 bits of head, 3 literals of 8 bits.
	var w bitWriter
	w.put(0b010, 3) // BFINAL 0, BTYPE 1, written from the lowest bit
	for _, c := range "abc" {
		w.code(0x30+int(c), 8)
	}
	got, err := inflate(w.bytes(), always(1))
	if err != nil || string(got) != "abc" {
		t.Errorf("got %q, %v, want abc", got, err)
	}
}

type bitWriter struct {
	bits uint64
	n    uint
}

func (w *bitWriter) put(v, n int) {
	w.bits |= uint64(v) << w.n
	w.n += uint(n)
}

func (w *bitWriter) code(v, n int) {
	for i := n - 1; i >= 0; i-- {
		w.put(v>>i&1, 1)
	}
}

func (w *bitWriter) bytes() []byte {
	var out []byte
	for i := uint(0); i < w.n; i += 8 {
		out = append(out, byte(w.bits>>i))
	}
	return out
}

func TestAppend(t *testing.T) {
	for name, want := range samples() {
		var stream []byte
		for rest := want; len(rest) > 0; {
			n := min(len(rest), 1+len(stream)%70_000)
			stream = Append(stream, rest[:n])
			rest = rest[n:]
		}
		got, err := inflate(stream, always(1000))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: our inflater: got %d bytes, %v, want %d", name, len(got), err, len(want))
		}
		got, _ = io.ReadAll(flate.NewReader(bytes.NewReader(stream)))
		if !bytes.Equal(got, want) {
			t.Errorf("%s: compress/flate: got %d bytes, want %d", name, len(got), len(want))
		}
	}
	text := bytes.Repeat([]byte("Received: from a.example by b.example\r\n"), 100)
	if got, most := len(Append(nil, text)), len(text)/10; got > most {
		t.Errorf("%d bytes of text: got %d, want at most %d", len(text), got, most)
	}
}

func TestCorrupt(t *testing.T) {
	for name, stream := range map[string][]byte{
		"block type 3":             {0b111},
		"stored length":            {0, 1, 0, 0, 0},
		"distance before the data": {0b011 | 0b00<<3, 0x02, 0, 0, 0},
		"too many codes":           {0b101 | 31<<3, 31, 0, 0},
	} {
		var f Inflater
		emit := func([]byte) bool { return true }
		err := f.Feed(stream, emit)
		if err != ErrCorrupt {
			t.Errorf("%s: got %v, want %v", name, err, ErrCorrupt)
			continue
		}
		if again := f.Feed([]byte{0}, emit); again != ErrCorrupt {
			t.Errorf("%s, again: got %v, want %v", name, again, ErrCorrupt)
		}
	}
}

func TestEmitRefuses(t *testing.T) {
	var f Inflater
	calls := 0
	err := f.Feed(compressed(t, make([]byte, 200_000), flate.DefaultCompression, 1<<20), func([]byte) bool { calls++; return false })
	if calls != 1 || err != nil {
		t.Errorf("got %d calls, %v, want 1, nil", calls, err)
	}
}

// FuzzInflate compares with compress/flate on any bytes, in any cuts.
func FuzzInflate(f *testing.F) {
	for _, p := range samples() {
		if len(p) > 3000 {
			p = p[:3000]
		}
		f.Add(compressed(f, p, flate.DefaultCompression, 500), uint64(1))
	}
	f.Add([]byte{0b111}, uint64(2))
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64) {
		want, wantErr := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(stream)), 10<<20))
		if len(want) == 10<<20 {
			t.Skip("too much")
		}
		whole, err := inflate(stream, always(1<<30))
		if wantErr == nil && (err != nil || !bytes.Equal(whole, want)) {
			t.Fatalf("got %d bytes, %v, want %d as compress/flate", len(whole), err, len(want))
		}
		if !bytes.HasPrefix(whole, want) {
			t.Fatalf("got %d bytes that do not begin with the %d of compress/flate", len(whole), len(want))
		}
		r := rand.New(rand.NewPCG(seed, seed))
		cut, cutErr := inflate(stream, func() int { return r.IntN(8) })
		if !bytes.Equal(cut, whole) || (cutErr == nil) != (err == nil) {
			t.Fatalf("cut: got %d bytes, %v, whole %d, %v", len(cut), cutErr, len(whole), err)
		}
	})
}

func BenchmarkInflate(b *testing.B) {
	stream := compressed(b, samples()["text"], flate.DefaultCompression, 4000)
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(samples()["text"])))
		for b.Loop() {
			var f Inflater
			_ = f.Feed(stream, func([]byte) bool { return true })
		}
	})
	b.Run("compress-flate", func(b *testing.B) {
		b.SetBytes(int64(len(samples()["text"])))
		for b.Loop() {
			_, _ = io.Copy(io.Discard, flate.NewReader(bytes.NewReader(stream)))
		}
	})
}
