package store

import (
	"context"
	"database/sql"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
)

// at makes a database as a broker of that version left it.
func at(t *testing.T, path string, version int64, rows ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=foreign_keys(1)")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if _, err := db.ExecContext(t.Context(), row); err != nil {
			t.Fatalf("%s: %v", row, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// What sessions and chat held before requests had sessions is still there, and
// they still hang together.
func TestSessionsOutlastTheirNewTable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "broker.db")
	const session = "000102030405060708090a0b0c0d0e0f"
	at(t, path, 1,
		`INSERT INTO accounts VALUES ('r', 'rob', 'Rob', 'x', 0, 1, 0)`,
		`INSERT INTO enrollment_tokens VALUES ('k', 'h', 1, 1, 1, 2, 'rep:r')`,
		`INSERT INTO devices VALUES ('d', 'pin', '00', 'k', 'ws-1', 'linux', '', '', '', 'cora', 1, 1, 0)`,
		`INSERT INTO sessions VALUES ('`+session+`', 'd', 'ws-1', 'cora', 'r', 'Rob', 'device', 'PERMISSION_VIEW', 60000, 'active', 1000, 0, 2000, 62000, 0, 0, 0, 0, '')`,
		`INSERT INTO chat VALUES ('`+session+`', 1, 3000, 'Rob', 0, 'hello')`,
		`INSERT INTO requests VALUES ('q', 'd', 'Cora', '', '', 'printer', 1)`,
	)
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	open, err := s.OpenSessions(t.Context())
	if err != nil || len(open) != 1 {
		t.Fatalf("%v, %v", open, err)
	}
	got := open[0]
	if got.ID.String() != session || got.Rep.ID != "r" || got.Phase != support.Active || got.MaxDuration != time.Minute ||
		!got.ConsentAt.Equal(time.UnixMilli(2000)) || got.Request != "" || got.Recorded {
		t.Fatalf("%+v", got)
	}
	chat, err := s.Chat(t.Context(), got.ID)
	if err != nil || len(chat) != 1 || chat[0].Text != "hello" {
		t.Fatalf("%v, %v", chat, err)
	}
	if err := s.Update(context.Background(), func(tx *Tx) error {
		_, err := tx.AddChat(ChatMessage{Session: wire.SessionID{1}, Text: "of no session"})
		return err
	}); err == nil {
		t.Error("chat of a session that does not exist")
	}
	// A request that waits does not keep the device from a session, a second one
	// of either does.
	add := func(id byte, phase support.Phase, rep string) error {
		return s.Update(context.Background(), func(tx *Tx) error {
			return tx.AddSession(support.Session{ID: wire.SessionID{id}, Device: "d", Phase: phase, Rep: support.Rep{ID: rep}})
		})
	}
	if err := add(2, support.Requested, ""); err != nil {
		t.Error(err)
	}
	if err := add(3, support.Requested, ""); err == nil {
		t.Error("two requests wait")
	}
	if err := add(4, support.AwaitingConsent, "r"); err == nil {
		t.Error("two sessions are open")
	}
}
