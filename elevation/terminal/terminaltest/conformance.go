package terminaltest

import (
	"testing"
	"time"

	"github.com/alongside-remote/alongside/elevation/terminal"
)

// patience is how long a watcher may take to tell what happened.
const patience = 10 * time.Second

// Stage is what a watcher under test watches.
type Stage struct {
	Watcher terminal.Watcher
	Want    terminal.Session // one that is there from the beginning
	// Put makes, changes or, with Gone, ends a session; nil where nothing changes.
	Put func(s terminal.Session)
}

// Run is the conformance suite.
func Run(t *testing.T, open func(t *testing.T) Stage) {
	t.Run("lists what is there", func(t *testing.T) {
		s := open(t)
		defer s.Watcher.Close()
		all, err := s.Watcher.Sessions()
		if err != nil {
			t.Fatal(err)
		}
		got, ok := find(all, s.Want.ID)
		if !ok || got.User != s.Want.User || got.UID != s.Want.UID || got.Display != s.Want.Display || got.Graphical != s.Want.Graphical {
			t.Errorf("sessions %+v, want %+v among them", all, s.Want)
		}
	})
	t.Run("close is once and for all", func(t *testing.T) {
		s := open(t)
		if err := s.Watcher.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Watcher.Close(); err != nil {
			t.Error(err)
		}
		select {
		case _, ok := <-s.Watcher.Events():
			if ok {
				t.Error("an event after the end")
			}
		case <-time.After(patience):
			t.Error("events are still open")
		}
	})
	t.Run("tells what changes", func(t *testing.T) {
		s := open(t)
		defer s.Watcher.Close()
		if s.Put == nil {
			return
		}
		x := s.Want
		x.ID, x.Display, x.Seat = "new", ":99", "seat0"
		for _, change := range []func(){func() {}, func() { x.Active = !x.Active }, func() { x.Locked = true }, func() { x.Gone = true }} {
			change()
			got := make(chan terminal.Session, 1)
			go func() {
				for e := range s.Watcher.Events() {
					if e.ID == x.ID && e.Seat == x.Seat && e.Away() == x.Away() && e.Locked == x.Locked && e.Gone == x.Gone {
						got <- e
						return
					}
				}
			}()
			s.Put(x)
			select {
			case <-got:
			case <-time.After(patience):
				t.Fatalf("%+v was not told", x)
			}
			all, err := s.Watcher.Sessions()
			if _, there := find(all, x.ID); err != nil || there == x.Gone {
				t.Errorf("sessions %+v, %v", all, err)
			}
		}
	})
}

func find(all []terminal.Session, id string) (terminal.Session, bool) {
	for _, s := range all {
		if s.ID == id {
			return s, true
		}
	}
	return terminal.Session{}, false
}
