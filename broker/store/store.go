// Package store keeps what the broker has to remember in SQL: accounts, sign-ins,
// devices, enrollment tokens, support sessions, chat and the audit log. The
// schema is the subset that SQLite and PostgreSQL share.
//
// Everything is read through [Store] and written through [Tx], inside
// [Store.Update]. Updates are serialised: SQLite has one writer, and a command
// line beside a running broker waits for its turn.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver
)

//go:embed migrations/*.sql
var migrations embed.FS

// Errors of the store.
var (
	ErrNotFound  = errors.New("not found")
	ErrExists    = errors.New("exists already")      // a unique constraint was hit
	ErrReference = errors.New("reference is broken") // to what is not there, or of what is still there
)

// readers is how many queries run at the same time. More only compete for the
// page cache of one small machine.
const readers = 4

// Store is the database. Its methods may be called from any goroutine.
type Store struct {
	read  *sql.DB
	write *sql.DB
}

// Open opens the database file, creating it and bringing its schema up to date.
func Open(ctx context.Context, path string) (*Store, error) {
	// A commit is acknowledged when it is on the disk (synchronous=FULL):
	// with less, an audit record may be lost after the action it covers.
	dsn := func(extra string) string {
		u := url.URL{Scheme: "file", OmitHost: true, Path: path}
		return u.String() + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" + extra
	}
	write, err := sql.Open("sqlite", dsn("&_txlock=immediate"))
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	write.SetMaxOpenConns(1)
	if err := migrate(ctx, write); err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read, err := sql.Open("sqlite", dsn("&_pragma=query_only(1)"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), write.Close())
	}
	read.SetMaxOpenConns(readers)
	return &Store{read: read, write: write}, nil
}

func migrate(ctx context.Context, db *sql.DB) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, dir)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	return nil
}

// Close closes the database. Calls that run fail.
func (s *Store) Close() error { return errors.Join(s.read.Close(), s.write.Close()) }

// Tx is a transaction that writes.
type Tx struct {
	ctx context.Context //nolint:containedctx // a Tx lives within one call of Update
	tx  *sql.Tx
}

// Update runs f in a transaction that is on the disk when Update returns nil.
// An error of f undoes it and is returned.
func (s *Store) Update(ctx context.Context, f func(*Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := f(&Tx{ctx: ctx, tx: tx}); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// Try runs f so that an error undoes what f did and nothing else of the
// transaction. A second error means that the transaction is of no more use.
func (t *Tx) Try(f func(*Tx) error) (failed, fatal error) {
	if _, err := t.tx.ExecContext(t.ctx, "SAVEPOINT try"); err != nil {
		return nil, fmt.Errorf("savepoint: %w", err)
	}
	failed = f(t)
	if failed != nil {
		if _, err := t.tx.ExecContext(t.ctx, "ROLLBACK TO SAVEPOINT try"); err != nil {
			return failed, fmt.Errorf("roll back: %w", err)
		}
	}
	if _, err := t.tx.ExecContext(t.ctx, "RELEASE SAVEPOINT try"); err != nil {
		return failed, fmt.Errorf("release: %w", err)
	}
	return failed, nil
}

// exec runs a statement and tells how many rows it changed.
func (t *Tx) exec(query string, args ...any) (int64, error) {
	r, err := t.tx.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, constraint(err)
	}
	return r.RowsAffected()
}

// one runs a statement that has to change a row.
func (t *Tx) one(query string, args ...any) error {
	n, err := t.exec(query, args...)
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	return err
}

// scanner is a row of either kind.
type scanner interface{ Scan(dest ...any) error }

func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// querier is the database, or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// list collects the rows of a query.
func list[T any](ctx context.Context, db querier, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

func toMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
