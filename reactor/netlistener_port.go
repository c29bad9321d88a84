package reactor

import "github.com/tconn/tconn/reactor/internal/engine"

// hold stops accepting, or goes on. A port that rests for want of descriptors goes on by itself.
func (p *Port) hold(still bool) {
	if p.fd < 0 || !p.attached || p.pause != nil {
		return
	}
	want := engine.Read
	if still {
		want = engine.None
	}
	_ = p.r.poller.SetInterest(&p.attachment, want)
}
