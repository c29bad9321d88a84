package reactor

// Waiting is how many connections wait for Accept.
func (l *NetListener) Waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue)
}
