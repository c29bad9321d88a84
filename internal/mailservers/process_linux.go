package mailservers

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// attributes give a server a process group of its own, and make the kernel end it when the thread that started it ends: no
// server outlives a test binary that is killed.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}

// ownGroup keeps the signals of a terminal away.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// secluded is like attributes, with a mount namespace and a process namespace of its own: nothing of what the server mounts is seen
// outside, and no process of it outlives the first one.
func secluded() *syscall.SysProcAttr {
	attr := attributes()
	attr.Pdeathsig = syscall.SIGKILL
	attr.Cloneflags = syscall.CLONE_NEWNS | syscall.CLONE_NEWPID
	return attr
}

// groupLives tells whether a process of the group still runs. One that has ended and was not yet waited for does not.
func groupLives(group int) bool {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err == nil && inGroup(string(text), group) {
			return true
		}
	}
	return false
}

// inGroup reads the text of a stat file: "PID (NAME) STATE PARENT GROUP ...", where NAME can hold anything.
func inGroup(stat string, group int) bool {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	return len(fields) > 2 && fields[0] != "Z" && fields[2] == strconv.Itoa(group)
}

// memoryRoom is how many octets a server may need.
const memoryRoom = 1 << 30

// memoryDir is a directory in memory with room for a server, "" if there is none. Servers write through to the disk again and again, and
// where the disk is slow that is most of the time of a test.
func memoryDir() string {
	const dir = "/dev/shm"
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil || stat.Bavail*uint64(stat.Bsize) < memoryRoom || !passable(dir) {
		return ""
	}
	probe, err := os.MkdirTemp(dir, "tconn-")
	if err != nil {
		return ""
	}
	_ = os.Remove(probe)
	return dir
}
