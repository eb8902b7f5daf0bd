package terminal

import (
	"slices"
	"strings"
)

// Handed is a watcher that knows one session better than the system does: as its own
// user's service described it. It owns w, which is nil where nothing else watches.
func Handed(s Session, w Watcher) Watcher { return &handed{session: s, all: w} }

type handed struct {
	session Session
	all     Watcher
	seen    bool // the system listed it: when it does not any more, it is gone
	events  chan Session
}

func (h *handed) Sessions() ([]Session, error) {
	if h.all == nil {
		return []Session{h.session}, nil
	}
	list, err := h.all.Sessions()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, h.is)
	if i < 0 {
		if h.seen {
			return list, nil
		}
		return append(list, h.session), nil
	}
	h.seen = true
	own := h.session
	own.Active, own.Remote, own.Locked, own.Gone = list[i].Active, list[i].Remote, list[i].Locked, list[i].Gone
	list[i] = own
	return list, nil
}

// is says whether a session that the system lists is this one: by its name, or by the
// display where its user's service was not told the name.
func (h *handed) is(s Session) bool {
	display := func(d string) string { return strings.TrimSuffix(d, ".0") }
	return s.UID == h.session.UID && (s.ID == h.session.ID || s.Display != "" && display(s.Display) == display(h.session.Display))
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
