package update

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Fetch has a program from a mirror written to a path in a folder that is nobody else's
// to write. There is a file at that path afterwards only if it is what was signed, whole
// and on the disk.
func (r Release) Fetch(ctx context.Context, m Mirror, to string, mode fs.FileMode) (err error) {
	ctx, cancel := context.WithTimeout(ctx, DownloadTime)
	defer cancel()
	if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	from, err := m.Open(ctx, r.file())
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrMirror, r.Name, err)
	}
	defer func() { _ = from.Close() }()
	// Never what is there already: it would keep its owner, its other names, and whoever
	// has it open.
	f, err := os.OpenFile(to, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			_ = os.Remove(to)
		}
	}()
	if n, err := io.Copy(f, io.LimitReader(from, r.Size+1)); err != nil {
		return fmt.Errorf("%w: %s after %d bytes: %w", ErrMirror, r.Name, n, err)
	}
	if err := r.verify(f); err != nil {
		return err
	}
	return errors.Join(f.Chmod(mode), f.Sync(), syncFolder(filepath.Dir(to)))
}

// verify looks at what an open file holds, and not at what its name leads to.
func (r Release) verify(f *os.File) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(f, r.Size+1))
	if err != nil {
		return err
	}
	if n != r.Size {
		return fmt.Errorf("%w: %s has not the %d bytes that were signed", ErrRefused, r.Name, r.Size)
	}
	if [sha256.Size]byte(h.Sum(nil)) != r.Hash {
		return fmt.Errorf("%w: %s is not what was signed", ErrRefused, r.Name)
	}
	return nil
}
