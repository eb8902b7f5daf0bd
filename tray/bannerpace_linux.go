package tray

import "time"

// raiseLeast and raiseMost space the raises: quick for a window that was opened over the
// banner, slow against one that raises itself in return.
const (
	raiseLeast = 100 * time.Millisecond
	raiseMost  = 3 * time.Second
	// calm is how long nothing must have covered the banner to be quick again.
	calm = 10 * time.Second
)

// pace is when a banner that is covered may be raised. The zero pace is at once.
type pace struct {
	spacing time.Duration
	last    time.Time // raise
}

// next is when it may be raised again.
func (p *pace) next() time.Time { return p.last.Add(max(p.spacing, raiseLeast)) }

// raised is told of each raise.
func (p *pace) raised(now time.Time) {
	if now.Sub(p.last) > calm {
		p.spacing = raiseLeast
	} else {
		p.spacing = min(2*p.spacing, raiseMost)
	}
	p.last = now
}
