package imap4

import "github.com/tconn/tconn/protocols/imap4/internal/wire"

// maxThreadDepth is how many branches within branches a thread may have. How long it is does not matter.
const maxThreadDepth = 10_000

// threads is the messages of THREAD responses in the order in which they came, each with its parent: the tree that they make
// is built at the end, and nothing here recurses, whatever the server sends.
type threads struct {
	messages []threadMessage
	open     []int32 // for each list that is open, who is the parent behind it
	room     func(n int) bool
}

// threadMessage is a message, or the empty place of one, and the index of its parent, -1 for none.
type threadMessage struct {
	number uint32
	parent int32
}

// read takes one response.
//
//	thread-data    = "THREAD" [SP 1*thread-list]
//	thread-list    = "(" (thread-members / thread-nested) ")"
//	thread-members = nz-number *(SP nz-number) [SP thread-nested]
//	thread-nested  = 2*thread-list
func (t *threads) read(d *wire.Decoder) {
	t.open = t.open[:0]
	parent, opened := int32(-1), false
	for {
		d.TrySP()
		next, more := d.Peek()
		switch {
		case !more:
			if len(t.open) > 0 {
				d.Expected(`")"`)
			}
			return
		case next == '(':
			if opened { // siblings whose parent is not there
				parent = t.add(0, parent)
			}
			t.enter(d, parent)
			opened = true
			continue
		case next == ')' && len(t.open) > 0:
			d.Byte(')')
			end := len(t.open) - 1
			parent, t.open = t.open[end], t.open[:end]
		case len(t.open) == 0:
			d.Expected(`"("`)
		default:
			if n := d.Number(); d.Err() == nil {
				parent = t.add(n, parent)
			}
		}
		opened = false
	}
}

func (t *threads) enter(d *wire.Decoder, parent int32) {
	d.Byte('(')
	if len(t.open) >= maxThreadDepth {
		d.Fail(&LimitError{Limit: wire.LimitDepth, Max: maxThreadDepth})
		return
	}
	t.open = append(t.open, parent)
}

// add adds a message and answers its index. Above the limit, when the command has failed already, it adds no more.
func (t *threads) add(number uint32, parent int32) int32 {
	if !t.room(len(t.messages) + 1) {
		return parent
	}
	t.messages = append(t.messages, threadMessage{number, parent})
	return int32(len(t.messages) - 1)
}

// tree makes the nodes. All lie in one array, in which the children of each lie together; they are counted first.
func (t *threads) tree() []ThreadNode {
	if len(t.messages) == 0 {
		return nil
	}
	count := make([]int32, len(t.messages)+1) // of the roots, then of each message
	for _, m := range t.messages {
		count[m.parent+1]++
	}
	from := make([]int32, len(count))
	for i := 1; i < len(count); i++ {
		from[i] = from[i-1] + count[i-1]
	}
	nodes := make([]ThreadNode, len(t.messages))
	next := append([]int32(nil), from...)
	for i, m := range t.messages {
		place := next[m.parent+1]
		next[m.parent+1]++
		nodes[place].Number = m.number
		if n := count[i+1]; n > 0 {
			first := from[i+1]
			nodes[place].Children = nodes[first : first+n : first+n]
		}
	}
	return nodes[:count[0]:count[0]]
}
