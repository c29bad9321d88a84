package reactor

import "github.com/tconn/tconn/reactor/internal/engine"

// WithSystem puts another system under the reactor.
func WithSystem(s engine.System) Option { return func(r *Reactor) { r.sys = s } }
