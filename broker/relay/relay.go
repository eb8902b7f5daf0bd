// Package relay joins a viewer in a browser with the agent's media stream. It
// reads where messages begin and end and never what is in them.
//
// A slot exists from consent to the end of a session. A viewer comes with a
// ticket, gets a number, and the agent is asked for a stream of that number; then
// messages go both ways, one at a time, so that a slow viewer slows its agent and
// nothing piles up here. Each viewer has a stream of its own, so a slow one slows
// nobody else. A slot has room for one viewer of each rep, or for as many as the
// broker was told; beyond that the rep's newest takes the place of the oldest.
package relay

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Times of the relay.
const (
	// TicketLife is long enough to open a connection on a bad path.
	TicketLife = 30 * time.Second
	// WriteTimeout is how long a viewer or an agent may take nothing at all.
	WriteTimeout = 30 * time.Second
	// attachTimeout is for the first message of a viewer.
	attachTimeout = 10 * time.Second
	// streamTimeout is for the agent to open its stream: it may have to start
	// its helper first.
	streamTimeout = 15 * time.Second
	// endTimeout is for the last message to a viewer.
	endTimeout = time.Second
	// retryAfter tells a viewer whose agent is gone when to ask again.
	retryAfter = time.Second
)

// maxTickets bounds a rep's unused tickets of a slot; the oldest goes first. How
// many reps there are is bounded by those who are let into a session.
const maxTickets = 8

// Agents asks endpoints for streams.
type Agents interface {
	// ViewerAttached asks for a media stream. An error means that the endpoint
	// cannot be reached now. Rep is who looks; the recorder, which is the broker's
	// own viewer, is nobody.
	ViewerAttached(id wire.SessionID, viewer uint32, rep string, recorder bool) error
	ViewerDetached(id wire.SessionID, viewer uint32)
}

// Recorder keeps recordings of sessions; package recording is it.
type Recorder interface {
	// Admit is asked before a rep's viewer gets its stream. It may wait for the
	// recording to begin, as long as ctx; its error is what the viewer is told.
	Admit(ctx context.Context, id wire.SessionID, rep account.Principal) error
	// Left follows each Admit that gave no error, when the viewer is gone.
	Left(id wire.SessionID, rep account.Principal)
}

// Config is what a relay needs.
type Config struct {
	Agents   Agents
	Recorder Recorder // nil: none
	// Ended tells when a sign-in ends, so that its viewers end with it.
	Ended func(account.Principal) (ended <-chan struct{}, cancel func())
	Log   *slog.Logger
	Now   func() time.Time
	// WriteTimeout replaces the constant where it is not zero.
	WriteTimeout time.Duration
	// Viewers is how many of each rep a session may have at a time; zero is one.
	Viewers int
}

// Relay holds the slots. Its methods may be called from any goroutine.
type Relay struct {
	conf  Config
	mu    sync.Mutex
	slots map[wire.SessionID]*slot
}

type slot struct {
	tickets  []ticket
	viewers  []*viewer // of reps, oldest first
	recorder *viewer   // the broker's own; nil: none
	last     uint32    // number of the last viewer
}

type ticket struct {
	hash    string
	rep     account.Principal
	expires time.Time
}

// viewer is an attached viewer that waits for, or has, its agent's stream.
type viewer struct {
	number uint32
	rep    account.Principal
	stream chan transport.Stream // capacity 1
	end    context.CancelCauseFunc
	gone   context.Context //nolint:containedctx // its life
}

// New makes a relay without slots.
func New(c Config) *Relay {
	if c.WriteTimeout == 0 {
		c.WriteTimeout = WriteTimeout
	}
	c.Viewers = max(c.Viewers, 1)
	return &Relay{conf: c, slots: make(map[wire.SessionID]*slot)}
}

// Counts is what the relay holds.
type Counts struct{ Slots, Tickets, Viewers int }

// Counts tells what the relay holds now.
func (r *Relay) Counts() Counts {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := Counts{Slots: len(r.slots)}
	for _, s := range r.slots {
		c.Tickets += len(s.tickets)
		c.Viewers += len(s.viewers)
	}
	return c
}

// Open makes the slot of a session that has consent.
func (r *Relay) Open(id wire.SessionID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.slots[id] == nil {
		r.slots[id] = &slot{}
	}
}

// Close frees the slot with its tickets and tells its viewers why. Freeing what is
// not there is no error.
func (r *Relay) Close(id wire.SessionID, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.slots[id]; s != nil {
		delete(r.slots, id)
		s.drop(why)
	}
}

// Detach disconnects the viewers, the recorder too, and keeps the slot.
func (r *Relay) Detach(id wire.SessionID, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.slots[id]; s != nil {
		s.drop(why)
	}
}

