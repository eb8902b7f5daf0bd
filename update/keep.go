package update

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// errKept means that something of our own cannot be written.
var errKept = errors.New("keep")

// load reads one of our files.
func load(path string, limit int64, into any) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

// save writes one of our files, which holds no secret: whole or not at all, whatever happens
// to the power.
func save(path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%w: %w", errKept, err)
	}
	// One name, and not one of chance: what a loss of power leaves is overwritten.
	f, err := os.OpenFile(path+newSuffix, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return fmt.Errorf("%w: %w", errKept, err)
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(0o644)) // whatever the umask says
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = rename(path+newSuffix, path)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errKept, err)
	}
	return nil
}

// rename puts a file in the place of another, for good when it returns.
func rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(to))
}
