package imap4_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/tconn/tconn/protocols/imap4"
)

// envelopes is the answer to a FETCH of metadata, for as many messages.
func envelopes(n int) []byte {
	var b bytes.Buffer
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, `* %d FETCH (UID %d FLAGS (\Seen $Forwarded) INTERNALDATE "17-Jul-2024 02:44:25 -0700" RFC822.SIZE 44827 `+
			`ENVELOPE ("Wed, 17 Jul 2024 02:23:25 -0700 (PDT)" "a subject of some length" (("Terry Gray" NIL "gray" "cac.example")) `+
			`(("Terry Gray" NIL "gray" "cac.example")) (("Terry Gray" NIL "gray" "cac.example")) ((NIL NIL "imap" "cac.example")) NIL NIL NIL `+
			`"<B27397-0100000@cac.example>") BODYSTRUCTURE (("TEXT" "PLAIN" ("CHARSET" "UTF-8") NIL NIL "7BIT" 3028 92 NIL NIL NIL NIL)`+
			`("TEXT" "HTML" ("CHARSET" "UTF-8") NIL NIL "QUOTED-PRINTABLE" 3028 92 NIL NIL NIL NIL) "ALTERNATIVE" ("BOUNDARY" "b1") NIL NIL NIL))`+"\r\n", i, i)
	}
	return b.Bytes()
}

var metadata = imap4.ItemsAll | imap4.ItemBodyStructure

// What a message costs on its way through the client: nothing if it is borrowed.
func TestFetchAllocations(t *testing.T) {
	for _, test := range []struct {
		name string
		o    imap4.FetchOptions
		most float64
	}{
		{"borrowed", imap4.FetchOptions{Items: metadata, Borrow: true}, 0},
		{"owned", imap4.FetchOptions{Items: metadata}, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := opened(t, "")
			s.Listener = nil
			count := 0
			s.Fetch(imap4.AllUIDs(), test.o, func(*imap4.Message) { count++ })
			line := envelopes(1)
			if got := testing.AllocsPerRun(200, func() { s.DataReceived(line) }); got > test.most {
				t.Errorf("allocations for a message: got %v, want at most %v", got, test.most)
			}
			if count == 0 {
				t.Error("messages: got none")
			}
			s.server("A1 OK done\r\n")
		})
	}
}

func BenchmarkFetch(b *testing.B) {
	for _, borrow := range []bool{false, true} {
		b.Run(fmt.Sprintf("borrow=%v", borrow), func(b *testing.B) {
			s := opened(b, "")
			s.Listener = nil
			input := envelopes(100)
			s.Fetch(imap4.AllUIDs(), imap4.FetchOptions{Items: metadata, Borrow: borrow}, nil)
			b.SetBytes(int64(len(input)) / 100)
			b.ReportAllocs()
			for i := 0; i < b.N; i += 100 {
				s.DataReceived(input)
			}
			s.server("A1 OK done\r\n")
		})
	}
}
