//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package engine

// ownGroupsOnly has nothing to do: a socket gets the datagrams of the groups it has joined itself.
func ownGroupsOnly(int) {}
