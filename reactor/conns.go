package reactor

// conns are the connections of a reactor, in no order. Each knows its place, so that one costs no more here than a pointer.
type conns struct{ list []*conn }

func (s *conns) add(c *conn) {
	c.place = int32(len(s.list))
	s.list = append(s.list, c)
}

// remove takes c out; the last one takes its place.
func (s *conns) remove(c *conn) {
	end := len(s.list) - 1
	last := s.list[end]
	s.list[c.place], last.place = last, c.place
	s.list[end] = nil
	s.list = s.list[:end]
}
