// Package recording keeps recordings of sessions: the stream of updates that a
// viewer gets, in short files, each encrypted before it touches the disk and named
// by its hash in the audit log. docs/RECORDINGS.md is the format.
//
// A take is one session's recording while the session stands. It begins with the
// first viewer of a rep, attaches to the session's slot as a viewer of the broker's
// own, and answers each update when the disk has taken it.
package recording

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Source gives the screens of sessions; package relay is it.
type Source interface {
	// Record attaches the broker's own viewer and returns its media stream, whose
	// reading fails with the reason when it ends.
	Record(ctx context.Context, id wire.SessionID) (io.ReadWriteCloser, error)
	// DetachViewers disconnects the reps' viewers.
	DetachViewers(id wire.SessionID, why error)
}

// Config is what recordings need.
type Config struct {
	Dir     string // where they are
	Reserve int64  // of the disk, kept free; 0 is DefaultReserve
	Store   *store.Store
	Audit   account.Log
	Hub     *live.Hub
	Keys    KeyFile
	Source  Source // nil: nothing is recorded here
	// Settings are those of a session's device.
	Settings func(ctx context.Context, device string) (policy.Settings, error)
	// Report hears how the recording of a session stands where that changes: why
	// nothing is written, nil when it is again.
	Report func(id wire.SessionID, why error)
	Log    *slog.Logger
	Now    func() time.Time
}

// Service is the recordings. Its methods may be called from any goroutine.
type Service struct {
	conf   Config
	folder *folder
	rights rights
	recent recent
	ready  chan struct{} // closed by Run: before there may be nobody to ask

	mu    sync.Mutex
	takes map[wire.SessionID]*take
	// begun are the sessions that Begin was called for until Recover is done,
	// which has no business with them; then it is nil.
	begun  map[wire.SessionID]bool
	closed bool
	work   sync.WaitGroup // of the takes
}

// Who acts in the audit log where nobody does.
const (
	system     = "system"
	systemName = "Recording"
)

// Times of the service.
const (
	// retentionEvery is how often recordings that are over are looked for.
	retentionEvery = time.Hour
	// admitTimeout is how long a viewer waits for a recording that has to run
	// first: the endpoint may have to start its helper.
	admitTimeout = 15 * time.Second
)

// Open opens the folder of recordings. Close ends what was begun.
func Open(ctx context.Context, c Config) (*Service, error) {
	if c.Reserve == 0 {
		c.Reserve = DefaultReserve
	}
	f, err := openFolder(c.Dir, c.Reserve)
	if err != nil {
		return nil, err
	}
	s := &Service{
		conf: c, folder: f, takes: make(map[wire.SessionID]*take), begun: make(map[wire.SessionID]bool), rights: rights{until: make(map[right]time.Time)},
		recent: recent{all: make(map[string]*Index)}, ready: make(chan struct{}),
	}
	if err := s.ensureOwn(ctx); err != nil {
		return nil, errors.Join(err, f.root.Close())
	}
	return s, nil
}

// Begin makes a session one that is recorded. It is called when the session may
// have viewers, also for one that was resumed after a restart; the recording
// itself begins with the first viewer.
func (s *Service) Begin(session support.Session) error {
	ctx := context.Background()
	set, err := s.conf.Settings(ctx, session.Device)
	if err != nil {
		// What is not known is taken for the strictest.
		s.conf.Log.Error("settings of a recording", "session", session.ID.String(), "error", err)
		set = policy.Settings{Recording: policy.RecordingRequired, RecordingKept: policy.Defaults().RecordingKept}
	}
	t := newTake(s, session, set)
	s.mu.Lock()
	if s.begun != nil {
		s.begun[session.ID] = true
	}
	s.mu.Unlock()
	open, err := s.conf.Store.Recordings(ctx, store.RecordingFilter{Session: session.ID, Open: true})
	if err != nil {
		return err
	}
	if len(open) > 0 {
		t.resume(open[0])
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.takes[session.ID] != nil {
		return nil
	}
	s.takes[session.ID] = t
	s.work.Go(t.run)
	return nil
}

// End ends a session's recording. What is left to be written is, after it returns.
func (s *Service) End(id wire.SessionID) {
	s.mu.Lock()
	t := s.takes[id]
	delete(s.takes, id)
	s.mu.Unlock()
	if t != nil {
		t.cancel(errEnded)
	}
}

func (s *Service) find(id wire.SessionID) *take {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.takes[id]
}

// Admit implements relay.Recorder: where no picture is without a recording, a
// viewer waits for it.
func (s *Service) Admit(ctx context.Context, id wire.SessionID, rep account.Principal) error {
	t := s.find(id)
	if t == nil {
		return nil
	}
	return t.admit(ctx, rep)
}

// Left implements relay.Recorder.
func (s *Service) Left(id wire.SessionID, rep account.Principal) {
	if t := s.find(id); t != nil {
		t.left(rep)
	}
}

// Run records, takes up what a crash has left, marks what is said in chats, and
// deletes what has been kept long enough, until ctx ends. It is called once.
func (s *Service) Run(ctx context.Context) {
	close(s.ready)
	if err := s.Recover(ctx); err != nil {
		s.conf.Log.Error("recover recordings", "error", err)
	}
	tick := time.NewTicker(retentionEvery)
	defer tick.Stop()
	s.expire(ctx)
	for ctx.Err() == nil {
		sub := s.conf.Hub.Subscribe()
		s.listen(ctx, sub, tick.C)
		sub.Cancel()
	}
}

// listen returns when the subscription was dropped or ctx has ended.
func (s *Service) listen(ctx context.Context, sub *live.Subscription, tick <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
			s.expire(ctx)
		case c, ok := <-sub.Changes():
			if !ok {
				return
			}
			if c.Chat == nil {
				continue
			}
			if t := s.find(c.Chat.Session); t != nil {
				t.mark(MarkChat, said(*c.Chat))
			}
		}
	}
}

// said is a message as it stands on the timeline.
func said(m store.ChatMessage) string {
	if m.RepsOnly {
		return m.From + " to reps only: " + m.Text
	}
	return m.From + ": " + m.Text
}

func (s *Service) expire(ctx context.Context) {
	if n, err := s.Expire(ctx); err != nil {
		s.conf.Log.Error("delete old recordings", "error", err)
	} else if n > 0 {
		s.conf.Log.Info("deleted old recordings", "count", n)
	}
}

// Close lays down what is being recorded, to be taken up by the next run, and
// closes the folder.
func (s *Service) Close() error {
	s.mu.Lock()
	s.closed = true
	for _, t := range s.takes {
		t.cancel(errPaused)
	}
	s.mu.Unlock()
	s.work.Wait()
	return s.folder.root.Close()
}

var (
	errEnded  = errors.New("the session has ended")
	errPaused = errors.New("the broker stops")
)

var errUnavailable = &wire.CodeError{
	Code: wirepb.ErrorCode_ERROR_CODE_RECORDING_UNAVAILABLE, Detail: "the session has to be recorded and nothing can be written now",
}