// Expel disconnects the viewers of one rep and makes their tickets worthless.
func (r *Relay) Expel(id wire.SessionID, rep string, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.slots[id]
	if s == nil {
		return
	}
	s.tickets = slices.DeleteFunc(s.tickets, func(t ticket) bool { return t.rep.ID == rep })
	s.viewers = slices.DeleteFunc(s.viewers, func(v *viewer) bool {
		if v.rep.ID == rep {
			v.end(why)
		}
		return v.rep.ID == rep
	})
}

func count[T any](all []T, match func(T) bool) int {
	n := 0
	for _, v := range all {
		if match(v) {
			n++
		}
	}
	return n
}

// Shutdown disconnects all viewers.
func (r *Relay) Shutdown(why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.slots {
		s.drop(why)
	}
}

func (s *slot) drop(why error) {
	for _, v := range s.viewers {
		v.end(why)
	}
	s.viewers = nil
	if s.recorder != nil {
		s.recorder.end(why)
		s.recorder = nil
	}
}

// Ticket makes a ticket with which the rep attaches one viewer.
func (r *Relay) Ticket(id wire.SessionID, rep account.Principal) (account.Secret, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.slots[id]
	if s == nil {
		return "", &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, Detail: "the session is not active"}
	}
	now := r.conf.Now()
	s.tickets = slices.DeleteFunc(s.tickets, func(t ticket) bool { return !now.Before(t.expires) })
	own := func(t ticket) bool { return t.rep.ID == rep.ID }
	if count(s.tickets, own) >= maxTickets {
		s.tickets = slices.Delete(s.tickets, slices.IndexFunc(s.tickets, own), slices.IndexFunc(s.tickets, own)+1)
	}
	secret := account.NewSecret()
	s.tickets = append(s.tickets, ticket{hash: account.HashSecret(secret), rep: rep, expires: now.Add(TicketLife)})
	return secret, nil
}

var errTicket = &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_TICKET_INVALID, Detail: "ask for a new ticket"}

// attach takes a ticket and makes its holder a viewer of the slot.
func (r *Relay) attach(secret account.Secret) (wire.SessionID, *viewer, error) {
	hash := account.HashSecret(secret)
	now := r.conf.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, s := range r.slots {
		for i, t := range s.tickets {
			if t.hash != hash {
				continue
			}
			s.tickets = append(s.tickets[:i], s.tickets[i+1:]...)
			if !now.Before(t.expires) {
				return id, nil, errTicket
			}
			own := func(v *viewer) bool { return v.rep.ID == t.rep.ID }
			if count(s.viewers, own) >= r.conf.Viewers {
				oldest := slices.IndexFunc(s.viewers, own)
				s.viewers[oldest].end(&wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_REPLACED, Detail: "the session was opened elsewhere"})
				s.viewers = slices.Delete(s.viewers, oldest, oldest+1)
			}
			s.last++
			v := &viewer{number: s.last, rep: t.rep, stream: make(chan transport.Stream, 1)}
			v.gone, v.end = context.WithCancelCause(context.Background())
			s.viewers = append(s.viewers, v)
			return id, v, nil
		}
	}
	return wire.SessionID{}, nil, errTicket
}

// leave frees the place of a viewer that ends.
func (r *Relay) leave(id wire.SessionID, v *viewer) {
	r.mu.Lock()
	if s := r.slots[id]; s != nil {
		s.viewers = slices.DeleteFunc(s.viewers, func(o *viewer) bool { return o == v })
	}
	r.mu.Unlock()
	v.end(errViewerGone)
	select {
	case st := <-v.stream:
		st.Reset()
	default:
	}
}

func (s *slot) numbered(n uint32) *viewer {
	if s.recorder != nil && s.recorder.number == n {
		return s.recorder
	}
	if i := slices.IndexFunc(s.viewers, func(v *viewer) bool { return v.number == n }); i >= 0 {
		return s.viewers[i]
	}
	return nil
}

var (
	errViewerGone = errors.New("viewer is gone")
	errAgentGone  = errors.New("agent's stream has ended")
)

// Media takes a stream that an agent opened for a viewer. One that nobody waits
// for is reset.
func (r *Relay) Media(id wire.SessionID, number uint32, st transport.Stream) {
	r.mu.Lock()
	s := r.slots[id]
	taken := false
	if s != nil {
		if v := s.numbered(number); v != nil {
			select {
			case v.stream <- st:
				taken = true
			default: // it has one already
			}
		}
	}
	r.mu.Unlock()
	if !taken {
		st.Reset()
	}
}
