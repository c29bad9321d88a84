package reactor

import (
	"os"
	"strconv"
	"strings"

	"github.com/tconn/tconn/reactor/internal/engine"
)

// The variables by which a parent hands over open sockets, and the first descriptor it uses.
const (
	listenPID   = "LISTEN_PID"
	listenFDs   = "LISTEN_FDS"
	listenNames = "LISTEN_FDNAMES"
	firstListen = 3
	// maxListenFDs bounds what is believed of LISTEN_FDS.
	maxListenFDs = 1 << 16
)

// ActivatedFile is a descriptor that the parent process opened for this one.
type ActivatedFile struct {
	// Name is what the parent calls it (FileDescriptorName= in a systemd socket unit), "unknown" if nothing.
	Name string
	// File is the descriptor, for AdoptStreamPort and its like.
	File *os.File
}

// ListenFDs answers the descriptors that the parent process passed on (socket activation), in its order; none if it meant another process.
// They are not inherited by children. The variables are removed from the environment, for children not to take them for theirs, so a second
// call answers none.
//
//	for _, a := range reactor.ListenFDs() {
//		port, err := reactor.AdoptStreamPort(a.File, factory)
//		...
//	}
//
// Goroutine: any, one. Source: sd_listen_fds_with_names(3).
func ListenFDs() []ActivatedFile {
	pid, count, names := os.Getenv(listenPID), os.Getenv(listenFDs), os.Getenv(listenNames)
	for _, name := range []string{listenPID, listenFDs, listenNames} {
		_ = os.Unsetenv(name)
	}
	n, err := strconv.Atoi(count)
	if err != nil || n <= 0 || n > maxListenFDs || pid != strconv.Itoa(os.Getpid()) {
		return nil
	}
	files, ok := engine.OS.(engine.Files)
	if !ok {
		return nil
	}
	var activated []ActivatedFile
	called := strings.Split(names, ":")
	for i := range n {
		fd := firstListen + i
		if files.KeepFromChildren(fd) != nil {
			continue // it is not open
		}
		name := "unknown"
		if i < len(called) && called[i] != "" {
			name = called[i]
		}
		activated = append(activated, ActivatedFile{Name: name, File: os.NewFile(uintptr(fd), name)})
	}
	return activated
}
