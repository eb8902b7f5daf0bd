// Package terminaltest has a scripted terminal watcher and the conformance suite
// that every watcher passes.
package terminaltest

import (
	"context"
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
	orders chan Order
	refuse error
}

// Order is what a script was told as a terminal.Keeper.
type Order struct {
	LogOff  bool // else it is to be locked
	Session terminal.Session
}

// NewScript watches these sessions.
func NewScript(all ...terminal.Session) *Script {
	return &Script{all: all, events: make(chan terminal.Session), done: make(chan struct{}), orders: make(chan Order, 8)}
}

// Sessions implements terminal.Watcher.
func (s *Script) Sessions() ([]terminal.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]terminal.Session(nil), s.all...), nil
}

// Orders are what it was told as a Keeper. What becomes of them, the test puts.
func (s *Script) Orders() <-chan Order { return s.orders }

// Refuse has the Keeper's methods fail.
func (s *Script) Refuse(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = err
}

// Lock implements terminal.Keeper.
func (s *Script) Lock(_ context.Context, x terminal.Session) error { return s.order(Order{false, x}) }

// LogOff implements terminal.Keeper.
func (s *Script) LogOff(_ context.Context, x terminal.Session) error { return s.order(Order{true, x}) }

func (s *Script) order(o Order) error {
	s.orders <- o
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refuse
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
