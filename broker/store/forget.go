package store

import (
	"context"
	"errors"
	"fmt"
)

// forgot is the user_version of a database whose files Forget is done with.
const forgot = 1

// Forgot says whether Forget was done.
func (s *Store) Forgot(ctx context.Context) (bool, error) {
	var version int
	if err := s.write.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return false, fmt.Errorf("version of the database: %w", err)
	}
	return version >= forgot, nil
}

// Forget makes the database's files forget what was removed or replaced: the pages
// that rows were in before still have them, so it is written anew, and the log of
// writes is emptied.
func (s *Store) Forget(ctx context.Context) error {
	if _, err := s.write.ExecContext(ctx, "VACUUM"); err != nil {
		return fmt.Errorf("write the database anew: %w", err)
	}
	var busy, pages, moved int
	if err := s.write.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved); err != nil {
		return fmt.Errorf("empty the log of writes: %w", err)
	}
	if busy != 0 {
		return fmt.Errorf("empty the log of writes: %w", errReader)
	}
	if _, err := s.write.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", forgot)); err != nil {
		return fmt.Errorf("version of the database: %w", err)
	}
	return nil
}

// errReader: whoever reads keeps the log of writes.
var errReader = errors.New("another process reads the database")
