package wholefile_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/alongside-remote/alongside/internal/wholefile"
)

func TestReplacesALinkAndNotWhatItLeadsTo(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "file"), filepath.Join(dir, "other")
	if err := errors.Join(os.WriteFile(other, []byte("theirs"), 0o600), os.Symlink(other, path)); err != nil {
		t.Fatal(err)
	}
	if err := wholefile.Replace(path, strings.NewReader("ours"), 0o640); err != nil {
		t.Fatal(err)
	}
	fi, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if !fi.Mode().IsRegular() || runtime.GOOS != "windows" && fi.Mode().Perm() != 0o640 {
		t.Errorf("it is %v", fi.Mode())
	}
	for name, want := range map[string]string{path: "ours", other: "theirs"} {
		if got, err := os.ReadFile(name); string(got) != want || err != nil {
			t.Errorf("%s holds %q, %v", name, got, err)
		}
	}
}

func TestWhatFailsLeavesWhatWasThere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	content := io.MultiReader(strings.NewReader("half of "), iotest.ErrReader(broken))
	if err := wholefile.Replace(path, content, 0o600); !errors.Is(err, broken) {
		t.Errorf("it says %v", err)
	}
	all, err := os.ReadDir(dir)
	if got, _ := os.ReadFile(path); string(got) != "before" || len(all) != 1 || err != nil {
		t.Errorf("there is %q among %v, %v", got, all, err)
	}
}
