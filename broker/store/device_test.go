package store

import (
	"database/sql"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/alongside-remote/alongside/policy"
)

// A folder of the first version keeps its devices, which may be supported as before.
func TestDevicesOfTheFirstVersionStaySupported(t *testing.T) {
	path := filepath.Join(t.TempDir(), "broker.db")
	db, err := sql.Open("sqlite", "file:"+path)
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
	if _, err := p.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	for _, insert := range []string{
		"INSERT INTO enrollment_tokens (id, token, uses, used, created_at, expires_at, created_by) VALUES ('t', 'h', 1, 1, 1, 2, 'system')",
		`INSERT INTO devices (id, pin, public_key, token, hostname, os, os_version, arch, agent_version, user_name, enrolled_at, last_seen, revoked_at)
			VALUES ('d', '00', '00', 't', 'pc-1', 'linux', '', '', '', '', 1, 1, 0)`,
	} {
		if _, err := db.ExecContext(t.Context(), insert); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	d, err := s.Device(t.Context(), "d")
	if err != nil || !d.Entitled || d.Pending || d.Group != "" || d.Tags != nil {
		t.Errorf("%+v, %v", d, err)
	}
	l, err := s.Scopes(t.Context())
	if err != nil || len(l.List) != 1 || l.Version != 1 {
		t.Fatalf("%+v, %v", l, err)
	}
	r, err := policy.Compile(l.List, policy.Defaults())
	if err != nil || !r.Settings(policy.Device{ID: "d", Entitled: true}).RemoteSupport {
		t.Errorf("remote support is not on: %v", err)
	}
}
