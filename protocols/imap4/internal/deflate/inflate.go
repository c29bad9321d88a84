// Package deflate is DEFLATE (RFC 1951) for a stream that is never at its end: COMPRESS=DEFLATE (RFC 4978).
//
// An Inflater takes bytes as they come, cut anywhere, and gives out at once all that they mean: it needs no goroutine, no reader
// to block in, and no sync flush of the sender. Append goes the other way and holds no memory between two calls.
package deflate

import "errors"

// ErrCorrupt is bytes that are no DEFLATE.
var ErrCorrupt = errors.New("deflate: corrupt stream")

const (
	windowBytes = 32 << 10
	maxLitLen   = 286
	maxDist     = 30
	endOfBlock  = 256
)

// state is what an Inflater reads next.
type state uint8

const (
	stateHeader  state = iota // of a block
	stateStored               // length of a stored block
	stateBytes                // bytes of a stored block
	stateCounts               // numbers of codes of a dynamic block
	stateLengths              // code lengths of the code lengths
	stateCodes                // code lengths
	stateSymbol               // literal, length or end of block
	stateLength               // extra bits of a length
	stateDist                 // distance
	stateExtra                // extra bits of a distance
	stateEnd                  // behind the last block
)

// Inflater decompresses a stream. Its zero value is ready; it takes 32 KiB when the first bytes come.
type Inflater struct {
	window  []byte // the last 32 KiB, a ring
	at      int    // where the next byte goes
	from    int    // what stands from here to at was not given out yet
	total   int    // bytes so far, at most windowBytes: how far back a distance may reach
	bits    uint64
	n       uint // bits there are
	state   state
	last    bool // the block is the last one
	left    int  // bytes of a stored block
	length  int
	symbol  int    // whose extra bits are read
	lit     *table // of this block
	dist    *table
	own     [2]table // of dynamic blocks
	dynamic *dynamic
	emit    func([]byte) bool // while Feed runs
	refused bool              // emit has answered false
	err     error
}

// dynamic is the head of a dynamic block while it is read.
type dynamic struct {
	nlit, ndist, ncode, i int
	lengths               [maxLitLen + 2 + maxDist + 2]uint8
	codes                 [19]uint8
	table                 table
}

// Feed takes the next bytes of the stream. emit is given what they mean, in pieces that are borrowed until it returns; false ends the
// call, and with it the stream.
// Errors: ErrCorrupt, which stays. What follows the last block is dropped.
func (f *Inflater) Feed(p []byte, emit func([]byte) bool) error {
	if f.window == nil {
		f.window = make([]byte, windowBytes)
	}
	f.emit = emit
	for more := true; more && f.err == nil && !f.refused; {
		for f.n <= 56 && len(p) > 0 {
			f.bits |= uint64(p[0]) << f.n
			f.n += 8
			p = p[1:]
		}
		more = f.step() || len(p) > 0
		if f.state == stateBytes && f.n == 0 {
			p = p[f.copy(p):]
		}
	}
	f.flush()
	f.emit = nil
	return f.err
}

// copy takes bytes of a stored block as they lie in p.
func (f *Inflater) copy(p []byte) int {
	n := min(len(p), f.left)
	for rest := p[:n]; len(rest) > 0; {
		k := copy(f.window[f.at:], rest)
		rest = rest[k:]
		f.put(k)
	}
	f.left -= n
	if f.left == 0 {
		f.endBlock()
	}
	return n
}

// put counts k bytes that were written to the window, and gives out what stands in it when it is full.
func (f *Inflater) put(k int) {
	f.at += k
	f.total = min(f.total+k, windowBytes)
	if f.at == windowBytes {
		f.flush()
		f.at, f.from = 0, 0
	}
}

// flush gives out what was not given out yet.
func (f *Inflater) flush() {
	if f.at > f.from && !f.refused {
		f.refused = !f.emit(f.window[f.from:f.at])
	}
	f.from = f.at
}

// take is the next k bits; ok is false if there are not so many.
func (f *Inflater) take(k uint) (v int, ok bool) {
	if f.n < k {
		return 0, false
	}
	v = int(f.bits & (1<<k - 1))
	f.drop(k)
	return v, true
}

func (f *Inflater) drop(k uint) {
	f.bits >>= k
	f.n -= k
}

func (f *Inflater) corrupt() bool {
	f.err = ErrCorrupt
	return false
}

func (f *Inflater) endBlock() {
	f.state = stateHeader
	if f.last {
		f.state = stateEnd
	}
}

