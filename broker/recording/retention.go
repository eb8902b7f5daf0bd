package recording

import (
	"context"
	"errors"
	"fmt"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Expire deletes the recordings that have been kept long enough and tells how
// many.
func (s *Service) Expire(ctx context.Context) (int, error) {
	all, err := s.conf.Store.Recordings(ctx, store.RecordingFilter{})
	if err != nil {
		return 0, err
	}
	n := 0
	var errs []error
	for _, r := range all {
		until := r.KeptUntil()
		if until.IsZero() || s.conf.Now().Before(until) {
			continue
		}
		if err := s.delete(ctx, r, store.Record{Actor: system, ActorName: systemName, Action: "recording.expire"}); err != nil {
			errs = append(errs, err)
			continue
		}
		n++
	}
	return n, errors.Join(errs...)
}

// Delete deletes a recording before its time.
func (s *Service) Delete(ctx context.Context, p account.Principal, id string) error {
	r, err := s.over(ctx, id)
	if err != nil {
		return err
	}
	return s.delete(ctx, r, store.Record{Actor: p.Actor(), ActorName: p.DisplayName, Action: "recording.delete"})
}

// delete takes the row first: files without one are swept away, a row without
// files would be a promise.
func (s *Service) delete(ctx context.Context, r store.Recording, a store.Record) error {
	a.At, a.Object, a.ObjectName, a.Result, a.Session = s.conf.Now(), "recording:"+r.ID, r.DeviceName, ok, r.Session.String()
	a.Detail = fmt.Sprintf("ended=%s kept_until=%s bytes=%d", stamp(r.EndedAt), stamp(r.KeptUntil()), r.Bytes)
	if _, err := s.conf.Audit.Append(ctx, a, func(tx *store.Tx) error { return tx.DeleteRecording(r.ID, a.At) }); err != nil {
		if errors.Is(err, store.ErrNotFound) {
			return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such recording")
		}
		return err
	}
	s.changed()
	return s.folder.remove(r.ID)
}

// sweep removes folders of recordings that are deleted.
func (s *Service) sweep(ctx context.Context) error {
	names, err := s.folder.list(".")
	if err != nil {
		return err
	}
	var errs []error
	for _, n := range names {
		if !validID(n) {
			continue
		}
		if _, err := s.conf.Store.Recording(ctx, n); errors.Is(err, store.ErrNotFound) {
			errs = append(errs, s.folder.remove(n))
		} else if err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
