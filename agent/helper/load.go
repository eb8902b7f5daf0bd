package helper

import (
	"sync"
	"time"
)

// loadSpan is how long the load is measured before it is told.
const loadSpan = time.Second

// load tells how many processors encoding could use. Capturing and sending take
// little beside it.
type load struct {
	tell func(processors int) // nil: nobody wants to know

	mu    sync.Mutex
	since time.Time
	spent time.Duration
	told  int
}

// encoded adds the time that an update took, waiting for a processor included.
func (l *load) encoded(from, to time.Time) {
	if l.tell == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spent += to.Sub(from)
	span := to.Sub(l.since)
	if span < loadSpan {
		return
	}
	// Half of its time is as much as encoding may have of the first one.
	n := 1 + int(2*l.spent/span)
	l.since, l.spent = to, 0
	if n != l.told {
		l.told = n
		l.tell(n)
	}
}
