package agent

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/alongside-remote/alongside/policy"
)

// ErrFloor means that this machine's own policy is there and cannot be believed:
// the service does not start without it. An administrator has to mend the file.
var ErrFloor = errors.New("the local policy cannot be used")

// ReadFloor reads the floor that this machine's administrator has set, from a
// file that only an administrator can have written. Without a file nothing is
// set. Where a system keeps such settings elsewhere, in a registry or a managed
// profile, they are for now read from a file, too.
func ReadFloor(path string) (policy.Floor, error) {
	b, err := ReadAdministrators(path, policy.MaxFloor)
	if errors.Is(err, fs.ErrNotExist) {
		return policy.NoFloor(), nil
	}
	var f policy.Floor
	if err == nil {
		f, err = policy.ParseFloor(b)
	}
	if err != nil {
		return policy.Floor{}, fmt.Errorf("%w: %s: %w", ErrFloor, path, err)
	}
	return f, nil
}

// ReadAdministrators reads a file that only an administrator can have written,
// or who runs this, and at most one byte more than limit. It reads what it has
// checked: the folder, in which nobody else could put another file, and the file
// that is open.
func ReadAdministrators(path string, limit int64) ([]byte, error) {
	dir, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	before, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	fi, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !os.SameFile(before, fi) {
		return nil, errors.New("replaced while opening")
	}
	if err := byAdministrator(filepath.Dir(path), dir); err != nil {
		return nil, fmt.Errorf("its folder: %w", err)
	}
	if err := byAdministrator(path, fi); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(f, limit+1))
}
