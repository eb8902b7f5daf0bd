package relay

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"

	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Record attaches the broker's own viewer to a session that has consent and
// returns its media stream: media messages of the agent to read, those of a
// viewer to write. Only the broker itself calls it, so there is no ticket: nobody
// outside can take this place. It counts as nobody else's, has a number of its
// own, and a second one takes the place of the first.
//
// Nothing is held here: what is not read waits at the agent. When the slot is
// detached or closed, Read fails with the reason. The stream is the caller's to
// close.
func (r *Relay) Record(ctx context.Context, id wire.SessionID) (io.ReadWriteCloser, error) {
	r.mu.Lock()
	s := r.slots[id]
	if s == nil {
		r.mu.Unlock()
		return nil, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, Detail: "the session is not active"}
	}
	if s.recorder != nil {
		s.recorder.end(&wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_REPLACED})
	}
	s.last++
	v := &viewer{number: s.last, stream: make(chan transport.Stream, 1)}
	v.gone, v.end = context.WithCancelCause(ctx)
	s.recorder = v
	r.mu.Unlock()

	st, err := r.stream(id, v, true)
	if err != nil {
		r.unrecord(id, v)
		return nil, err
	}
	f := &feed{relay: r, id: id, v: v, st: st, out: paced{deadlineWriter: st, wait: r.conf.WriteTimeout}}
	f.stop = context.AfterFunc(v.gone, st.Reset)
	return f, nil
}

func (r *Relay) unrecord(id wire.SessionID, v *viewer) {
	r.mu.Lock()
	if s := r.slots[id]; s != nil && s.recorder == v {
		s.recorder = nil
	}
	r.mu.Unlock()
	v.end(errViewerGone)
	select {
	case st := <-v.stream:
		st.Reset()
	default:
	}
	r.conf.Agents.ViewerDetached(id, v.number)
}

// DetachViewers disconnects the reps' viewers of a session and keeps the slot and
// the recorder.
func (r *Relay) DetachViewers(id wire.SessionID, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.slots[id]; s != nil {
		for _, v := range s.viewers {
			v.end(why)
		}
		s.viewers = nil
	}
}

// feed is the recorder's stream. Reading and writing are for one goroutine each.
type feed struct {
	relay *Relay
	id    wire.SessionID
	v     *viewer
	st    transport.Stream
	out   paced
	stop  func() bool
	once  sync.Once
}

// Read implements io.Reader.
func (f *feed) Read(b []byte) (int, error) {
	n, err := f.st.Read(b)
	if err != nil && f.v.gone.Err() != nil {
		err = context.Cause(f.v.gone)
	} else if err != nil && !errors.Is(err, io.EOF) {
		err = readError(err)
	}
	return n, err
}

// Write implements io.Writer.
func (f *feed) Write(b []byte) (int, error) {
	n, err := f.out.Write(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = readError(err)
	}
	return n, err
}

// Close implements io.Closer.
func (f *feed) Close() error {
	f.once.Do(func() {
		f.stop()
		f.st.Reset()
		f.relay.unrecord(f.id, f.v)
	})
	return nil
}
