package terminal

import (
	"context"
	"slices"
	"strings"
	"sync"
)

// Handed is a watcher that knows one session better than the system does: as its own
// user's service described it. It owns w, which is nil where nothing else watches.
func Handed(s Session, w Watcher) Watcher { return &handed{session: s, all: w} }

type handed struct {
	all    Watcher
	events chan Session

	mu      sync.Mutex
	session Session
	listed  string // the system's name for it; once it has listed it and does not any more, it is gone
}

func (h *handed) Sessions() ([]Session, error) {
	if h.all == nil {
		return []Session{h.session}, nil
	}
	list, err := h.all.Sessions()
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	i := slices.IndexFunc(list, h.is)
	if i < 0 {
		if h.listed != "" {
			return list, nil
		}
		return append(list, h.session), nil
	}
	h.listed, list[i] = list[i].ID, h.session.as(list[i])
	return list, nil
}

// is says whether a session that the system lists is this one: by its name, or by the
// display where its user's service was not told the name.
func (h *handed) is(s Session) bool {
	display := func(d string) string { return strings.TrimSuffix(d, ".0") }
	return s.UID == h.session.UID && (s.ID == h.session.ID || s.Display != "" && display(s.Display) == display(h.session.Display))
}

// as is s in the state that the system lists it in.
func (s Session) as(listed Session) Session {
	s.Seat, s.Active, s.Remote, s.Locked, s.Gone = listed.Seat, listed.Active, listed.Remote, listed.Locked, listed.Gone
	return s
}

// Lock implements Keeper.
func (h *handed) Lock(ctx context.Context, s Session) error {
	if k, ok := h.all.(Keeper); ok {
		return k.Lock(ctx, h.named(s))
	}
	return ErrUnsupported
}

// LogOff implements Keeper.
func (h *handed) LogOff(ctx context.Context, s Session) error {
	if k, ok := h.all.(Keeper); ok {
		return k.LogOff(ctx, h.named(s))
	}
	return ErrUnsupported
}

// named is s as the system calls it.
func (h *handed) named(s Session) Session {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.ID == h.session.ID && s.UID == h.session.UID && h.listed != "" {
		s.ID = h.listed
	}
	return s
}

func (h *handed) Events() <-chan Session {
	if h.all == nil {
		return h.events // nil: never
	}
	return h.all.Events()
}

func (h *handed) Close() error {
	if h.all == nil {
		return nil
	}
	return h.all.Close()
}
