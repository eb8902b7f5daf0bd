package doctor

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/update"
)

func TestD25_WhatBecameOfAnUpdateIsReported(t *testing.T) {
	dir := t.TempDir()
	floor := filepath.Join(dir, "policy.toml")
	c := Config{Floor: floor}
	look := func(state State, reason, detail string) {
		t.Helper()
		if f := updates(c); f.State != state || f.Reason != reason || !strings.Contains(f.Detail, detail) {
			t.Errorf("%+v, want %s %q %q", f, state, reason, detail)
		}
	}
	look(Works, "", "whatever installed")
	c.Place = dir
	look(Works, "", "off")
	lines := "update_mirror = \"https://mirror.example/\"\nupdate_root = \"" + strings.Repeat("ab", 32) + "\"\n"
	if err := os.WriteFile(floor, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	look(Works, "", "https://mirror.example/, stable")
	for _, j := range []struct {
		update.Journal
		state          State
		reason, detail string
	}{
		{update.Journal{Trial: &update.Trial{To: "v1.1.0"}}, Works, "", "v1.1.0 is on trial"},
		{update.Journal{Last: &update.Outcome{Version: "v1.1.0", Reason: update.Installed}}, Works, "", "v1.1.0 was installed"},
		{update.Journal{Last: &update.Outcome{Version: "v1.1.0", Reason: update.Crashed, Detail: "exit 2"}}, Limited, "crashed", "taken back: exit 2"},
	} {
		b, err := json.Marshal(j.Journal)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "update.json"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		look(j.state, j.reason, j.detail)
	}
	if err := os.WriteFile(filepath.Join(dir, "update.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	look(Limited, "journal_unreadable", "")
}
