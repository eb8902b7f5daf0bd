package recording

import (
	"errors"
	"time"
)

// How fast updates are answered. A person who looks at a recording sees no more,
// and a film costs the endpoint, the path and the disk half.
const (
	// updatesPerSecond is how many, in the long run.
	updatesPerSecond = 15
	updateEvery      = time.Second / updatesPerSecond
	// updateBurst may come at once: a whole picture is some.
	updateBurst = 8
	// maxWaiting is more than an agent may have under way.
	maxWaiting = 64
)

var errOverCredit = errors.New("the endpoint sent more than it had credit for")

// shown is an update that was written and not answered yet.
type shown struct{ epoch, seq uint32 }

// credit holds back answers. It has no clock of its own.
type credit struct {
	waiting []shown
	next    time.Time // when the next answer is due
}

func (c *credit) wrote(s shown) error {
	if len(c.waiting) >= maxWaiting {
		return errOverCredit
	}
	c.waiting = append(c.waiting, s)
	return nil
}

// take is the answer that is due now, or how long there is none; 0: until there
// is another update.
func (c *credit) take(now time.Time) (s shown, ok bool, wait time.Duration) {
	if len(c.waiting) == 0 {
		return shown{}, false, 0
	}
	if wait := c.next.Sub(now); wait > 0 {
		return shown{}, false, wait
	}
	s = c.waiting[0]
	c.waiting = append(c.waiting[:0], c.waiting[1:]...)
	if earliest := now.Add(-updateBurst * updateEvery); c.next.Before(earliest) {
		c.next = earliest
	}
	c.next = c.next.Add(updateEvery)
	return s, true, 0
}

// breathe answers everything at once and the next ones promptly. Without it the
// agent would take the waiting for the length of the path, have ever more under
// way, and the recording would fall behind the screen.
func (c *credit) breathe(now time.Time) (s shown, ok bool) {
	if n := len(c.waiting); n > 0 {
		s, ok = c.waiting[n-1], true
	}
	c.waiting = c.waiting[:0]
	if promptly := now.Add(-2 * updateEvery); c.next.After(promptly) {
		c.next = promptly
	}
	return s, ok
}
