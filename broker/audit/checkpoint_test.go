package audit

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alongside-remote/alongside/broker/store"
)

func key(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, k, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// keep writes a checkpoint of the log as it is, as a broker that stops does.
func keep(t *testing.T, s *store.Store, path string, k ed25519.PrivateKey) {
	t.Helper()
	last, err := Verify(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	keeper, err := OpenKeeper(t.Context(), path, k, s, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	keeper.Note(last)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	keeper.Run(over)
}

func exec(t *testing.T, path, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}

func TestD26_CheckpointsFindACutLog(t *testing.T) {
	s, path := open(t)
	file, k := filepath.Join(t.TempDir(), "checkpoints"), key(t)
	fill(t, s, 20)
	keep(t, s, file, k)
	fill(t, s, 20)
	keep(t, s, file, k)
	found, err := ReadCheckpoints(file, k.Public().(ed25519.PublicKey))
	if err != nil || len(found) != 2 || found[0].Seq != 20 || found[1].Seq != 40 {
		t.Fatalf("checkpoints %+v, %v", found, err)
	}
	if _, err := Verify(t.Context(), s, found...); err != nil {
		t.Fatal(err)
	}
	exec(t, path, "DELETE FROM audit WHERE seq > 30")
	if _, err := Verify(t.Context(), s); err != nil {
		t.Fatalf("without checkpoints a shorter chain is whole: %v", err)
	}
	if _, err := Verify(t.Context(), s, found...); !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), "record 31 is missing") {
		t.Fatalf("cut: %v", err)
	}
	if _, err := OpenKeeper(t.Context(), file, k, s, slog.New(slog.DiscardHandler), time.Now); !errors.Is(err, ErrBroken) {
		t.Fatalf("a broker starts on a log that was cut: %v", err)
	}
	// Written anew from record 31 on: the chain is whole, and not the same.
	fill(t, s, 15)
	if _, err := Verify(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(t.Context(), s, found...); !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), "record 40") {
		t.Fatalf("written anew: %v", err)
	}
}

func TestD26_CheckpointsCannotBeForged(t *testing.T) {
	s, _ := open(t)
	file, k := filepath.Join(t.TempDir(), "checkpoints"), key(t)
	fill(t, s, 3)
	keep(t, s, file, k)
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	public := k.Public().(ed25519.PublicKey)
	if _, err := parseCheckpoints(good, key(t).Public().(ed25519.PublicKey)); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("another key: %v", err)
	}
	for i := range good {
		bad := append([]byte(nil), good...)
		bad[i] ^= 1
		if found, err := parseCheckpoints(bad, public); err == nil && len(found) > 0 {
			t.Fatalf("byte %d changed, and nobody saw: %+v", i, found)
		}
	}
	for i := range good {
		if found, err := parseCheckpoints(append(append([]byte(nil), good...), good[:i]...), public); err != nil || len(found) != 1 {
			t.Fatalf("cut off by a crash after %d bytes: %d, %v", i, len(found), err)
		}
	}
	// An old state put in front of the new one, as it is after a restored backup.
	later, err := Checkpoint{Seq: 9, Hash: make([]byte, 32), At: time.Now()}.Sign(k)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseCheckpoints(append(later, good...), public); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("backwards: %v", err)
	}
}

func TestKeeperWritesEachMinuteAndEachThousand(t *testing.T) {
	s, _ := open(t)
	file, k := filepath.Join(t.TempDir(), "checkpoints"), key(t)
	count := func() int {
		found, err := ReadCheckpoints(file, k.Public().(ed25519.PublicKey))
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	synctest.Test(t, func(t *testing.T) {
		keeper, err := OpenKeeper(t.Context(), file, k, s, slog.New(slog.DiscardHandler), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); keeper.Run(ctx) }()
		note := func(seq uint64) { keeper.Note(store.Record{Seq: seq, Hash: make([]byte, 32)}) }
		for i, step := range []struct {
			seq  uint64
			wait time.Duration
			want int
		}{
			{1, 0, 0}, {2, checkpointEvery, 1}, {2, 10 * checkpointEvery, 1}, {checkpointRecords + 2, 0, 2}, {checkpointRecords + 3, 0, 2},
		} {
			note(step.seq)
			time.Sleep(step.wait)
			synctest.Wait()
			if got := count(); got != step.want {
				t.Errorf("step %d: %d checkpoints, want %d", i, got, step.want)
			}
		}
		cancel()
		<-done
		if got := count(); got != 3 {
			t.Errorf("at the end: %d checkpoints", got)
		}
	})
}
