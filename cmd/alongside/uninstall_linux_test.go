package main

import (
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/transport"
)

// nobodysID is an account that owns nothing.
const nobodysID = 65534

// TestK_B11_RemovalSweepsTheDesktopsOfAMachine: what the service laid out for a user of
// the machine goes with the package, by a process of that user's rights. What is not
// ours stays, and the service's own state.
func TestK_B11_RemovalSweepsTheDesktopsOfAMachine(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("NEEDS ROOT: the desktops are other users'. Nothing of this test was proved.")
	}
	// t.TempDir is below a folder that only we can enter.
	dir, err := os.MkdirTemp("", "alongside-sweep-") //nolint:usetesting // see above
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	must(t, os.Chmod(dir, 0o755)) //nolint:gosec // others enter it
	program := copyOfSelf(t, dir)
	home, state := filepath.Join(dir, "home"), filepath.Join(dir, "state")
	const id = "01010101010101010101010101010101"
	own := "[Desktop Entry]\nX-Alongside=true\n"
	for path, content := range map[string]string{
		"Desktop/alongside-button-" + id + ".desktop":                       own,
		".local/share/applications/alongside-button-" + id + ".desktop":     own,
		".local/share/alongside/buttons/" + id + ".png":                     "picture",
		".local/share/alongside/buttons/folders.json":                       `["` + home + `/.local/share/alongside"]`,
		"Desktop/alongside-support.desktop":                                 own,
		".config/alongside/contact.json":                                    "{}",
		"Desktop/alongside-button-02020202020202020202020202020202.desktop": "[Desktop Entry]\nName=theirs\n",
		"Desktop/mine.txt": "mine",
	} {
		path = filepath.Join(home, path)
		must(t, os.MkdirAll(filepath.Dir(path), 0o755)) //nolint:gosec // a home
		must(t, os.WriteFile(path, []byte(content), 0o600))
	}
	must(t, filepath.WalkDir(home, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, nobodysID, nobodysID)
	}))
	memory, err := json.Marshal(map[string]any{"desktops": []any{map[string]any{"user": "nobody", "uid": nobodysID, "gid": nobodysID, "home": home}}})
	must(t, err)
	must(t, transport.SaveState(state, "memory.json", memory))

	for range 2 { // twice is no error
		out, err := exec.CommandContext(t.Context(), program, "uninstall", "--desktops", "--state", state).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	var left []string
	must(t, filepath.WalkDir(home, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			left = append(left, filepath.Base(path))
		}
		return err
	}))
	want := []string{"alongside-button-02020202020202020202020202020202.desktop", "mine.txt"}
	if !slices.Equal(left, want) {
		t.Errorf("left: %q", left)
	}
	for _, path := range []string{".local/share/alongside", ".config/alongside"} {
		if _, err := os.Stat(filepath.Join(home, path)); err == nil {
			t.Errorf("%s is left", path)
		}
	}
	if _, err := os.Stat(filepath.Join(state, "memory.json")); err != nil {
		t.Error(err)
	}

	// A home that cannot be swept is told, and is nobody else's reason.
	memory, err = json.Marshal(map[string]any{"desktops": []any{map[string]any{"user": "ghost", "uid": 4123456, "gid": 4123456, "home": home}}})
	must(t, err)
	must(t, transport.SaveState(state, "memory.json", memory))
	out, err := exec.CommandContext(t.Context(), program, "uninstall", "--desktops", "--state", state).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "desktop of ghost") {
		t.Errorf("%v: %s", err, out)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// copyOfSelf is this program where every user can start it.
func copyOfSelf(t *testing.T, dir string) string {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	from, err := os.Open(self)
	must(t, err)
	defer func() { _ = from.Close() }()
	path := filepath.Join(dir, "alongside")
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755) //nolint:gosec // a program
	must(t, err)
	_, err = io.Copy(to, from)
	must(t, err)
	must(t, to.Close())
	return path
}
