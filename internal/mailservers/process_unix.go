//go:build unix

package mailservers

import (
	"os"
	"syscall"
)

// terminate asks the first process of a server to end it.
func terminate(pid int) { _ = syscall.Kill(pid, syscall.SIGTERM) }

// killGroup ends all processes of a group.
func killGroup(group int) { _ = syscall.Kill(-group, syscall.SIGKILL) }

// lock waits until nobody else has locked the file. It is locked until it is closed.
func lock(file *os.File) error { return syscall.Flock(int(file.Fd()), syscall.LOCK_EX) }
