package recording

import "time"

// clock tells the time since the recording began, without gaps of this process.
type clock struct {
	since  time.Time // monotonic
	before time.Duration
}

func (c clock) at() time.Duration {
	if c.since.IsZero() {
		return 0
	}
	return c.before + time.Since(c.since)
}
