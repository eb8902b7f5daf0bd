package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// RecordFilter chooses audit records; what is empty does not narrow.
type RecordFilter struct {
	Query        string // in any of the texts, without regard to ASCII case
	Session      string
	Since, Until time.Time // from Since on, before Until
	Actor        string
	Action       string // exact, or what it begins with when it ends in "."
	Device       string
	Result       string // exact, or RefusedResult
	Before       uint64 // number of the record below which a page begins; 0: the newest
	Limit        int    // of a page
}

// RefusedResult chooses every record whose result is not OK.
const RefusedResult = "refused"

// okResult is the result of what was done.
const okResult = "ok"

var likeEscapes = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

// where is the condition of a filter with its arguments.
func (f RecordFilter) where() (string, []any) {
	conditions, args := []string{"1 = 1"}, []any(nil)
	add := func(format string, v any) {
		args = append(args, v)
		conditions = append(conditions, fmt.Sprintf(format, len(args)))
	}
	if f.Before > 0 {
		add("seq < $%d", f.Before)
	}
	if f.Session != "" {
		add("session = $%d", f.Session)
	}
	if !f.Since.IsZero() {
		add("at >= $%d", f.Since.UnixMilli())
	}
	if !f.Until.IsZero() {
		add("at < $%d", f.Until.UnixMilli())
	}
	if f.Actor != "" {
		add("actor = $%d", f.Actor)
	}
	switch {
	case strings.HasSuffix(f.Action, "."):
		add(`action LIKE $%d ESCAPE '\'`, likeEscapes.Replace(f.Action)+"%")
	case f.Action != "":
		add("action = $%d", f.Action)
	}
	if f.Device != "" {
		device := "device:" + f.Device
		args = append(args, device)
		conditions = append(conditions, fmt.Sprintf("(object = $%d OR actor = $%d)", len(args), len(args)))
	}
	switch f.Result {
	case "":
	case RefusedResult:
		add("result <> $%d", okResult)
	default:
		add("result = $%d", f.Result)
	}
	if f.Query != "" {
		add("LOWER(actor_name || ' ' || action || ' ' || object || ' ' || object_name || ' ' || result || ' ' || detail) LIKE $%d"+` ESCAPE '\'`,
			"%"+likeEscapes.Replace(strings.ToLower(f.Query))+"%")
	}
	return strings.Join(conditions, " AND "), args
}

// Records lists a page of what a filter chooses, newest first.
func (s *Store) Records(ctx context.Context, f RecordFilter) ([]Record, error) {
	where, args := f.where()
	args = append(args, f.Limit)
	query := fmt.Sprintf("SELECT %s FROM audit WHERE %s ORDER BY seq DESC LIMIT $%d", recordColumns, where, len(args))
	return list(ctx, s.read, scanRecord, query, args...)
}

// EachRecordOf calls next with everything that a filter chooses, oldest first,
// until it returns an error. Limit does not count.
func (s *Store) EachRecordOf(ctx context.Context, f RecordFilter, next func(Record) error) error {
	where, args := f.where()
	rows, err := s.read.QueryContext(ctx, fmt.Sprintf("SELECT %s FROM audit WHERE %s ORDER BY seq", recordColumns, where), args...)
	if err != nil {
		return err
	}
	for rows.Next() {
		r, err := scanRecord(rows)
		if err == nil {
			err = next(r)
		}
		if err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return rows.Err()
}
