package engine

import "golang.org/x/sys/unix"

// ownGroupsOnly keeps the system from handing over what is sent to the groups that other sockets of the host have joined.
func ownGroupsOnly(fd int) {
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0)
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_ALL, 0)
}
