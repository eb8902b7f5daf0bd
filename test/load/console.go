//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/support"
)

// maxSeen is how many states of one session a console remembers: more than one
// command makes.
const maxSeen = 64

// console is a rep whose console is open: what was pushed to it, and when.
type console struct {
	*rep
	who   support.Rep
	index int
	crew  apipbconnect.CollaborationServiceClient

	mu      sync.Mutex
	seen    map[string]map[string]time.Time // states, by session
	gone    map[string]time.Time            // sessions that are none of the rep's any more
	invited map[string]time.Time            // by invitation
	unasked map[string]time.Time            // invitations that are gone
	news    chan struct{}                   // closed and made anew with each event
	failed  error                           // why the stream ended by itself
	close   func()
}

func newConsole(ctx context.Context, n *node, index int, name string) (*console, error) {
	r, err := signInAs(ctx, n, name)
	if err != nil {
		return nil, err
	}
	a, err := apipbconnect.NewSignInServiceClient(r.http, r.base).State(ctx, connect.NewRequest(&apipb.StateRequest{}))
	if err != nil {
		return nil, err
	}
	return &console{
		rep: r, index: index, who: support.Rep{ID: a.Msg.Rep.Id, Name: name}, crew: apipbconnect.NewCollaborationServiceClient(r.http, r.base),
		news: make(chan struct{}), seen: map[string]map[string]time.Time{}, gone: map[string]time.Time{},
		invited: map[string]time.Time{}, unasked: map[string]time.Time{}, close: func() {},
	}, nil
}

// open opens the stream of changes; the broker counts the rep as here when it returns.
func (c *console) open(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	w, err := apipbconnect.NewLiveServiceClient(c.http, c.base).Watch(ctx, connect.NewRequest(&apipb.WatchRequest{}))
	if err == nil && !w.Receive() {
		err = w.Err()
	}
	if err != nil {
		cancel()
		return fmt.Errorf("watch: %w", err)
	}
	done := make(chan struct{})
	c.close = func() { cancel(); <-done }
	go func() {
		defer close(done)
		defer w.Close()
		for w.Receive() {
			c.take(w.Msg(), time.Now())
		}
		if ctx.Err() == nil {
			c.mu.Lock()
			c.failed = fmt.Errorf("%s is told nothing any more: %w", c.who.Name, errors.Join(w.Err()))
			c.ring()
			c.mu.Unlock()
		}
	}()
	return nil
}

func (c *console) ring() {
	close(c.news)
	c.news = make(chan struct{})
}

func (c *console) take(m *apipb.WatchResponse, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e := m.Event.(type) {
	case *apipb.WatchResponse_Session:
		states := c.seen[e.Session.Id]
		if states == nil || len(states) >= maxSeen {
			states = map[string]time.Time{}
			c.seen[e.Session.Id] = states
		}
		states[stateOf(e.Session)] = at
	case *apipb.WatchResponse_SessionGone:
		c.gone[e.SessionGone] = at
	case *apipb.WatchResponse_Invitation:
		c.invited[e.Invitation.Id] = at
	case *apipb.WatchResponse_InvitationGone:
		c.unasked[e.InvitationGone] = at
	default:
		return
	}
	c.ring()
}

// await waits until something was pushed, not before since, and says when.
func (c *console) await(ctx context.Context, since time.Time, what string, at func() time.Time) (time.Time, error) {
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		c.mu.Lock()
		when, news, failed := at(), c.news, c.failed
		c.mu.Unlock()
		switch {
		case !when.Before(since):
			return when, nil
		case failed != nil:
			return when, failed
		}
		select {
		case <-news:
		case <-late.C:
			return when, fmt.Errorf("%s was never told: %s", c.who.Name, what)
		case <-ctx.Done():
			return when, context.Cause(ctx)
		}
	}
}

// stateOf is what a console shows of a session: as modelled says it.
func stateOf(s *apipb.Session) string {
	if s.Phase == apipb.SessionPhase_SESSION_PHASE_ENDED {
		return over
	}
	phase := strings.ToLower(strings.TrimPrefix(s.Phase.String(), "SESSION_PHASE_"))
	var all []string
	for _, p := range s.Participants {
		name := p.Name
		if p.Owner {
			name = "!" + name
		}
		if p.Control {
			name += "*"
		}
		all = append(all, name)
	}
	var invitations []string
	for _, i := range s.Invitations {
		invitations = append(invitations, i.Id)
	}
	slices.Sort(invitations)
	return fmt.Sprint(phase, all, invitations)
}

const over = "over"

// modelled is what a console is to show of a session to its owner, or to another.
func modelled(s support.Session, owner bool) string {
	if s.Phase.Final() {
		return over
	}
	var all []string
	add := func(r support.Rep, mark string) {
		if r.ID == "" {
			return
		}
		name := mark + r.Name
		if s.Control == r.ID {
			name += "*"
		}
		all = append(all, name)
	}
	add(s.Rep, "!")
	for _, p := range s.Participants {
		add(p.Rep, "")
	}
	var invitations []string
	if owner {
		for _, i := range s.Invitations {
			invitations = append(invitations, i.ID)
		}
	}
	slices.Sort(invitations)
	return fmt.Sprint(s.Phase.String(), all, invitations)
}
