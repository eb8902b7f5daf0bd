package store

import (
	"context"
	"encoding/hex"
	"fmt"
)

// SummaryLink is the last link of a device's chain of session summaries.
type SummaryLink struct {
	Device string
	Seq    uint64
	Hash   []byte // SHA-256 of the serialised summary
}

// LastSummary is a device's newest link, or ErrNotFound.
func (s *Store) LastSummary(ctx context.Context, device string) (SummaryLink, error) {
	l := SummaryLink{Device: device}
	var hash string
	err := s.read.QueryRowContext(ctx, "SELECT seq, hash FROM summaries WHERE device = $1", device).Scan(&l.Seq, &hash)
	if err != nil {
		return l, notFound(err)
	}
	if l.Hash, err = hex.DecodeString(hash); err != nil {
		return l, fmt.Errorf("hash of a summary: %w", err)
	}
	return l, nil
}

// Summaries are the newest links of all devices.
func (s *Store) Summaries(ctx context.Context) ([]SummaryLink, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT device, seq, hash FROM summaries")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []SummaryLink
	for rows.Next() {
		var l SummaryLink
		var hash string
		if err := rows.Scan(&l.Device, &l.Seq, &hash); err != nil {
			return nil, err
		}
		if l.Hash, err = hex.DecodeString(hash); err != nil {
			return nil, fmt.Errorf("hash of a summary: %w", err)
		}
		all = append(all, l)
	}
	return all, rows.Err()
}

// PutSummary notes a newer link; ErrExists when there is one as new.
func (t *Tx) PutSummary(l SummaryLink) error {
	n, err := t.exec(`INSERT INTO summaries (device, seq, hash) VALUES ($1, $2, $3)
		ON CONFLICT (device) DO UPDATE SET seq = excluded.seq, hash = excluded.hash WHERE summaries.seq < excluded.seq`,
		l.Device, int64(l.Seq), hex.EncodeToString(l.Hash)) //nolint:gosec // counted from 1
	if err == nil && n == 0 {
		err = ErrExists
	}
	return err
}
