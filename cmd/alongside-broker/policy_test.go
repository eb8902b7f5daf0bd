package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/broker/store"
)

func TestX13_PolicyCommands(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	if out, err := do(t, data, password+"\n", "account", "create", "--name", "ada", "--display-name", "Ada", "--admin"); err != nil {
		t.Fatal(out, err)
	}
	s, err := store.Open(t.Context(), filepath.Join(data, "broker.db"))
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), func(tx *store.Tx) error {
		if err := tx.AddToken(store.Token{ID: "t", Hash: "h", Uses: 1, ExpiresAt: time.Now()}); err != nil {
			return err
		}
		return tx.AddDevice(store.Device{ID: "d1", Pin: "00", Token: "t", Hostname: "PC-1", Entitled: true})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := do(t, data, "", "policy", "explain", "--rep", "ada", "--device", "pc-1")
	if err != nil || !strings.HasPrefix(out, "allowed\nby scope \"All devices\", remote_support\n") || !strings.Contains(out, "session_expiry_min") {
		t.Errorf("%s %v", out, err)
	}
	if out, err := do(t, data, "", "policy", "explain", "--rep", "ada", "--device", "d1", "--action", "session.attach"); err != nil || !strings.HasPrefix(out, "not allowed: not_participant") {
		t.Errorf("%s %v", out, err)
	}
	for _, who := range [][]string{{"--rep", "bob", "--device", "d1"}, {"--rep", "ada", "--device", "d2"}} {
		if out, err := do(t, data, "", append([]string{"policy", "explain"}, who...)...); err == nil || !strings.Contains(out, "not_found") {
			t.Errorf("%s %v", out, err)
		}
	}
	if out, err := do(t, data, "", "policy", "test", "../../policy/testdata/scopes.jsonl"); err != nil || !strings.HasSuffix(out, "cases pass\n") {
		t.Errorf("%s %v", out, err)
	}
	if out, err := do(t, data, "", "policy", "scopes"); err != nil || !strings.HasPrefix(out, `{"scope":{"id":"all-devices","name":"All devices",`) {
		t.Errorf("%s %v", out, err)
	}
	file := filepath.Join(dir, "cases")
	if err := os.WriteFile(file, []byte(`{"case": "x", "want": {"allowed": true}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := do(t, data, "", "policy", "test", file); err == nil || !strings.Contains(out, "line 1: x: allowed is") || !strings.Contains(out, "1 of 1 cases fail") {
		t.Errorf("%s %v", out, err)
	}
}
