package transport

import (
	"fmt"
	"path/filepath"
)

// LoadState reads a file of the state directory, which must be this user's
// alone. It is fs.ErrNotExist if there is none and ErrExposed if it cannot be
// trusted.
func LoadState(dir, name string, limit int64) ([]byte, error) {
	b, err := readOwnFile(filepath.Join(dir, name), limit)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", name, err)
	}
	return b, nil
}

// SaveState writes a file of the state directory whole or not at all, over the
// one that is there.
func SaveState(dir, name string, b []byte) error {
	if err := makeOwnDir(dir); err != nil {
		return err
	}
	if err := replaceOwnFile(filepath.Join(dir, name), b); err != nil {
		return fmt.Errorf("save %s: %w", name, err)
	}
	return nil
}
