package engine

// Files is the part of a System whose descriptors are those of the process. A simulated one does not implement it.
type Files interface {
	// Duplicate makes another descriptor of what fd stands for.
	Duplicate(fd uintptr) (int, error)
	// KeepFromChildren marks a descriptor to be closed in the programs that this process starts.
	KeepFromChildren(fd int) error
	// Kind tells what a descriptor is.
	Kind(fd int) (Kind, error)
	// Await blocks the calling goroutine, and its thread, until fd is ready or interrupt can be read from; then it answers false. fd need not
	// be fit for a poller. Goroutine: any.
	Await(fd int, want Interest, interrupt int) (ready bool, err error)
}

// Kind is what a descriptor is, as far as a reactor cares.
type Kind uint8

// The kinds of descriptors.
const (
	NoSocket    Kind = iota
	OtherSocket      // raw sockets, UNIX datagrams, ...
	UDP
	Listening   // a stream socket that listens
	Connected   // a stream socket with a peer
	Unconnected // a stream socket without
)

// String is the kind in words.
func (k Kind) String() string {
	switch k {
	case NoSocket:
		return "no socket"
	case UDP:
		return "a UDP socket"
	case Listening:
		return "a listening stream socket"
	case Connected:
		return "a connected stream socket"
	case Unconnected:
		return "a stream socket that neither listens nor is connected"
	}
	return "a socket of another kind"
}
