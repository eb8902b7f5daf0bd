package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Record is one row of the audit log. Package audit chains and verifies them.
type Record struct {
	Seq        uint64
	At         time.Time // to the millisecond
	Actor      string    // "rep:ID", "device:ID", "system"
	ActorName  string
	Action     string // dotted, stable
	Object     string // "session:ID", "device:ID"
	ObjectName string
	Result     string // "ok" or the name of an error code
	Detail     string
	Session    string // id of the support session it belongs to, or empty
	Evidence   []byte // what was signed and its signature, or empty
	Prev, Hash []byte
}

const recordColumns = "seq, at, actor, actor_name, action, object, object_name, result, detail, session, evidence, prev, hash"

func scanRecord(r scanner) (Record, error) {
	var a Record
	var at int64
	var evidence, prev, hash string
	err := r.Scan(&a.Seq, &at, &a.Actor, &a.ActorName, &a.Action, &a.Object, &a.ObjectName, &a.Result, &a.Detail, &a.Session, &evidence, &prev, &hash)
	if err != nil {
		return a, notFound(err)
	}
	a.At = fromMillis(at)
	var errs [3]error
	a.Evidence, errs[0] = hex.DecodeString(evidence)
	a.Prev, errs[1] = hex.DecodeString(prev)
	a.Hash, errs[2] = hex.DecodeString(hash)
	if err := errors.Join(errs[:]...); err != nil {
		return a, fmt.Errorf("audit record %d: %w", a.Seq, err)
	}
	return a, nil
}

// LastRecord is the newest audit record, as the transaction sees it.
func (t *Tx) LastRecord() (Record, error) {
	return scanRecord(t.tx.QueryRowContext(t.ctx, "SELECT "+recordColumns+" FROM audit ORDER BY seq DESC LIMIT 1"))
}

// Record finds an audit record by its number.
func (s *Store) Record(ctx context.Context, seq uint64) (Record, error) {
	return scanRecord(s.read.QueryRowContext(ctx, "SELECT "+recordColumns+" FROM audit WHERE seq = $1", seq))
}

// AddRecord appends an audit record.
func (t *Tx) AddRecord(a Record) error {
	_, err := t.exec("INSERT INTO audit ("+recordColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
		a.Seq, toMillis(a.At), a.Actor, a.ActorName, a.Action, a.Object, a.ObjectName, a.Result, a.Detail, a.Session,
		hex.EncodeToString(a.Evidence), hex.EncodeToString(a.Prev), hex.EncodeToString(a.Hash))
	return err
}

// EachRecord calls f with every audit record in order until it returns an error.
// A row that cannot be read is handed over with its error.
func (s *Store) EachRecord(ctx context.Context, f func(Record, error) error) error {
	rows, err := s.read.QueryContext(ctx, "SELECT "+recordColumns+" FROM audit ORDER BY seq")
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := f(scanRecord(rows)); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return rows.Err()
}
