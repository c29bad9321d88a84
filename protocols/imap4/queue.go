package imap4

// queue is a list of commands in the order of their issue. A command is in one queue at most; an empty queue holds no memory.
type queue struct {
	first, last *command
	n           int
}

func (q *queue) push(cmd *command) {
	cmd.before, cmd.behind = q.last, nil
	if q.last == nil {
		q.first = cmd
	} else {
		q.last.behind = cmd
	}
	q.last = cmd
	q.n++
}

func (q *queue) pushFront(cmd *command) {
	cmd.before, cmd.behind = nil, q.first
	if q.first == nil {
		q.last = cmd
	} else {
		q.first.before = cmd
	}
	q.first = cmd
	q.n++
}

// insert puts cmd behind another one, which must be in this queue.
func (q *queue) insert(behind, cmd *command) {
	if q.last == behind {
		q.push(cmd)
		return
	}
	cmd.before, cmd.behind = behind, behind.behind
	behind.behind.before = cmd
	behind.behind = cmd
	q.n++
}

// remove takes cmd out; it must be in this queue.
func (q *queue) remove(cmd *command) {
	if cmd.before == nil {
		q.first = cmd.behind
	} else {
		cmd.before.behind = cmd.behind
	}
	if cmd.behind == nil {
		q.last = cmd.before
	} else {
		cmd.behind.before = cmd.before
	}
	cmd.before, cmd.behind = nil, nil
	q.n--
}

// has tells whether cmd is in the queue.
func (q *queue) has(cmd *command) bool {
	for c := q.first; c != nil; c = c.behind {
		if c == cmd {
			return true
		}
	}
	return false
}

// find is the command of that tag, nil if there is none.
func (q *queue) find(tag uint32) *command {
	for c := q.first; c != nil; c = c.behind {
		if c.tag == tag {
			return c
		}
	}
	return nil
}
