//go:build (linux && ((!amd64 && !arm64 && !riscv64) || race || msan || asan)) || darwin || freebsd || netbsd || openbsd || dragonfly

package engine

import "golang.org/x/sys/unix"

// receive and transmit are those of any system.
func receive(fd int, p []byte) (int, error)  { return unix.Read(fd, p) }
func transmit(fd int, p []byte) (int, error) { return unix.Write(fd, p) }
