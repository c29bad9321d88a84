package wire

import (
	"bytes"
	"strings"
)

// Response is one response of a server, read at its top level (RFC 9051 section 7).
//
// Lifetime: strings are the caller's; Args is a view of the unit.
type Response struct {
	Kind ResponseKind
	Tag  string // Tagged only

	// Number and HasNumber: the number before the name, as in "* 3 EXISTS".
	Number    uint32
	HasNumber bool

	// Name is the response's word in capitals: OK, NO, BAD, BYE, PREAUTH, CAPABILITY, EXISTS, FETCH, ...; also
	// a word this package does not know. Empty for Continuation.
	Name string

	// Status responses (OK, NO, BAD, BYE, PREAUTH) only. IsStatus tells that it is one.
	IsStatus bool
	Code     string // the response code's word in capitals, "" without one
	CodeArgs string // what follows the word in the brackets, as sent
	RawCode  string // all between the brackets, as sent
	Bare     bool   // the server sent a code without "* OK"

	// Text: of a status response behind its code; of Continuation all behind "+ "; of Invalid the whole line.
	Text string

	// Args stands behind the name and its space.
	Args Decoder
}

// CodeDecoder returns a decoder for CodeArgs.
func (r *Response) CodeDecoder(l *Limits) Decoder { return NewDecoder([]byte(r.CodeArgs), nil, l) }

// DecodeResponse reads a Line unit's top level; the values behind the name are the caller's to read from Args.
// Limits: nil means the defaults; it goes on to Args.
// Errors: *SyntaxError for a line that is no response (Kind Invalid, Text the line: a banner of another protocol,
// an error message of a proxy, the rest of a broken response) or whose number is above 32 bits (Kind Untagged).
func DecodeResponse(u Unit, l *Limits) (Response, error) {
	b := u.Bytes
	if number, list := PlainFetch(b); list > 0 { // most of what comes
		r := Response{Kind: Untagged, Number: number, HasNumber: true, Name: "FETCH", Args: u.Decoder(l)}
		r.Args.pos = list
		return r, nil
	}
	h := parseHead(b)
	r := Response{Kind: h.kind, HasNumber: h.hasNumber, IsStatus: h.status && h.kind != Continuation, Bare: h.bare}
	r.Args = u.Decoder(l)
	r.Args.pos = skipSpaces(b, h.nameEnd)
	switch h.kind {
	case Invalid:
		r.Text = string(b)
		r.Args.expectedAt(h.wantOffset, h.want)
		return r, r.Args.err
	case Continuation:
		r.Text = string(b[min(2, len(b)):])
		r.Args.pos = min(2, len(b))
		return r, nil
	case Tagged:
		r.Tag = string(b[:h.tagEnd])
	}
	r.Name = upperWord(b[h.name:h.nameEnd])
	if h.bare {
		r.Name = "OK"
	}
	if h.status {
		r.readStatus(b[r.Args.pos:])
	}
	if h.badNumber || h.number > 1<<32-1 {
		r.HasNumber = false
		r.Args.expectedAt(skipSpaces(b, 1), "number of at most 32 bits")
		return r, r.Args.err
	}
	r.Number = uint32(h.number)
	return r, nil
}

// readStatus splits what follows the status word.
//
//	resp-text = ["[" resp-text-code "]" SP] [text]
//
// Accepted beyond it: no space behind the code. Without its closing bracket, and when empty, a code is text.
func (r *Response) readStatus(b []byte) {
	all := string(b) // all strings are parts of it
	r.Text = all
	end := codeEnd(b)
	if end == 0 {
		return
	}
	code := b[1:end]
	word := skipSpaces(code, 0)
	wordEnd := codeWordEnd(code, word)
	if wordEnd == word {
		return
	}
	r.Code = upperWord(code[word:wordEnd])
	r.RawCode = all[1:end]
	r.CodeArgs = r.RawCode[skipSpaces(code, wordEnd):]
	r.Text = strings.TrimPrefix(all[end+1:], " ")
}

// codeWordEnd is where the code's word ends that begins at i.
func codeWordEnd(code []byte, i int) int {
	for i < len(code) && !isSpace(code[i]) && code[i] != '(' && code[i] != '"' {
		i++
	}
	return i
}

// codeEnd is the index of the bracket that closes the response code at the start of b, 0 if there is none.
//
// Flags with brackets stand in codes unquoted (PERMANENTFLAGS (kw[1] a]b)), so a bracket within parentheses, a
// quoted string, or brackets of its own does not close it. If nothing closes it then because those are broken,
// the first bracket outside a quoted string does.
func codeEnd(b []byte) int {
	if len(b) == 0 || b[0] != '[' {
		return 0
	}
	if end := bytes.IndexByte(b, ']'); end > 0 && bytes.IndexAny(b[1:end], `["()`) < 0 { // nearly all are like that
		return end
	}
	return codeEndWithin(b)
}

// codeEndWithin is codeEnd where a bracket, a quote or a parenthesis may stand within the code.
func codeEndWithin(b []byte) int {
	var sh shape
	brackets, fallback := 0, 0
	for i := 1; i < len(b); i++ {
		c := b[i]
		if sh.quoted && c == '\\' {
			i++
			continue
		}
		sh.scan(b[i : i+1])
		if sh.quoted {
			continue
		}
		if c == ']' && fallback == 0 {
			fallback = i
		}
		if sh.depth > 0 {
			continue
		}
		switch c {
		case '[':
			brackets++
		case ']':
			if brackets == 0 {
				return i
			}
			brackets--
		}
	}
	return fallback
}
