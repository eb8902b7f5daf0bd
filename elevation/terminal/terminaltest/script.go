// Package terminaltest has a scripted terminal watcher and the conformance suite
// that every watcher passes.
package terminaltest

import (
	"sync"

	"github.com/alongside-remote/alongside/elevation/terminal"
)

// Script is a watcher whose sessions a test sets.
type Script struct {
	mu     sync.Mutex
	all    []terminal.Session
	events chan terminal.Session
	put    sync.RWMutex // held for reading while an event is sent
	once   sync.Once
	done   chan struct{}
}

// NewScript watches these sessions.
func NewScript(all ...terminal.Session) *Script {
	return &Script{all: all, events: make(chan terminal.Session), done: make(chan struct{})}
}

// Sessions implements terminal.Watcher.
func (s *Script) Sessions() ([]terminal.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]terminal.Session(nil), s.all...), nil
}

// Events implements terminal.Watcher.
func (s *Script) Events() <-chan terminal.Session { return s.events }

// Close implements terminal.Watcher.
func (s *Script) Close() error {
	s.once.Do(func() {
		close(s.done)
		s.put.Lock()
		defer s.put.Unlock()
		close(s.events)
	})
	return nil
}

// Put adds or replaces a session and waits until the receiver has the event. A
// session with Gone set is removed.
func (s *Script) Put(x terminal.Session) {
	s.mu.Lock()
	var all []terminal.Session
	for _, old := range s.all {
		if old.ID != x.ID {
			all = append(all, old)
		}
	}
	if !x.Gone {
		all = append(all, x)
	}
	s.all = all
	s.mu.Unlock()
	s.put.RLock()
	defer s.put.RUnlock()
	select {
	case <-s.done:
		return
	default:
	}
	select {
	case s.events <- x:
	case <-s.done:
	}
}

// Desktop is a session of a user at a desktop in front.
func Desktop(id, user string, uid uint32) terminal.Session {
	return terminal.Session{ID: id, User: user, UID: uid, GID: uid, Home: "/", Display: ":" + id, Graphical: true, Active: true}
}
