package terminal

import "sync"

// pending hands changes to a slow receiver: of each session only the newest
// state waits, so it is bounded by the number of sessions.
type pending struct {
	mu    sync.Mutex
	order []string
	state map[string]Session
	bell  chan struct{}
}

func newPending() *pending {
	return &pending{state: map[string]Session{}, bell: make(chan struct{}, 1)}
}

func (p *pending) put(s Session) {
	p.mu.Lock()
	if _, waits := p.state[s.ID]; !waits {
		p.order = append(p.order, s.ID)
	}
	p.state[s.ID] = s
	p.mu.Unlock()
	select {
	case p.bell <- struct{}{}:
	default:
	}
}

func (p *pending) take() (Session, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.order) == 0 {
		return Session{}, false
	}
	id := p.order[0]
	p.order = p.order[1:]
	s := p.state[id]
	delete(p.state, id)
	return s, true
}

// deliver sends what waits until stop is closed, then closes out.
func (p *pending) deliver(out chan<- Session, stop <-chan struct{}) {
	defer close(out)
	for {
		s, ok := p.take()
		if !ok {
			select {
			case <-p.bell:
				continue
			case <-stop:
				return
			}
		}
		select {
		case out <- s:
		case <-stop:
			return
		}
	}
}
