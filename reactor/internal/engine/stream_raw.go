//go:build linux && (amd64 || arm64 || riscv64) && !race && !msan && !asan

package engine

import (
	"syscall"
	"unsafe"
)

// A system call that may block is announced to the scheduler, which takes half as long as to receive nothing. These never block, whatever
// the mode of the socket, so they go without; and the kernel has less to do for recv and send than for read and write. Meanwhile their
// processor can do nothing else, so what may take long, because it is much, is announced.
//
// The race detector and its like learn from package unix what was received, so they have stream.go.
const maxRawBytes = 128 << 10

// receive is recv(2).
func receive(fd int, p []byte) (int, error) {
	const flags = syscall.MSG_DONTWAIT
	at, size := unsafe.SliceData(p), uintptr(len(p))
	if size > maxRawBytes {
		return answer(syscall.Syscall6(syscall.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(at)), size, flags, 0, 0))
	}
	return answer(syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(at)), size, flags, 0, 0))
}

// transmit is send(2).
func transmit(fd int, p []byte) (int, error) {
	const flags = syscall.MSG_DONTWAIT | syscall.MSG_NOSIGNAL
	at, size := unsafe.SliceData(p), uintptr(len(p))
	if size > maxRawBytes {
		return answer(syscall.Syscall6(syscall.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(at)), size, flags, 0, 0))
	}
	return answer(syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(at)), size, flags, 0, 0))
}

// answer makes of the registers what package syscall answers.
func answer(n, _ uintptr, errno syscall.Errno) (int, error) {
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
