// Package audit is the log of everything that was asked and done: append-only,
// each record chained to the one before by its hash, and on the disk before the
// action it is about. Where a record cannot be written, the action is refused.
//
// [Log.Append] takes the writes that belong to the action with it, so that both
// are on the disk or neither is. Appends that come at the same time share one
// commit.
package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/alongside-remote/alongside/broker/store"
)

// OK is the result of what was done.
const OK = "ok"

// hashDomain begins what is hashed, so that the chain's hash is no other hash.
const hashDomain = "alongside audit v1"

// Limits of the log.
const (
	// maxBatch bounds what one commit carries: it is what queues up during one
	// commit of a slow disk under load.
	maxBatch = 256
	// maxDetail bounds the free text of a record; callers filter, this guards.
	maxDetail = 4 << 10
)

// ErrUnavailable means that nothing can be recorded: refuse the action.
var ErrUnavailable = errors.New("audit log unavailable")

// ErrBroken is found by Verify: the record or one before it was changed.
var ErrBroken = errors.New("audit chain is broken")

// Hash is the hash of a record: over the one before and every field but Hash,
// each with its length.
func Hash(r *store.Record) []byte {
	h := sha256.New()
	var n [8]byte
	put := func(b []byte) {
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	put([]byte(hashDomain))
	put(r.Prev)
	for _, v := range []uint64{r.Seq, uint64(r.At.UnixMilli())} {
		binary.BigEndian.PutUint64(n[:], v)
		h.Write(n[:])
	}
	for _, s := range []string{r.Actor, r.ActorName, r.Action, r.Object, r.ObjectName, r.Result, r.Detail, r.Session} {
		put([]byte(s))
	}
	put(r.Evidence)
	return h.Sum(nil)
}

// Add appends a record to the chain inside a transaction and fills Seq, Prev and
// Hash. The end of the chain is read from the database each time, because a
// command line appends beside the running broker.
func Add(tx *store.Tx, r *store.Record) error {
	last, err := tx.LastRecord()
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("audit: %w", err)
	}
	r.Seq, r.Prev = last.Seq+1, last.Hash
	r.At = time.UnixMilli(r.At.UnixMilli())
	if len(r.Detail) > maxDetail {
		r.Detail = r.Detail[:maxDetail]
	}
	r.Hash = Hash(r)
	if err := tx.AddRecord(*r); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}
