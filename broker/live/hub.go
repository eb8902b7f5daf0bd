// Package live tells consoles what has changed. A change names what changed;
// each subscriber looks up what its rep may see of it.
package live

import (
	"sync"

	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire"
)

// queue is how many changes wait for a subscriber: a storm of agents that
// reconnect is some thousands, spread over as many milliseconds. A subscriber
// that is further behind gets a new snapshot cheaper than the changes.
const queue = 1024

// Change is one thing that changed. Exactly one field is set, and Left with Session.
type Change struct {
	Device  string
	Session wire.SessionID
	Left    []string // ids of reps who are not in it any more
	Chat    *store.ChatMessage
	Arrival *store.ChatMessage // of which it is known now how far it came
	Typing  *Typing
	Audit   *store.Record
	Request *store.Request
	List    string // a list to be read again: "settings", "accounts", "recordings", "mail", "tokens", "keys", "directory", "presence", "jump", "portal", "waiting"
}

// Typing is somebody in a session who writes, or does not any more. Nobody keeps it.
type Typing struct {
	Session   wire.SessionID
	Rep, Name string // no Rep: the customer
	RepsOnly  bool
	Typing    bool
}

// Hub passes changes on. Its methods may be called from any goroutine and never
// block.
type Hub struct {
	mu   sync.Mutex
	subs map[*Subscription]struct{}
}

// New makes a hub.
func New() *Hub { return &Hub{subs: make(map[*Subscription]struct{})} }

// Subscription is one subscriber's queue.
type Subscription struct {
	hub     *Hub
	changes chan Change
}

// Subscribe begins a subscription, which is to be cancelled.
func (h *Hub) Subscribe() *Subscription {
	s := &Subscription{hub: h, changes: make(chan Change, queue)}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.subs[s] = struct{}{}
	return s
}

// Changes is closed when the subscriber was too slow: subscribe again.
func (s *Subscription) Changes() <-chan Change { return s.changes }

// Cancel ends the subscription.
func (s *Subscription) Cancel() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	delete(s.hub.subs, s)
}

// Publish hands a change to every subscriber and drops those with a full queue.
func (h *Hub) Publish(c Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		select {
		case s.changes <- c:
		default:
			delete(h.subs, s)
			close(s.changes)
		}
	}
}
