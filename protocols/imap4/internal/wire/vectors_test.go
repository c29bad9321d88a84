package wire

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// testdata/vectors.json holds odd responses of real servers. Each must be framed and read at its top level in any
// cutting, and must leave what follows alone.

type vector struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Data   []byte `json:"data"`
	Expect string `json:"expect"`
}

func loadVectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	for i := range vectors {
		vectors[i].Data = bytes.ReplaceAll(vectors[i].Data, []byte("{TAG}"), []byte("A1"))
	}
	return vectors
}

const vectorSiblings = "* 99 EXISTS\r\nA2 OK done\r\n"

func TestVectors(t *testing.T) {
	vectors := loadVectors(t)
	if len(vectors) != len(vectorWant) {
		t.Errorf("got %d vectors, want %d", len(vectors), len(vectorWant))
	}
	for _, v := range vectors {
		t.Run(v.ID+" "+v.Expect, func(t *testing.T) {
			input := append(bytes.Clone(v.Data), vectorSiblings...)
			f := feedEveryCut(t, Client, nil, keepAll, input)
			if f.err != nil {
				t.Fatalf("scanner: got %v, want no error", f.err)
			}
			var got []string
			for _, u := range scanLines(t, Client, nil, string(input)) {
				got = append(got, responseString(DecodeResponse(u, nil)))
			}
			want := append(strings.Split(vectorWant[v.ID], "\n"), `Untagged 99 EXISTS ()`, `Tagged tag=A2 OK "done"`)
			if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
				t.Errorf("got\n%s\nwant\n%s", g, w)
			}
		})
	}
}

// TestVectorValues reads every value of every untagged response of the vectors. Only one is damaged.
func TestVectorValues(t *testing.T) {
	for _, v := range loadVectors(t) {
		t.Run(v.ID+" "+v.Expect, func(t *testing.T) {
			damaged := 0
			for _, u := range scanLines(t, Client, nil, string(v.Data)+vectorSiblings) {
				r, err := DecodeResponse(u, nil)
				if r.Kind != Untagged || r.IsStatus || err != nil {
					continue
				}
				d := r.Args
				for len(d.Rest()) > 0 && d.Err() == nil {
					d.SkipValue()
					d.TrySP()
				}
				if d.Err() != nil {
					damaged++
				}
			}
			want := 0
			if v.ID == "E05" {
				want = 1
			}
			if damaged != want {
				t.Errorf("got %d damaged responses, want %d", damaged, want)
			}
		})
	}
}
