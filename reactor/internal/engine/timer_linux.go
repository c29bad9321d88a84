package engine

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// timer is a timerfd in the poller: the most exact wake-up there is, without another goroutine.
type timer struct {
	attachment Attachment
	onTimer    func()
}

func (t *timer) open(p *gnetPoller, onTimer func()) error {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("timerfd_create", err)
	}
	t.onTimer = onTimer
	p.Register(&t.attachment, fd, t)
	if err := p.SetInterest(&t.attachment, Read); err != nil {
		_ = unix.Close(fd)
		return err
	}
	return nil
}

// Ready empties the timerfd and passes the event on.
func (t *timer) Ready(Interest) {
	var expirations [8]byte
	if _, err := unix.Read(t.attachment.FD(), expirations[:]); err == nil {
		t.onTimer()
	}
}

// SetTimer makes onTimer run once, after d; it replaces the time set before.
func (p *gnetPoller) SetTimer(d time.Duration) {
	value := unix.NsecToTimespec(int64(max(d, 1))) // zero would disarm it
	_ = unix.TimerfdSettime(p.timer.attachment.FD(), 0, &unix.ItimerSpec{Value: value}, nil)
}

func (t *timer) close() { _ = unix.Close(t.attachment.FD()) }
