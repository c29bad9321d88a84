//go:build unix && !linux

package mailservers

import "syscall"

// attributes give a server a process group of its own.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// groupLives tells whether the group still has a process.
func groupLives(group int) bool { return syscall.Kill(-group, 0) == nil }
