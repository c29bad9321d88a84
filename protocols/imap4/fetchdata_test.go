package imap4

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func oddResponses(t testing.TB) map[string]string {
	t.Helper()
	text, err := os.ReadFile("internal/wire/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		ID   string `json:"id"`
		Data []byte `json:"data"`
	}
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	data := make(map[string]string)
	for _, v := range vectors {
		if strings.Contains(string(v.Data), " FETCH (") {
			data[v.ID] = string(v.Data)
		}
	}
	return data
}

// fetchVectors is what is read of the odd responses that servers were seen to send.
var fetchVectors = map[string]string{
	"B01": `1 uid=1 [multipart/mixed boundary="b" [text/plain enc="8bit" 2/0] [multipart/alternative boundary="c" enc="8bit" 6/0]]`,
	"B03": `1 uid=1 [multipart/mixed boundary="x" [multipart/alternative boundary="x"] [text/html charset="iso-8859-1" enc="7bit" 6769/171]]`,
	"B05": `51 uid=1 [multipart/report [text/plain enc="7bit" 211/5] [message/rfc822 enc="7bit" 2942/51 env("" "" id "") [multipart/alternative]]]`,
	"B06": `1 uid=1 [text/plain charset="x" enc="quoted-printable" 850/31 inline]`,
	"B07": `1 uid=1 [application/msword enc="base64" 50446/0]`,
	"B09": `1 uid=1 [multipart/digest boundary="o" enc="7bit"]`,
	"B10": `1 uid=1 [multipart/mixed [text/plain 5/1] [message/rfc822 enc="base64" 1234/0 attachment filename="x.eml"]]`,
	"B12": `1 uid=1 [multipart/related boundary="_0" [application/octet-stream enc="7bit" 563/0] [text/html charset="utf-8" enc="base64" 38706/497] [image/jpeg id="<i@x>" desc="i.jpg" enc="base64" 3446/0 inline filename="i.jpg"]]`,
	"B13": `1 uid=1 [multipart/mixed boundary="m" [text/plain enc="7bit" 5/1]]`,
	"B14": `1 uid=1 [multipart/mixed [text/html enc="quoted-printable" 1224/16] [application/octet-stream name="2.pdf" desc="\"\"" enc="base64" 65322/0]]` + "\n" +
		`2 uid=2 flags=[]`,
	"B16": `1 uid=1 [multipart/alternative boundary="p" [text/plain charset="us-ascii" enc="7bit" 2515/64]]`,
	"E01": `1 uid=1 env("Thu, 18 Jul 2019 01:29:32 -0300" "s" from:"n"<u@h.example> id "<m>")`,
	"E03": `1 uid=1 env("d" "s" from:"a"<u@h>,"b"<v@h> id "<m>")`,
	"E05": `1 uid=1 !*wire.SyntaxError` + "\n" +
		`2 uid=2 flags=[]`,
	"E06": `1 uid=1 env("d" "\xd6\xd0\xce\xc4 café" id "<m>")`,
	"E08": `1 uid=1 env("" "" from:"M Server"<> to:group "grp"{,""<x@y.z>,},""<b> id "")`,
	"E09": `1 uid=1 env("d" "line1 line2" id "<m>")` + "\n" +
		`2 uid=2 flags=[]`,
	"F02": `1 uid=5 flags=[\Seen]`,
	"F04": `1 uid=3 BODY[1]=state 1, size 0`,
	"F05": `1 uid=3 BODY[]<0.5>="abcde"`,
	"F06": `1 uid=2 BODY[]="foo\r\n"`,
	"F08": `1 uid=2 BODY[]="abc"`,
	"F09": `1 uid=4`,
	"F10": `1 uid=4`,
	"F11": `1 uid=4 date=2024-01-01T00:00:00+01:00 size=4294967297`,
	"F12": `1 uid=5 flags=[] X-FOO="(a (b NIL) \"c\")" X-BAR="12"`,
	"F13": `1 uid=5 gmid=1278455344230334865 gmthr=1266894439832287888 labels=["\\Inbox" "Muy Importante" "tag"]`,
	"F14": `1 uid=1 flags=[\Seen]` + "\n" +
		`1 uid=1 BODY[]="abc"`,
	"F16": `4 uid=4 BODY[]="nul\x00b\xff\x80\r\n"`,
	"F17": `1 uid=6 emailid=M7dc`,
	"F18": `1 uid=9 BODY[HEADER]="a: b\r\n" BODY[9]=state 1, size 0 BODY[2.MIME]="" BODY[]<3.4294967295>="m: \"J"`,
}

func TestFetchVectors(t *testing.T) {
	data := oddResponses(t)
	if got, want := len(data), len(fetchVectors); got != want {
		t.Errorf("vectors: got %d, want %d", got, want)
	}
	for id, input := range data {
		t.Run(id, func(t *testing.T) {
			want := fetchVectors[id]
			if got := showAll(fetch(t, input)); got != want {
				t.Errorf("whole:\n got %s\nwant %s", got, want)
			}
			for cut := 1; cut < len(input) && !t.Failed(); cut++ {
				if got := showAll(fetch(t, input, cut)); got != want {
					t.Errorf("cut behind byte %d:\n got %s\nwant %s", cut, got, want)
				}
			}
			every := make([]int, len(input)-1)
			for i := range every {
				every[i] = i + 1
			}
			if got := showAll(fetch(t, input, every...)); got != want {
				t.Errorf("byte by byte:\n got %s\nwant %s", got, want)
			}
			if got := showAll(fetchBorrowed(t, input)); got != want {
				t.Errorf("borrowed:\n got %s\nwant %s", got, want)
			}
		})
	}
}