// step reads one thing; false says that more bits are needed.
func (f *Inflater) step() bool {
	switch f.state {
	case stateHeader:
		return f.header()
	case stateStored:
		return f.stored()
	case stateBytes:
		b, ok := f.take(8)
		if ok {
			f.window[f.at] = byte(b)
			f.put(1)
			if f.left--; f.left == 0 {
				f.endBlock()
			}
		}
		return ok
	case stateCounts:
		return f.counts()
	case stateLengths:
		return f.codeLengths()
	case stateCodes:
		return f.codes()
	case stateSymbol:
		return f.symbols()
	case stateLength:
		extra, ok := f.take(uint(lengthExtra[f.symbol]))
		if ok {
			f.length = lengthBase[f.symbol] + extra
			f.state = stateDist
		}
		return ok
	case stateDist:
		s, ok := f.decode(f.dist)
		if !ok {
			return false
		}
		if s >= maxDist {
			return f.corrupt()
		}
		f.symbol, f.state = s, stateExtra
		return true
	case stateExtra:
		extra, ok := f.take(uint(distExtra[f.symbol]))
		if !ok {
			return false
		}
		f.state = stateSymbol
		return f.repeat(distBase[f.symbol] + extra)
	}
	f.bits, f.n = 0, 0
	return false
}

// header: BFINAL, BTYPE (RFC 1951 section 3.2.3).
func (f *Inflater) header() bool {
	v, ok := f.take(3)
	if !ok {
		return false
	}
	f.last = v&1 == 1
	switch v >> 1 {
	case 0:
		f.drop(f.n % 8)
		f.state = stateStored
	case 1:
		f.lit, f.dist = fixed()
		f.state = stateSymbol
	case 2:
		f.state = stateCounts
	default:
		return f.corrupt()
	}
	return true
}

// stored: LEN, NLEN (section 3.2.4).
func (f *Inflater) stored() bool {
	v, ok := f.take(32)
	if !ok {
		return false
	}
	f.left = v & 0xffff
	if f.left != ^v>>16&0xffff {
		return f.corrupt()
	}
	f.state = stateBytes
	if f.left == 0 {
		f.endBlock()
	}
	return true
}

// counts: HLIT, HDIST, HCLEN (section 3.2.7).
func (f *Inflater) counts() bool {
	v, ok := f.take(14)
	if !ok {
		return false
	}
	d := &dynamic{nlit: v&31 + 257, ndist: v>>5&31 + 1, ncode: v>>10 + 4}
	if d.nlit > maxLitLen || d.ndist > maxDist {
		return f.corrupt()
	}
	f.dynamic, f.state = d, stateLengths
	return true
}

var codeOrder = [19]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

func (f *Inflater) codeLengths() bool {
	d := f.dynamic
	for d.i < d.ncode {
		v, ok := f.take(3)
		if !ok {
			return false
		}
		d.codes[codeOrder[d.i]] = uint8(v)
		d.i++
	}
	if !d.table.build(d.codes[:], 7) {
		return f.corrupt()
	}
	d.i, f.state = 0, stateCodes
	return true
}

// codes reads the lengths of both alphabets, which are one sequence.
func (f *Inflater) codes() bool {
	d := f.dynamic
	for d.i < d.nlit+d.ndist {
		bits, n := f.bits, f.n
		s, ok := f.decode(&d.table)
		if !ok {
			return false
		}
		if s < 16 {
			d.lengths[d.i] = uint8(s)
			d.i++
			continue
		}
		width := [3]uint{2, 3, 7}[s-16]
		v, ok := f.take(width)
		if !ok {
			f.bits, f.n = bits, n // symbol and count are read together
			return false
		}
		count, value := v+3, uint8(0)
		switch s {
		case 16:
			if d.i == 0 {
				return f.corrupt()
			}
			value = d.lengths[d.i-1]
		case 18:
			count = v + 11
		}
		if d.i+count > d.nlit+d.ndist {
			return f.corrupt()
		}
		for range count {
			d.lengths[d.i] = value
			d.i++
		}
	}
	if !f.own[0].build(d.lengths[:d.nlit], 10) || !f.own[1].build(d.lengths[d.nlit:d.nlit+d.ndist], 8) {
		return f.corrupt()
	}
	f.lit, f.dist = &f.own[0], &f.own[1]
	f.dynamic, f.state = nil, stateSymbol
	return true
}

// symbols reads literals up to what is none, or to the end of the bits.
func (f *Inflater) symbols() bool {
	for {
		s, ok := f.decode(f.lit)
		switch {
		case !ok:
			return false
		case s < endOfBlock:
			f.window[f.at] = byte(s)
			f.put(1)
		case s == endOfBlock:
			f.endBlock()
			return true
		case s >= maxLitLen:
			return f.corrupt()
		default:
			f.symbol, f.state = s-257, stateLength
			return true
		}
	}
}

// repeat copies f.length bytes from dist bytes back; both may go on at the window's beginning, and overlap.
func (f *Inflater) repeat(dist int) bool {
	if dist > f.total {
		return f.corrupt()
	}
	src := f.at - dist + windowBytes
	for f.length > 0 {
		from := src & (windowBytes - 1)
		n := min(f.length, windowBytes-f.at, windowBytes-from)
		if from+n <= f.at || f.at+n <= from {
			copy(f.window[f.at:f.at+n], f.window[from:from+n])
		} else { // what is written is read again
			for k := range n {
				f.window[f.at+k] = f.window[from+k]
			}
		}
		src += n
		f.length -= n
		f.put(n)
	}
	return true
}
