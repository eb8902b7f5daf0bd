package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/alongside-remote/alongside/wire"
)

// Recording is what is known of a recording without its keys.
type Recording struct {
	ID         string
	Session    wire.SessionID
	Device     string
	DeviceName string
	RepName    string
	Required   bool          // without it there is no picture
	Kept       time.Duration // after its end; 0: for ever
	StartedAt  time.Time
	EndedAt    time.Time // zero: it goes on, or the broker stopped meanwhile
	Duration   time.Duration
	Bytes      int64 // of its files
	Segments   int
	Audited    int // segments whose hashes the audit log has
	Gaps       int
	Complete   bool
	DeletedAt  time.Time
}

// KeptUntil is when it is deleted; zero: never.
func (r Recording) KeptUntil() time.Time {
	if r.Kept == 0 || r.EndedAt.IsZero() {
		return time.Time{}
	}
	return r.EndedAt.Add(r.Kept)
}

const recordingColumns = "id, session, device, device_name, rep_name, required, kept, started_at, ended_at, duration, bytes, segments, audited, gaps, complete, deleted_at"

func scanRecording(s scanner) (Recording, error) {
	var r Recording
	var session string
	var kept, started, ended, duration, deleted int64
	err := s.Scan(&r.ID, &session, &r.Device, &r.DeviceName, &r.RepName, &r.Required, &kept, &started, &ended, &duration, &r.Bytes, &r.Segments, &r.Audited, &r.Gaps, &r.Complete, &deleted)
	if err != nil {
		return r, notFound(err)
	}
	b, err := hex.DecodeString(session)
	if err == nil {
		r.Session, err = wire.ParseSessionID(b)
	}
	if err != nil {
		return r, fmt.Errorf("recording %s: %w", r.ID, err)
	}
	r.Kept, r.Duration = time.Duration(kept)*time.Millisecond, time.Duration(duration)*time.Millisecond
	r.StartedAt, r.EndedAt, r.DeletedAt = fromMillis(started), fromMillis(ended), fromMillis(deleted)
	return r, nil
}

// Recording finds a recording that was not deleted.
func (s *Store) Recording(ctx context.Context, id string) (Recording, error) {
	return scanRecording(s.read.QueryRowContext(ctx, "SELECT "+recordingColumns+" FROM recordings WHERE id = $1 AND deleted_at = 0", id))
}

// RecordingFilter chooses recordings, newest first. Deleted ones are never among
// them.
type RecordingFilter struct {
	Session wire.SessionID // zero: of any
	Open    bool           // those that have not ended, else those that have
	Limit   int            // 0: all
}

// Recordings lists the recordings that a filter chooses.
func (s *Store) Recordings(ctx context.Context, f RecordingFilter) ([]Recording, error) {
	query := "SELECT " + recordingColumns + " FROM recordings WHERE deleted_at = 0 AND ended_at > 0"
	if f.Open {
		query = "SELECT " + recordingColumns + " FROM recordings WHERE deleted_at = 0 AND ended_at = 0"
	}
	var args []any
	if f.Session != (wire.SessionID{}) {
		args = append(args, f.Session.String())
		query += fmt.Sprintf(" AND session = $%d", len(args))
	}
	query += " ORDER BY started_at DESC, id"
	if f.Limit > 0 {
		args = append(args, f.Limit)
		query += fmt.Sprintf(" LIMIT $%d", len(args))
	}
	return list(ctx, s.read, scanRecording, query, args...)
}

// AddRecording adds a recording that begins.
func (t *Tx) AddRecording(r Recording) error {
	_, err := t.exec("INSERT INTO recordings ("+recordingColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
		r.ID, r.Session.String(), r.Device, r.DeviceName, r.RepName, bit(r.Required), r.Kept.Milliseconds(), toMillis(r.StartedAt), toMillis(r.EndedAt),
		r.Duration.Milliseconds(), r.Bytes, r.Segments, r.Audited, r.Gaps, bit(r.Complete), toMillis(r.DeletedAt))
	return err
}

// PutRecording keeps how a recording stands.
func (t *Tx) PutRecording(r Recording) error {
	return t.one("UPDATE recordings SET ended_at = $2, duration = $3, bytes = $4, segments = $5, audited = $6, gaps = $7, complete = $8, deleted_at = $9 WHERE id = $1",
		r.ID, toMillis(r.EndedAt), r.Duration.Milliseconds(), r.Bytes, r.Segments, r.Audited, r.Gaps, bit(r.Complete), toMillis(r.DeletedAt))
}

// DeleteRecording marks a recording as deleted; ErrNotFound when it is.
func (t *Tx) DeleteRecording(id string, at time.Time) error {
	return t.one("UPDATE recordings SET deleted_at = $2 WHERE id = $1 AND deleted_at = 0", id, toMillis(at))
}

// Recipient is an age key that recordings are encrypted to.
type Recipient struct {
	ID        string
	Key       string // age1…
	Name      string
	Own       bool // the broker holds the private part
	AddedAt   time.Time
	RetiredAt time.Time // zero: it counts
}

func scanRecipient(s scanner) (Recipient, error) {
	var r Recipient
	var added, retired int64
	err := s.Scan(&r.ID, &r.Key, &r.Name, &r.Own, &added, &retired)
	r.AddedAt, r.RetiredAt = fromMillis(added), fromMillis(retired)
	return r, notFound(err)
}

// Recipients lists all recipients, retired ones too, oldest first.
func (s *Store) Recipients(ctx context.Context) ([]Recipient, error) {
	return list(ctx, s.read, scanRecipient, "SELECT id, age_key, name, own, added_at, retired_at FROM recipients ORDER BY added_at, id")
}

// AddRecipient adds a recipient; ErrExists when the key is known.
func (t *Tx) AddRecipient(r Recipient) error {
	_, err := t.exec("INSERT INTO recipients (id, age_key, name, own, added_at, retired_at) VALUES ($1, $2, $3, $4, $5, 0)",
		r.ID, r.Key, r.Name, bit(r.Own), toMillis(r.AddedAt))
	return err
}

// RetireRecipient ends what a recipient is given, unless nobody would be left:
// then, and when there is no such one, it is ErrNotFound.
func (t *Tx) RetireRecipient(id string, at time.Time) error {
	return t.one("UPDATE recipients SET retired_at = $2 WHERE id = $1 AND retired_at = 0 AND (SELECT COUNT(*) FROM recipients WHERE retired_at = 0) > 1", id, toMillis(at))
}
