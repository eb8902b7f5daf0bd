//go:build unix

package transport_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/transport"
)

// Windows has access lists instead of modes.
func TestD1_ExposedStateIsRefused(t *testing.T) {
	key := func(dir string) string { return filepath.Join(dir, keyName) }
	for name, expose := range map[string]func(dir string) error{
		"DirectoryReadableByGroup": func(dir string) error { return os.Chmod(dir, 0o750) },
		"DirectoryWritableByAll":   func(dir string) error { return os.Chmod(dir, 0o702) },
		"KeyReadableByAll":         func(dir string) error { return os.Chmod(key(dir), 0o604) },
		"DirectoryIsSymlink": func(dir string) error {
			return errors.Join(os.Rename(dir, dir+".real"), os.Symlink(dir+".real", dir))
		},
		"KeyIsSymlink": func(dir string) error {
			return errors.Join(os.Rename(key(dir), key(dir)+".real"), os.Symlink(key(dir)+".real", key(dir)))
		},
		"KeyIsDirectory": func(dir string) error {
			return errors.Join(os.Remove(key(dir)), os.Mkdir(key(dir), 0o700))
		},
		"DirectoryOfAnotherUser": func(dir string) error { return os.Chown(dir, 1, 1) },
		"KeyOfAnotherUser":       func(dir string) error { return os.Chown(key(dir), 1, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			if strings.HasSuffix(name, "AnotherUser") {
				needRoot(t)
			}
			dir := stateDir(t)
			load(t, dir)
			if err := expose(dir); err != nil {
				t.Fatal(err)
			}
			if _, err := transport.LoadOrCreateIdentity(dir); !errors.Is(err, transport.ErrExposed) {
				t.Errorf("load: %v, want ErrExposed", err)
			}
		})
	}
}
