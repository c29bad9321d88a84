package imap4

// learned are things of one kind that a decoder has met before and knows at a glance, the most useful ones first.
type learned[T any] struct {
	known  []*T
	ever   int // how many were learned, those that are forgotten among them
	vain   int // how many could not be learned
	asked  int // see look
	looked int
	hits   int // how often one was met again
}

const (
	// firstToLearn is the message from which on a decoder learns: for less it is not worth while.
	firstToLearn = 10
	maxLearned   = 16
	// hitsToLearn is how many hits pay for one more thing than maxLearned.
	hitsToLearn = 32
	// fewHits is one hit in so many looks; then one look in fewLooks is left.
	fewHits  = 4
	fewLooks = 8
)

// look tells whether it is worth while to look whether the next thing is known. Where few are, it seldom is.
func (l *learned[T]) look() bool {
	l.asked++
	if l.looked > fewHits*(maxLearned+l.hits) && l.asked%fewLooks != 0 {
		return false
	}
	l.looked++
	return true
}

// hit answers known[i], which was met again.
func (l *learned[T]) hit(i int) *T {
	l.hits++
	thing := l.known[i]
	if i > 0 {
		l.known[i-1], l.known[i] = thing, l.known[i-1]
	}
	return thing
}

// mayLearn tells whether it is worth while to learn one more. A try in vain costs a part of what is learned.
func (l *learned[T]) mayLearn() bool { return l.ever+l.vain/fewLooks < maxLearned+l.hits/hitsToLearn }

// add takes thing up, if need be in place of the least useful one, which it answers.
func (l *learned[T]) add(thing *T) (replaced *T) {
	l.ever++
	if len(l.known) < maxLearned {
		l.known = append(l.known, thing)
		return nil
	}
	replaced, l.known[maxLearned-1] = l.known[maxLearned-1], thing
	return replaced
}
