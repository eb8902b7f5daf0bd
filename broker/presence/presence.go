// Package presence knows which reps have a console open, and use it. It knows nothing
// from before it was made: who is not here counts as gone since then.
package presence

import (
	"context"
	"sync"
	"time"
)

// List is what consoles are told to read again when a rep comes or goes, or begins or
// stops to use the console.
const List = "presence"

// IdleAfter is how long a console may be unused before its rep counts as idle: longer
// than a telephone call keeps people from the mouse.
const IdleAfter = 5 * time.Minute

// A first console counts as use, but one that comes back sooner than this: a stream that
// broke and was opened again says nothing of anybody in front of it.
const again = time.Minute

// Room is who is here. It holds one entry for each rep who was here once. Its
// methods may be called from any goroutine.
type Room struct {
	now     func() time.Time
	changed func(rep string)
	made    time.Time

	mu   sync.Mutex
	reps map[string]*rep
}

type rep struct {
	consoles int
	gone     time.Time // when the last console was closed
	used     time.Time // when any of the consoles was used last
	told     bool      // that the rep is idle
}

// New makes an empty room. changed is called, without any lock, when a rep's first
// console is opened and when the last one is closed, and when a rep becomes idle and
// is not any more.
func New(now func() time.Time, changed func(rep string)) *Room {
	return &Room{now: now, changed: changed, made: now(), reps: make(map[string]*rep)}
}

// Enter notes that a rep has opened a console, until leave is called once.
func (r *Room) Enter(id string) (leave func()) {
	now := r.now()
	r.mu.Lock()
	p := r.reps[id]
	if p == nil {
		p = &rep{}
		r.reps[id] = p
	}
	p.consoles++
	first := p.consoles == 1
	if first && now.Sub(p.gone) >= again {
		p.used, p.told = now, false
	}
	r.mu.Unlock()
	if first {
		r.changed(id)
	}
	return sync.OnceFunc(func() {
		r.mu.Lock()
		p.consoles--
		last := p.consoles == 0
		if last {
			p.gone = r.now()
		}
		r.mu.Unlock()
		if last {
			r.changed(id)
		}
	})
}

// Use notes that a rep has used one of their consoles just now.
func (r *Room) Use(id string) {
	now := r.now()
	r.mu.Lock()
	p := r.reps[id]
	back := false
	if p != nil {
		back = p.told
		p.used, p.told = now, false
	}
	r.mu.Unlock()
	if back {
		r.changed(id)
	}
}

// Here reports whether a rep has a console open.
func (r *Room) Here(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.reps[id]
	return p != nil && p.consoles > 0
}

// Idle reports whether a rep has a console open and has not used it for a while.
func (r *Room) Idle(id string) bool {
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.reps[id]
	return p != nil && p.idle(now)
}

func (p *rep) idle(now time.Time) bool { return p.consoles > 0 && now.Sub(p.used) >= IdleAfter }

// Gone is since when a rep has no console open; zero: there is one.
func (r *Room) Gone(id string) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch p := r.reps[id]; {
	case p == nil:
		return r.made
	case p.consoles > 0:
		return time.Time{}
	default:
		return p.gone
	}
}

// Tick tells of those who have become idle.
func (r *Room) Tick() {
	now := r.now()
	var idle []string
	r.mu.Lock()
	for id, p := range r.reps {
		if !p.told && p.idle(now) {
			p.told = true
			idle = append(idle, id)
		}
	}
	r.mu.Unlock()
	for _, id := range idle {
		r.changed(id)
	}
}

// Run ticks each second until ctx ends.
func (r *Room) Run(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r.Tick()
		}
	}
}
