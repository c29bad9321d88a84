package pop3

// queue is a list of commands in the order of their issue. A command is in one queue at most; an empty queue holds no memory.
type queue struct {
	first, last *command
	len         int
}

func (q *queue) push(cmd *command) {
	cmd.in, cmd.before, cmd.behind = q, q.last, nil
	if q.last == nil {
		q.first = cmd
	} else {
		q.last.behind = cmd
	}
	q.last = cmd
	q.len++
}

func (q *queue) pushFront(cmd *command) {
	cmd.in, cmd.before, cmd.behind = q, nil, q.first
	if q.first == nil {
		q.last = cmd
	} else {
		q.first.before = cmd
	}
	q.first = cmd
	q.len++
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
	cmd.in, cmd.before, cmd.behind = nil, nil, nil
	q.len--
}
