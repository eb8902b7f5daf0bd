package audit

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/broker/store"
)

// When a checkpoint is written: so much of the log can be cut off without a
// trace, by somebody who has the database and not the file.
const (
	checkpointEvery   = time.Minute
	checkpointRecords = 1000
)

// maxCheckpoints bounds the file: one a minute for ten years.
const maxCheckpoints = 1 << 30

// Keeper writes checkpoints of a log to a file that only grows. The file may be
// on another disk, or one that cannot be rewritten.
type Keeper struct {
	path string
	key  ed25519.PrivateKey
	log  *slog.Logger
	now  func() time.Time
	many chan struct{} // capacity 1: enough records for a checkpoint before its time

	mu   sync.Mutex
	last Checkpoint // the newest record
	kept uint64     // number of the record that the newest checkpoint names
}

// OpenKeeper makes a keeper for the file at path. A log that does not hold what
// the newest checkpoint names is an ErrBroken: something took records away, and
// nothing may be added until somebody has looked.
func OpenKeeper(ctx context.Context, path string, key ed25519.PrivateKey, s *store.Store, log *slog.Logger, now func() time.Time) (*Keeper, error) {
	k := &Keeper{path: path, key: key, log: log, now: now, many: make(chan struct{}, 1)}
	all, err := ReadCheckpoints(path, key.Public().(ed25519.PublicKey)) // of an ed25519 key
	if err != nil || len(all) == 0 {
		return k, err
	}
	newest := all[len(all)-1]
	r, err := s.Record(ctx, newest.Seq)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && !newest.of(r):
		return nil, fmt.Errorf("%w: record %d is not what the checkpoint of %s in %s names; put a backup back, or move the file away to go on without it",
			ErrBroken, newest.Seq, newest.At.Format(time.RFC3339), path)
	case err != nil:
		return nil, fmt.Errorf("audit: %w", err)
	}
	k.last, k.kept = newest, newest.Seq
	return k, nil
}

// Note takes a record that was committed. It never blocks.
func (k *Keeper) Note(r store.Record) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last = Checkpoint{Seq: r.Seq, Hash: r.Hash}
	if k.last.Seq-k.kept >= checkpointRecords {
		select {
		case k.many <- struct{}{}:
		default:
		}
	}
}

// Run writes checkpoints until ctx ends, and a last one then.
func (k *Keeper) Run(ctx context.Context) {
	tick := time.NewTicker(checkpointEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			k.write()
			return
		case <-tick.C:
		case <-k.many:
		}
		k.write()
	}
}

// write appends a checkpoint, when there is something new.
func (k *Keeper) write() {
	k.mu.Lock()
	c := k.last
	fresh := c.Seq > k.kept
	k.mu.Unlock()
	if !fresh {
		return
	}
	c.At = k.now()
	if err := k.append(c); err != nil {
		k.log.Error("audit checkpoint", "file", k.path, "error", err)
		return
	}
	k.mu.Lock()
	k.kept = c.Seq
	k.mu.Unlock()
}

func (k *Keeper) append(c Checkpoint) error {
	b, err := c.Sign(k.key)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(k.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// ReadCheckpoints reads a file of checkpoints; one that is not there is empty.
func ReadCheckpoints(path string, key ed25519.PublicKey) ([]Checkpoint, error) {
	fi, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	if fi.Size() > maxCheckpoints {
		return nil, fmt.Errorf("%w: the file is too long", ErrCheckpoint)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	return parseCheckpoints(b, key)
}
