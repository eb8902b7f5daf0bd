package recording

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const ok = audit.OK

// Hashes of segments go to the audit log after auditEvery, or when there are as
// many as one record has room for.
const (
	auditEvery = 50 * time.Second
	auditMost  = 32
)

// record appends what happened to a recording to the audit log.
func (s *Service) record(r store.Recording, action, result, detail string, with ...func(*store.Tx) error) error {
	_, err := s.conf.Audit.Append(context.Background(), store.Record{
		At: s.conf.Now(), Actor: system, ActorName: systemName, Action: action, Object: "recording:" + r.ID, ObjectName: r.DeviceName,
		Result: result, Detail: detail, Session: r.Session.String(),
	}, with...)
	return err
}

// audit names the segments that the log does not know yet, when it is time. t.mu
// is held.
func (t *take) audit(now bool) error {
	x := t.tape.index
	n := len(x.Segments) - t.row.Audited
	last := t.clock.at().Milliseconds()
	if n <= 0 || !now && t.ctx.Err() == nil && n < auditMost && last-x.Segments[t.row.Audited].From < auditEvery.Milliseconds() {
		return nil
	}
	row, err := t.s.auditSegments(t.row, x, now)
	t.row = row
	return err
}

// auditSegments puts the hashes of the segments that the log does not have there.
func (s *Service) auditSegments(r store.Recording, x *Index, found bool) (store.Recording, error) {
	for r.Audited < len(x.Segments) {
		next := r
		from := r.Audited
		next.Audited = min(from+auditMost, len(x.Segments))
		next.Segments, next.Bytes, next.Duration = len(x.Segments), x.bytes(), time.Duration(x.end())*time.Millisecond
		var sums []string
		for _, g := range x.Segments[from:next.Audited] {
			sums = append(sums, hex.EncodeToString(g.Hash))
		}
		detail := fmt.Sprintf("segments=%d-%d sha256=%s", from+1, next.Audited, strings.Join(sums, ","))
		if found {
			detail = "found after a crash: " + detail
		}
		if err := s.record(r, "recording.segment", ok, detail, func(tx *store.Tx) error { return tx.PutRecording(next) }); err != nil {
			return r, err
		}
		r = next
	}
	return r, nil
}

// end closes the books of a recording.
func (s *Service) end(r store.Recording, x *Index, sum []byte, length time.Duration, whole bool) error {
	r.EndedAt, r.Complete = s.conf.Now(), whole
	r.Segments, r.Bytes, r.Duration = len(x.Segments), x.bytes(), length
	result := ok
	if !whole {
		result = "incomplete"
	}
	detail := fmt.Sprintf("segments=%d bytes=%d duration=%s gaps=%d index=%s", r.Segments, r.Bytes, length.Round(time.Second), r.Gaps, hex.EncodeToString(sum))
	err := s.record(r, "recording.end", result, detail, func(tx *store.Tx) error { return tx.PutRecording(r) })
	s.changed()
	return err
}

// Recover ends the recordings that a crash left open and whose sessions are over,
// and removes files that belong to none.
func (s *Service) Recover(ctx context.Context) error {
	open, err := s.conf.Store.Recordings(ctx, store.RecordingFilter{Open: true})
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range open {
		if !s.hasBegun(r.Session) {
			errs = append(errs, s.finalise(r))
		}
	}
	errs = append(errs, s.sweep(ctx))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun = nil
	return errors.Join(errs...)
}

// hasBegun says whether a session's recording is, or was, this run's own.
func (s *Service) hasBegun(id wire.SessionID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.begun[id]
}

// finalise ends a recording that nobody ended: it plays up to its last segment.
func (s *Service) finalise(r store.Recording) error {
	x, err := s.recoverIndex(r)
	if err != nil {
		// Whoever has the key can still read what there is.
		s.conf.Log.Error("index of a recording", "recording", r.ID, "error", err)
		return s.end(r, newIndex(r.Session, r.StartedAt), nil, r.Duration, false)
	}
	last := time.Duration(x.end()) * time.Millisecond
	x.mark(last, MarkGap, "the recording broke off")
	x.mark(last, MarkEnd, "what came later was not recorded")
	r.Gaps++
	if r, err = s.auditSegments(r, x, true); err != nil {
		return err
	}
	p := tape{s: s, id: r.ID, index: x}
	if err := p.save(); err != nil {
		s.conf.Log.Error("save the index of a recording", "recording", r.ID, "error", err)
	}
	return s.end(r, x, p.sum, last, false)
}

// recoverIndex reads an index and removes what it does not name.
func (s *Service) recoverIndex(r store.Recording) (*Index, error) {
	keys, err := s.identities()
	if err != nil {
		return nil, err
	}
	x := newIndex(r.Session, r.StartedAt)
	b, err := s.folder.read(r.ID, indexFile, maxIndex, nil, keys)
	switch {
	case errors.Is(err, fs.ErrNotExist): // it broke off before its first segment
	case err != nil:
		return nil, fmt.Errorf("index: %w", err)
	default:
		if x, err = parseIndex(b); err != nil {
			return nil, err
		}
	}
	if err := s.folder.tidy(r.ID, len(x.Segments)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return x, nil
}

// reason is why nothing is written, as people are told.
func reason(err error) string {
	var ce *wire.CodeError
	switch {
	case err == nil:
		return "unknown"
	case errors.As(err, &ce) && ce.Detail != "":
		return ce.Detail
	case errors.As(err, &ce):
		return wire.CodeName(ce.Code)
	}
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error() // without the path
	}
	if errors.Is(err, errStalled) {
		return err.Error()
	}
	if errors.Is(err, wire.ErrMalformed) {
		return "the endpoint broke the protocol"
	}
	return "the endpoint's stream has ended"
}

// onDisk says that the disk is the cause.
func onDisk(err error) bool {
	var pe *fs.PathError
	var le *os.LinkError
	return errors.As(err, &pe) || errors.As(err, &le) || errors.Is(err, audit.ErrUnavailable)
}

// away says that there is nothing to record: the endpoint is offline, or the
// session is held or over.
func away(err error) bool {
	var ce *wire.CodeError
	if !errors.As(err, &ce) {
		return false
	}
	switch ce.Code {
	case wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, wirepb.ErrorCode_ERROR_CODE_SHUTTING_DOWN:
		return true
	default:
		return false
	}
}
