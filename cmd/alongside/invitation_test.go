package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/transport"
)

// TestD25_ABundleThatNamesAMirrorIsRefused: nothing is made for it, and its token is not
// spent.
func TestD25_ABundleThatNamesAMirrorIsRefused(t *testing.T) {
	dir := t.TempDir()
	b := &transport.Bundle{Token: "token", Floor: "update_mirror = \"https://mirror.example/\"\n"}
	_, err := invite(b, filepath.Join(dir, "state"), filepath.Join(dir, "policy.toml"), slog.New(slog.DiscardHandler))
	if !errors.Is(err, transport.ErrBundle) || !errors.Is(err, policy.ErrBundledUpdates) {
		t.Errorf("it says %v", err)
	}
	for _, name := range []string{"state", "policy.toml"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is there: %v", name, err)
		}
	}
}
