package audit

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/broker/store"
)

func open(t *testing.T) (*store.Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "broker.db")
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, path
}

func fill(t *testing.T, s *store.Store, n int) {
	t.Helper()
	l := Open(s, func(store.Record) {})
	defer l.Close()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if _, err := l.Append(t.Context(), store.Record{At: time.Now(), Action: "test", Result: OK}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestConcurrentAppendsMakeOneChain(t *testing.T) {
	s, _ := open(t)
	const n = 500
	fill(t, s, n)
	last, err := Verify(t.Context(), s)
	if err != nil || last.Seq != n {
		t.Fatalf("last %d, %v", last.Seq, err)
	}
}

func TestVerifyNamesTheFirstBadRecord(t *testing.T) {
	for _, c := range []struct{ name, damage, want string }{
		{"field", "UPDATE audit SET detail = 'nothing happened' WHERE seq = 7", "record 7 was changed"},
		{"time", "UPDATE audit SET at = at + 1 WHERE seq = 3", "record 3 was changed"},
		{"missing", "DELETE FROM audit WHERE seq = 5", "record 5 is missing"},
		{"hash", "UPDATE audit SET hash = 'zz' WHERE seq = 4", "record 4"},
		{"first", "DELETE FROM audit WHERE seq = 1", "record 1 is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, path := open(t)
			fill(t, s, 10)
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.ExecContext(t.Context(), c.damage); err != nil {
				t.Fatal(err)
			}
			if _, err := Verify(t.Context(), s); !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestNoAuditNoAction(t *testing.T) {
	s, _ := open(t)
	l := Open(s, func(store.Record) {})
	defer l.Close()
	// The write of the action is undone with its record, and only it.
	failure := errors.New("refused")
	_, err := l.Append(t.Context(), store.Record{At: time.Now(), Action: "a"},
		func(tx *store.Tx) error { return tx.AddAccount(store.Account{ID: "1", Name: "x"}) },
		func(*store.Tx) error { return failure })
	if !errors.Is(err, failure) {
		t.Fatal(err)
	}
	if _, err := s.AccountByName(t.Context(), "x"); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("the action stands without its record: %v", err)
	}
	l.Close()
	ran := false
	_, err = l.Append(context.Background(), store.Record{Action: "b"}, func(*store.Tx) error { ran = true; return nil })
	if !errors.Is(err, ErrUnavailable) || ran {
		t.Fatalf("append to a closed log: %v, ran %v", err, ran)
	}
	if last, err := Verify(t.Context(), s); err != nil || last.Seq != 0 {
		t.Fatalf("%d records, %v", last.Seq, err)
	}
}

func TestTwoWritersShareTheChain(t *testing.T) {
	s, path := open(t)
	other, err := store.Open(t.Context(), path) // a command line beside the broker
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	var wg sync.WaitGroup
	wg.Go(func() { fill(t, s, 100) })
	wg.Go(func() { fill(t, other, 100) })
	wg.Wait()
	if last, err := Verify(t.Context(), s); err != nil || last.Seq != 200 {
		t.Fatalf("last %d, %v", last.Seq, err)
	}
}

func BenchmarkAppend(b *testing.B) {
	s, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "broker.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	l := Open(s, func(store.Record) {})
	defer l.Close()
	b.SetParallelism(32)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if _, err := l.Append(b.Context(), store.Record{At: time.Now(), Action: "test", Result: OK}); err != nil {
				b.Error(err)
			}
		}
	})
}
