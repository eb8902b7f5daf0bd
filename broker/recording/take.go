package recording

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
)

// Times of a recording that does not run.
const (
	// retryEvery is how often it is tried again.
	retryEvery = time.Second
	// grace is how long the disk may take for a write, and a stream to come back;
	// together with mindEvery less than the two seconds in which a picture that has
	// to be recorded ends.
	grace     = 1200 * time.Millisecond
	mindEvery = 300 * time.Millisecond
)

var errStalled = errors.New("the disk takes nothing")

// maxMarks bounds what a talkative session adds to its index.
const maxMarks = 10_000

// take is the recording of one session while it stands.
//
//	idle ── first viewer ──▶ starting ── first message written ──▶ rolling
//	                            ▲                                     │
//	                            ├───── each second ───── stopped ◀────┤
//	                            └─── the veil is lifted ── masked ◀───┘
type take struct {
	s      *Service
	id     wire.SessionID
	ctx    context.Context //nolint:containedctx // its life, until run returns
	cancel context.CancelCauseFunc
	begin  chan struct{} // closed by the first viewer
	once   sync.Once

	mu      sync.Mutex
	state   state
	why     error         // nothing is written; nil: it is, or was never
	gone    time.Time     // since when
	lookers int           // viewers that were let in and have not left
	turned  chan struct{} // closed and replaced when state changes
	row     store.Recording
	born    bool          // the row is in the store
	resumed bool          // an earlier run of the broker began it
	gap     time.Duration // where the last gap began; 0: none is open
	clock   clock
	tape    tape

	veil   veil
	busy   atomic.Int64 // since when the disk is at work, Unix nanoseconds; 0: it is not
	failed atomic.Bool  // it was said that nothing is written
}

type state uint8

const (
	idle state = iota
	starting
	rolling
	stopped
	masked
)

func newTake(s *Service, session support.Session, set policy.Settings) *take {
	t := &take{
		s: s, id: session.ID, begin: make(chan struct{}), turned: make(chan struct{}),
		row: store.Recording{
			ID: account.NewID(), Session: session.ID, Device: session.Device, DeviceName: session.DeviceName, RepName: session.Rep.Name,
			Required: set.Recording == policy.RecordingRequired, Kept: set.RecordingKept,
		},
	}
	t.ctx, t.cancel = context.WithCancelCause(context.Background())
	t.tape = tape{s: s, id: t.row.ID, index: newIndex(session.ID, time.Time{})}
	t.tape.index.mark(0, MarkConsent, fmt.Sprintf("allowed by %s at %s", session.User, session.ConsentAt.UTC().Format(time.RFC3339)))
	return t
}

// resume goes on with a recording that an earlier run of the broker began. Its
// terms are those it began with.
func (t *take) resume(r store.Recording) {
	t.row, t.born, t.resumed, t.tape.id = r, true, true, r.ID
	t.once.Do(func() { close(t.begin) })
}

// admit lets a viewer in, after the recording where it has to run.
func (t *take) admit(ctx context.Context, rep account.Principal) error {
	t.mu.Lock()
	if t.state == idle {
		t.turn(starting)
	}
	required := t.row.Required
	t.mu.Unlock()
	t.once.Do(func() { close(t.begin) })
	if required {
		if err := t.wait(ctx); err != nil {
			return err
		}
	}
	t.mark(MarkRep, rep.DisplayName+" joined")
	t.mu.Lock()
	t.lookers++
	t.mu.Unlock()
	return nil
}

// left takes note of a viewer that was let in and has gone.
func (t *take) left(rep account.Principal) {
	t.mark(MarkRep, rep.DisplayName+" left")
	t.mu.Lock()
	t.lookers--
	t.mu.Unlock()
}

// wait returns nil when the recording runs.
func (t *take) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, admitTimeout)
	defer cancel()
	for {
		t.mu.Lock()
		now, turned := t.state, t.turned
		t.mu.Unlock()
		switch now {
		case rolling, masked:
			return nil
		case stopped:
			return errUnavailable
		case idle, starting:
		}
		select {
		case <-turned:
		case <-ctx.Done():
			return errUnavailable
		case <-t.ctx.Done():
			return errUnavailable
		}
	}
}

// turn changes the state. t.mu is held.
func (t *take) turn(to state) {
	if t.state == to {
		return
	}
	t.state = to
	close(t.turned)
	t.turned = make(chan struct{})
}

// mark notes an event on the timeline.
func (t *take) mark(kind, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tape.index.mark(t.clock.at(), kind, text)
}

func (x *Index) mark(at time.Duration, kind, text string) {
	if len(x.Marks) < maxMarks {
		x.Marks = append(x.Marks, Mark{At: at.Milliseconds(), Kind: kind, Text: text})
	}
}

