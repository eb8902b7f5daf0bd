package recording

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"filippo.io/age"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Limits of playing.
const (
	// rightLife is how long an opened recording may be read.
	rightLife = time.Hour
	// maxRights bounds what is remembered of who opened what.
	maxRights = 4096
	// maxRecent is how many indexes are kept decrypted for who plays them.
	maxRecent = 8
	// maxSegment is more than a segment can have: what it is cut at, and one
	// message more.
	maxSegment = segmentBytes + 2*wire.MaxMediaPayload
)

// right is who may read what.
type right struct{ rep, signIn, recording string }

type rights struct {
	mu    sync.Mutex
	until map[right]time.Time
}

func (r *rights) give(k right, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.until) >= maxRights {
		for k, t := range r.until {
			if !now.Before(t) {
				delete(r.until, k)
			}
		}
	}
	if len(r.until) >= maxRights {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_BUSY, "too many recordings are open")
	}
	r.until[k] = now.Add(rightLife)
	return nil
}

func (r *rights) has(k right, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return now.Before(r.until[k])
}

// List lists recordings of sessions that are over, newest first; limit 0 is all.
func (s *Service) List(ctx context.Context, session wire.SessionID, limit int) ([]store.Recording, error) {
	return s.conf.Store.Recordings(ctx, store.RecordingFilter{Session: session, Limit: limit})
}

// over finds a recording that has ended.
func (s *Service) over(ctx context.Context, id string) (store.Recording, error) {
	r, err := s.conf.Store.Recording(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return r, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such recording")
	case err != nil:
		return r, fmt.Errorf("recording: %w", err)
	case r.EndedAt.IsZero():
		return r, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_CONFLICT, "the session is not over yet")
	}
	return r, nil
}

// Open gives a recording's index and the right to read it for an hour, and is in
// the audit log before it does.
func (s *Service) Open(ctx context.Context, p account.Principal, id string) (store.Recording, *Index, error) {
	r, err := s.over(ctx, id)
	if err != nil {
		return r, nil, err
	}
	keys, err := s.identities()
	if err != nil {
		return r, nil, err
	}
	x, err := s.index(r, keys)
	if err != nil {
		return r, nil, err
	}
	if err := s.opened(ctx, r, p.Actor(), p.DisplayName, "to play"); err != nil {
		return r, nil, err
	}
	return r, x, s.rights.give(right{p.ID, p.SignIn, id}, s.conf.Now())
}

func (s *Service) opened(ctx context.Context, r store.Recording, actor, name, detail string) error {
	_, err := s.conf.Audit.Append(ctx, store.Record{
		At: s.conf.Now(), Actor: actor, ActorName: name, Action: "recording.open", Object: "recording:" + r.ID, ObjectName: r.DeviceName,
		Result: ok, Detail: detail, Session: r.Session.String(),
	})
	return err
}

func (s *Service) index(r store.Recording, keys []age.Identity) (*Index, error) {
	b, err := s.folder.read(r.ID, indexFile, maxIndex, nil, keys)
	if err != nil {
		return nil, unreadable(err)
	}
	return parseIndex(b)
}

func unreadable(err error) error {
	var none *age.NoIdentityMatchError
	switch {
	case errors.As(err, &none):
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_CONFLICT, "it is encrypted to keys that this broker does not have; export it where the private key is")
	case errors.Is(err, ErrDamaged):
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_CONFLICT, "the file is not the one that was recorded")
	}
	return err
}

// Segment is a decrypted segment, by its number from 1, for whoever opened the
// recording.
func (s *Service) Segment(ctx context.Context, p account.Principal, id string, number int) ([]byte, error) {
	if !s.rights.has(right{p.ID, p.SignIn, id}, s.conf.Now()) {
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_FORBIDDEN, "open the recording first")
	}
	r, err := s.over(ctx, id)
	if err != nil {
		return nil, err
	}
	keys, err := s.identities()
	if err != nil {
		return nil, err
	}
	x, err := s.recent.get(id, func() (*Index, error) { return s.index(r, keys) })
	if err != nil {
		return nil, err
	}
	return s.segment(r.ID, x, number, keys)
}

// recent keeps the indexes of recordings that are being played, which do not
// change any more.
type recent struct {
	mu  sync.Mutex
	all map[string]*Index
}

func (c *recent) get(id string, read func() (*Index, error)) (*Index, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if x := c.all[id]; x != nil {
		return x, nil
	}
	x, err := read()
	if err != nil {
		return nil, err
	}
	if len(c.all) >= maxRecent {
		clear(c.all)
	}
	c.all[id] = x
	return x, nil
}

func (s *Service) segment(id string, x *Index, number int, keys []age.Identity) ([]byte, error) {
	if number < 1 || number > len(x.Segments) {
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such segment")
	}
	b, err := s.folder.read(id, segmentName(number), maxSegment, x.Segments[number-1].Hash, keys)
	if err != nil {
		return nil, unreadable(err)
	}
	return b, nil
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}
