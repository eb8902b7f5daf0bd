package recording

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/wire"
)

// errMasked is why a stream ends: what the screen shows is not to be kept.
var errMasked = errors.New("the picture is masked")

// veil says whether the picture may be kept. Its methods wait for nothing, so that who
// draws it knows at once that no picture of later is written: the stream is ended, and
// another one, of a new picture, begins after it was lifted.
type veil struct {
	mu     sync.Mutex
	why    string                  // what it is for, as the timeline says it
	lifted chan struct{}           // closed by lift; nil: it is not drawn
	cut    context.CancelCauseFunc // of the stream that is written; nil: there is none
}

func (v *veil) draw(why string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.lifted != nil {
		return
	}
	v.why, v.lifted = why, make(chan struct{})
	if v.cut != nil {
		v.cut(errMasked)
	}
}

func (v *veil) lift() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.lifted != nil {
		close(v.lifted)
		v.lifted = nil
	}
}

// stream is the life of a stream that is to be written. It has ended where the veil is
// drawn.
func (v *veil) stream(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	v.mu.Lock()
	defer v.mu.Unlock()
	ctx, cut := context.WithCancelCause(ctx)
	v.cut = cut
	if v.lifted != nil {
		cut(errMasked)
	}
	return ctx, cut
}

// drawn is what the veil is for and when it is lifted, which it may be already.
func (v *veil) drawn() (why string, lifted <-chan struct{}) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.lifted != nil {
		return v.why, v.lifted
	}
	now := make(chan struct{})
	close(now)
	return v.why, now
}

// Mask keeps the picture of a session out of its recording until Unmask. When it
// returns, no picture of later is written. The reason stands on the timeline.
func (s *Service) Mask(id wire.SessionID, why string) {
	if t := s.find(id); t != nil {
		t.veil.draw(why)
	}
}

// Unmask has the recording go on, with a whole picture.
func (s *Service) Unmask(id wire.SessionID) {
	if t := s.find(id); t != nil {
		t.veil.lift()
	}
}

// masked lays the tape down until the veil is lifted, and marks from when to when that
// was. An error is the disk's.
func (t *take) masked() error {
	why, lifted := t.veil.drawn()
	at, err := t.mask(why)
	select {
	case <-lifted:
	case <-t.ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if at >= 0 {
		m := &t.tape.index.Marks[at]
		m.Until = max(t.clock.at().Milliseconds(), m.At+1)
	}
	if t.state == masked {
		t.turn(starting)
	}
	return err
}

// mask closes what was written before and marks the beginning; at is the mark's place,
// below zero where there is no recording yet.
func (t *take) mask(why string) (at int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turn(masked)
	t.why, t.gone, t.gap = nil, time.Time{}, 0
	if t.clock.since.IsZero() {
		return -1, nil
	}
	x := t.tape.index
	x.Marks = append(x.Marks, Mark{At: t.clock.at().Milliseconds(), Kind: MarkMask, Text: why})
	at = len(x.Marks) - 1
	if err := t.tape.close(); err != nil {
		return at, fmt.Errorf("before a mask: %w", err)
	}
	return at, t.tape.save()
}

// masked says whether the picture of a time was not to be kept.
func (x *Index) masked(at time.Duration) bool {
	for _, m := range x.Marks {
		if m.Kind == MarkMask && at.Milliseconds() >= m.At && (at.Milliseconds() < m.Until || m.Until == 0) {
			return true
		}
	}
	return false
}

// endMasks ends those that were open when the broker broke off.
func (x *Index) endMasks(at time.Duration) {
	for i := range x.Marks {
		if m := &x.Marks[i]; m.Kind == MarkMask && m.Until == 0 {
			m.Until = max(at.Milliseconds(), m.At+1)
		}
	}
}