// run records until the session ends or the broker stops.
func (t *take) run() {
	log := t.s.conf.Log.With("session", t.id.String(), "recording", t.row.ID)
	for _, c := range []chan struct{}{t.begin, t.s.ready} {
		select {
		case <-c:
		case <-t.ctx.Done():
			return
		}
	}
	var minder sync.WaitGroup
	minder.Go(t.mind)
	defer minder.Wait()
	for t.ctx.Err() == nil {
		began := time.Now()
		err := t.roll()
		if errors.Is(err, errMasked) {
			log.Info("recording masked")
			err = t.masked()
			if err == nil {
				continue
			}
		}
		if t.ctx.Err() != nil {
			break
		}
		log.Info("recording stopped", "error", err)
		t.stop(err)
		select {
		case <-time.After(pause(err, time.Since(began))):
		case <-t.ctx.Done():
		}
	}
	if err := t.finish(context.Cause(t.ctx)); err != nil {
		log.Error("recording ended", "error", err)
		return
	}
	log.Info("recording ended", "cause", context.Cause(t.ctx))
}

// pause is how long it is waited before another try, after one that took so long. A link may
// have been replaced: what was recorded for a while is tried again at once.
func pause(err error, took time.Duration) time.Duration {
	if onDisk(err) {
		return retryEvery
	}
	return max(0, retryEvery-took)
}

// roll records as long as it can.
func (t *take) roll() error {
	if err := t.s.folder.keepReserve(); err != nil {
		return fmt.Errorf("no room: %w", err)
	}
	if err := t.bear(); err != nil {
		return err
	}
	ctx, cut := t.veil.stream(t.ctx)
	defer cut(nil)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	feed, err := t.s.conf.Source.Record(ctx, t.id)
	if err != nil {
		return cmp.Or(context.Cause(ctx), err)
	}
	defer func() { _ = feed.Close() }()
	return newPump(t, feed).run(ctx)
}

// bear makes the recording known, or reads what there is of it.
func (t *take) bear() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.born && (!t.resumed || !t.clock.since.IsZero()):
		return nil
	case t.born:
		return t.takeUp()
	}
	t.row.StartedAt = t.s.conf.Now()
	if err := t.s.record(t.row, "recording.start", ok, fmt.Sprintf("required=%t kept=%s", t.row.Required, t.row.Kept), func(tx *store.Tx) error {
		return tx.AddRecording(t.row)
	}); err != nil {
		return err
	}
	t.born, t.clock = true, clock{since: time.Now()}
	t.tape.index.Started = t.row.StartedAt
	return nil
}

// takeUp reads the index of a recording that an earlier run began. t.mu is held.
func (t *take) takeUp() error {
	marks := t.tape.index.Marks
	x, err := t.s.recoverIndex(t.row)
	if err != nil {
		return err
	}
	t.tape.index = x
	t.clock = clock{since: time.Now(), before: max(t.s.conf.Now().Sub(t.row.StartedAt), time.Duration(x.end())*time.Millisecond)}
	x.mark(time.Duration(x.end())*time.Millisecond, MarkGap, "the broker was not running")
	x.endMasks(t.clock.at())
	t.row.Gaps++
	for _, m := range marks { // what happened since it runs again
		if m.Kind != MarkConsent {
			x.mark(t.clock.at(), m.Kind, m.Text)
		}
	}
	return t.audit(true)
}

// stop notes that nothing is written any more. Where the disk is the cause, that
// is said at once; a stream that has ended may be back before anybody misses it.
func (t *take) stop(why error) {
	t.mu.Lock()
	if !onDisk(why) {
		if err := t.tape.close(); err != nil {
			why = err
		}
	}
	t.tape.drop()
	if t.state == rolling {
		t.gap = t.clock.at()
		t.turn(starting)
	}
	if t.gone.IsZero() {
		t.gone = time.Now()
	}
	t.why = why
	disk := onDisk(why)
	if disk {
		t.turn(stopped)
	}
	t.mu.Unlock()
	if disk {
		t.unavailable(why)
		t.s.folder.freeReserve()
	}
}

// rolls notes that something was written. t.mu is held.
func (t *take) rolls() {
	if t.state != rolling {
		t.endGap()
		t.why, t.gone = nil, time.Time{}
		t.turn(rolling)
	}
}

// endGap marks where nothing was written. t.mu is held.
func (t *take) endGap() {
	if t.gap > 0 {
		t.row.Gaps++
		t.tape.index.mark(t.gap, MarkGap, fmt.Sprintf("nothing was written for %s: %s", (t.clock.at()-t.gap).Round(100*time.Millisecond), reason(t.why)))
		t.gap = 0
	}
}

// finish lays the recording down, for good when the session has ended.
func (t *take) finish(why error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.born {
		return nil
	}
	if t.clock.since.IsZero() { // it never ran since the restart
		if errors.Is(why, errPaused) {
			return nil
		}
		if err := t.takeUp(); err != nil {
			return errors.Join(err, t.s.finalise(t.row))
		}
	}
	// The endpoint may end its stream before it ends the session.
	whole := t.why == nil || !onDisk(t.why) && time.Since(t.gone) < grace
	if !whole {
		t.endGap()
	}
	whole = t.tape.close() == nil && whole
	if errors.Is(why, errPaused) {
		return errors.Join(t.tape.save(), t.audit(false))
	}
	t.tape.index.mark(t.clock.at(), MarkEnd, "the session has ended")
	whole = t.tape.save() == nil && whole
	if err := t.audit(false); err != nil {
		whole = false
		t.s.conf.Log.Error("record segments", "session", t.id.String(), "error", err)
	}
	return t.s.end(t.row, t.tape.index, t.tape.sum, t.clock.at(), whole)
}
