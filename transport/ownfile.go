package transport

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrExposed means that a file or directory with secrets could have been read or
// written by somebody else: do not use it, tell an administrator.
var ErrExposed = errors.New("not private to this user")

// makeOwnDir makes dir if need be and checks that it is ours alone.
func makeOwnDir(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("state directory: %w", err)
	}
	err := os.Mkdir(dir, 0o700)
	if err == nil {
		err = restrict(dir)
	} else if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("state directory: %w", err)
	}
	return checkOwnDir(dir)
}

func checkOwnDir(dir string) error {
	fi, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("state directory: %w", err)
	}
	if !fi.IsDir() {
		return fmt.Errorf("state directory %s: %w: not a directory", dir, ErrExposed)
	}
	if err := checkOwner(dir, fi); err != nil {
		return fmt.Errorf("state directory %s: %w", dir, err)
	}
	return nil
}

// readOwnFile reads a file of a directory that is ours alone. Inside such a
// directory nobody else can swap the file between the check and the read; the
// comparison is for a directory that was moved in between.
func readOwnFile(path string, limit int64) ([]byte, error) {
	if err := checkOwnDir(filepath.Dir(path)); err != nil {
		return nil, err
	}
	before, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %w: not a regular file", path, ErrExposed)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !os.SameFile(before, fi) {
		return nil, fmt.Errorf("%s: %w: replaced while opening", path, ErrExposed)
	}
	if err := checkOwner(path, fi); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%s: over %d bytes", path, limit)
	}
	return b, nil
}

// createOwnFile writes a new file whole or not at all. It is fs.ErrExist if
// there is one already.
func createOwnFile(path string, b []byte) error {
	tmp, err := writeTemp(path, b)
	if err != nil {
		return err
	}
	defer os.Remove(tmp)
	return os.Link(tmp, path)
}

// replaceOwnFile writes a file whole or not at all, over the one that is there.
func replaceOwnFile(path string, b []byte) error {
	tmp, err := writeTemp(path, b)
	if err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		_ = os.Remove(tmp)
		return err
	}
	return nil
}

func writeTemp(path string, b []byte) (_ string, err error) {
	tmp := path + "." + rand.Text()
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			_ = os.Remove(tmp)
		}
	}()
	if _, err := f.Write(b); err != nil {
		return "", err
	}
	return tmp, f.Sync()
}
