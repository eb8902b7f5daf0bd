package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"

	"github.com/alongside-remote/alongside/broker/store"
)

// noteLines is what a checkpoint takes of a file: four lines of text, an empty
// one and the signature.
const noteLines = 6

// parseCheckpoints reads notes that stand one after the other. A last one that a
// crash cut off is left out.
func parseCheckpoints(b []byte, key ed25519.PublicKey) ([]Checkpoint, error) {
	var all []Checkpoint
	lines := bytes.SplitAfter(b, []byte("\n"))
	for ; len(lines) > noteLines; lines = lines[noteLines:] {
		c, err := OpenCheckpoint(bytes.Join(lines[:noteLines], nil), key)
		if err != nil {
			return all, fmt.Errorf("checkpoint %d: %w", len(all)+1, err)
		}
		if len(all) > 0 && c.Seq < all[len(all)-1].Seq {
			return all, fmt.Errorf("%w: checkpoint %d is of an earlier record than the one before", ErrCheckpoint, len(all)+1)
		}
		all = append(all, c)
	}
	return all, nil
}

// Verify walks the whole log, holds it against the checkpoints and returns its
// last record, or an ErrBroken that names the first bad record.
func Verify(ctx context.Context, s *store.Store, checkpoints ...Checkpoint) (last store.Record, err error) {
	err = s.EachRecord(ctx, func(r store.Record, err error) error {
		want := last.Seq + 1
		switch {
		case err != nil:
			return fmt.Errorf("%w: record %d: %w", ErrBroken, want, err)
		case r.Seq != want:
			return fmt.Errorf("%w: record %d is missing (found %d)", ErrBroken, want, r.Seq)
		case !bytes.Equal(r.Prev, last.Hash):
			return fmt.Errorf("%w: record %d does not follow record %d", ErrBroken, r.Seq, last.Seq)
		case !bytes.Equal(Hash(&r), r.Hash):
			return fmt.Errorf("%w: record %d was changed", ErrBroken, r.Seq)
		}
		for len(checkpoints) > 0 && checkpoints[0].Seq == r.Seq {
			if !checkpoints[0].of(r) {
				return fmt.Errorf("%w: record %d or one before it is not what the checkpoint of %s names", ErrBroken, r.Seq, checkpoints[0].At)
			}
			checkpoints = checkpoints[1:]
		}
		last = r
		return nil
	})
	if err == nil && len(checkpoints) > 0 {
		end := checkpoints[len(checkpoints)-1]
		err = fmt.Errorf("%w: record %d is missing: at %s the log had %d records", ErrBroken, last.Seq+1, end.At, end.Seq)
	}
	return last, err
}
