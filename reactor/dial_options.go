package reactor

import (
	"io/fs"
	"time"
)

// ConnectSettings is what a list of ConnectOptions amounts to, for those who show it to people.
type ConnectSettings struct {
	Timeout     time.Duration // zero and less: no limit
	BindAddress string        // "": the system's choice
}

// ConnectSettingsOf answers the settings of a connection made with these options. Goroutine: any.
func ConnectSettingsOf(options ...ConnectOption) ConnectSettings {
	o := *defaultConnectOptions
	for _, option := range options {
		option(&o)
	}
	return ConnectSettings{Timeout: o.timeout, BindAddress: o.bind}
}

// ListenSettings is what a list of ListenOptions amounts to.
type ListenSettings struct {
	Interface string      // "": all
	Backlog   int         // connections the kernel queues
	Mode      fs.FileMode // of the file of a UNIX socket; 0: what the umask leaves
	ReusePort bool
}

// ListenSettingsOf answers the settings of a port with these options. Goroutine: any.
func ListenSettingsOf(options ...ListenOption) ListenSettings {
	o := newListenOptions(options)
	return ListenSettings{
		Interface: o.address,
		Backlog:   o.ListenOptions.Backlog,
		Mode:      fs.FileMode(o.ListenOptions.Mode),
		ReusePort: o.ListenOptions.ReusePort,
	}
}
