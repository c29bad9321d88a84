//go:build unix && !linux

package mailservers

import "syscall"

// attributes give a server a process group of its own.
func attributes() *syscall.SysProcAttr { return ownGroup() }

// ownGroup keeps the signals of a terminal away.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// secluded would need namespaces; its user runs on Linux only.
func secluded() *syscall.SysProcAttr { return ownGroup() }

// groupLives tells whether the group still has a process.
func groupLives(group int) bool { return syscall.Kill(-group, 0) == nil }

// memoryDir is a directory in memory.
func memoryDir() string { return "" }
