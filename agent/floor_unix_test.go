//go:build unix

package agent

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/alongside-remote/alongside/policy"
)

func TestFloorIsAnAdministratorsOrNothingStarts(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "policy.toml")
	if f, err := ReadFloor(path); err != nil || f != policy.NoFloor() {
		t.Fatalf("no file: %v, %v", f, err)
	}
	if f, err := ReadFloor(filepath.Join(dir, "none", "policy.toml")); err != nil || f != policy.NoFloor() {
		t.Fatalf("no folder: %v, %v", f, err)
	}
	write := func(text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(why string) {
		t.Helper()
		if f, err := ReadFloor(path); !errors.Is(err, ErrFloor) || f != (policy.Floor{}) {
			t.Errorf("%s: %v, %v", why, f, err)
		}
	}
	write("view_only = true\n", 0o644)
	if f, err := ReadFloor(path); err != nil || f.Control {
		t.Errorf("good file: %v, %v", f, err)
	}
	write("view_only = true\n", 0o664)
	refused("a group can write it")
	write("view_onyl = true\n", 0o644)
	refused("unknown key")
	write("view_only = true\n", 0o644)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	refused("everybody can put another file there")
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, path+"2"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path+"2", path); err != nil {
		t.Fatal(err)
	}
	refused("a link")
	if os.Getuid() != 0 {
		return // only root can give a file away
	}
	if err := os.Rename(path+"2", path); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, 12345, -1); err != nil {
		t.Fatal(err)
	}
	refused("of another user")
}
