package recording

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Verified is a recording whose files are those that the audit log names.
type Verified struct {
	Recording store.Recording
	Segments  int
	Open      bool // it goes on: what the log does not name yet is not looked at
}

// sums are the hashes that the audit log has of a recording's files.
type sums struct {
	segments [][]byte
	index    []byte // nil: none was written
	ended    bool
	deleted  bool
}

// Verify holds the files of recordings against what the audit log names of them;
// id empty: of all. It needs no key: files are hashed as they lie there. It tells f
// of each recording, with nil or the first file that is wrong, goes on after that,
// and returns what was wrong together: ErrDamaged. The log is verified before.
func (s *Service) Verify(ctx context.Context, id string, f func(Verified, error) error) error {
	// First the log: what a broker that runs records meanwhile is not missed then.
	named, err := s.named(ctx)
	if err != nil {
		return err
	}
	rows, err := s.listed(ctx, id)
	if err != nil {
		return err
	}
	var bad []error
	for _, r := range rows {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		n := named[r.ID]
		wrong := s.check(r, n)
		if _, err := s.conf.Store.Recording(ctx, r.ID); errors.Is(err, store.ErrNotFound) {
			continue // deleted meanwhile
		}
		if wrong != nil && !errors.Is(wrong, ErrDamaged) {
			return wrong
		}
		bad = append(bad, wrong)
		if err := f(Verified{Recording: r, Segments: len(n.segments), Open: !n.ended}, wrong); err != nil {
			return err
		}
	}
	if id == "" {
		bad = append(bad, s.unlisted(ctx))
	}
	return errors.Join(bad...)
}

// listed are the recordings that were not deleted, or one of them.
func (s *Service) listed(ctx context.Context, id string) ([]store.Recording, error) {
	if id != "" {
		r, err := s.conf.Store.Recording(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such recording")
		}
		return []store.Recording{r}, err
	}
	over, err := s.conf.Store.Recordings(ctx, store.RecordingFilter{})
	if err != nil {
		return nil, err
	}
	open, err := s.conf.Store.Recordings(ctx, store.RecordingFilter{Open: true})
	return slices.Concat(open, over), err
}

// named reads from the audit log what it has of each recording.
func (s *Service) named(ctx context.Context) (map[string]sums, error) {
	all := make(map[string]sums)
	err := s.conf.Store.EachRecord(ctx, func(r store.Record, err error) error {
		id, is := strings.CutPrefix(r.Object, "recording:")
		if err != nil || !is || !strings.HasPrefix(r.Action, "recording.") {
			return err
		}
		n := all[id]
		switch r.Action {
		case "recording.segment":
			err = n.add(r.Detail)
		case "recording.end":
			n.ended = true
			n.index, err = hex.DecodeString(field(r.Detail, "index"))
		case "recording.delete", "recording.expire":
			n.deleted = true
		}
		if err != nil {
			return fmt.Errorf("audit record %d: %w", r.Seq, err)
		}
		all[id] = n
		return nil
	})
	return all, err
}

// add takes the detail of a recording.segment record, as auditSegments wrote it.
func (n *sums) add(detail string) error {
	var first, last int
	if _, err := fmt.Sscanf(field(detail, "segments"), "%d-%d", &first, &last); err != nil {
		return fmt.Errorf("segments: %w", err)
	}
	list := strings.Split(field(detail, "sha256"), ",")
	if first != len(n.segments)+1 || last != len(n.segments)+len(list) {
		return fmt.Errorf("segments %d to %d with %d hashes follow segment %d", first, last, len(list), len(n.segments))
	}
	for _, h := range list {
		sum, err := hex.DecodeString(h)
		if err != nil || len(sum) != sha256.Size {
			return fmt.Errorf("segments %d to %d: not a hash", first, last)
		}
		n.segments = append(n.segments, sum)
	}
	return nil
}

// field is a value of a record's detail.
func field(detail, name string) string {
	for f := range strings.FieldsSeq(detail) {
		if v, is := strings.CutPrefix(f, name+"="); is {
			return v
		}
	}
	return ""
}

// check names the first file of a recording that is not what it was.
func (s *Service) check(r store.Recording, n sums) error {
	// One whose index could not be read when it was ended, after a crash, has more
	// files than the log names, and its row does not count them.
	complete := n.ended && len(n.index) > 0
	if complete && r.Segments != len(n.segments) {
		return fmt.Errorf("%w: %s is listed with %d segments, the audit log names %d", ErrDamaged, r.ID, r.Segments, len(n.segments))
	}
	keep := []string{indexFile}
	for i, sum := range n.segments {
		keep = append(keep, segmentName(i+1))
		if err := s.same(r.ID, segmentName(i+1), sum, n.segments); err != nil {
			return err
		}
	}
	if !complete {
		return nil
	}
	if err := s.same(r.ID, indexFile, n.index, n.segments); err != nil {
		return err
	}
	names, err := s.folder.list(r.ID)
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range names {
		if !slices.Contains(keep, name) {
			return fmt.Errorf("%w: %s of %s is superfluous: the audit log does not name it", ErrDamaged, name, r.ID)
		}
	}
	return nil
}

// same holds a file against its hash. Others are those of the recording's segments,
// to tell one that was changed from one that was swapped.
func (s *Service) same(id, name string, sum []byte, others [][]byte) error {
	is, err := s.folder.sum(id, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %s of %s is missing", ErrDamaged, name, id)
	case err != nil:
		return err
	case bytes.Equal(is, sum):
		return nil
	}
	if i := slices.IndexFunc(others, func(o []byte) bool { return bytes.Equal(o, is) }); i >= 0 {
		return fmt.Errorf("%w: %s of %s is in truth %s", ErrDamaged, name, id, segmentName(i+1))
	}
	return fmt.Errorf("%w: %s of %s was changed", ErrDamaged, name, id)
}

// unlisted names what is only in the log, or only on the disk.
func (s *Service) unlisted(ctx context.Context) error {
	names, err := s.folder.list(".")
	if err != nil {
		return err
	}
	rows, err := s.listed(ctx, "")
	if err != nil {
		return err
	}
	named, err := s.named(ctx) // last: it knows what was begun and deleted meanwhile
	if err != nil {
		return err
	}
	listed := make(map[string]bool)
	for _, r := range rows {
		listed[r.ID] = true
	}
	for _, id := range slices.Sorted(maps.Keys(named)) {
		if n := named[id]; n.ended && !n.deleted && !listed[id] {
			return fmt.Errorf("%w: %s is missing: the audit log has it, and nobody deleted it", ErrDamaged, id)
		}
	}
	slices.Sort(names)
	for _, id := range names {
		if n, is := named[id]; validID(id) && (!is || n.deleted) {
			return fmt.Errorf("%w: the folder %s is superfluous: it belongs to no recording", ErrDamaged, id)
		}
	}
	return nil
}

// sum is the hash of a file as it lies there.
func (f *folder) sum(id, name string) (_ []byte, err error) {
	if !validID(id) {
		return nil, fs.ErrNotExist
	}
	r, err := f.root.Open(path.Join(id, name))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return nil, err
	}
	return h.Sum(nil), nil
}
