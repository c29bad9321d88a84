//go:build !unix

package mailservers

import (
	"errors"
	"os"
	"syscall"
)

// Where there is no unix, no server comes to run: those that clean up behind it are shell scripts.

func attributes() *syscall.SysProcAttr { return nil }

func ownGroup() *syscall.SysProcAttr { return nil }

func secluded() *syscall.SysProcAttr { return nil }

// terminate ends the one process that is known.
func terminate(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
	}
}

// killGroup has nothing to do: there are no groups.
func killGroup(int) {}

func groupLives(int) bool { return false }

// lock fails: what is locked is of Debian's packages.
func lock(*os.File) error { return errors.ErrUnsupported }

// memoryDir is a directory in memory.
func memoryDir() string { return "" }
