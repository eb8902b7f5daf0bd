package transport

import (
	"fmt"
	"os"
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

// RemoveState removes a state directory with all that is in it. It has to be this
// user's alone and hold a device's key: else it is none. Without one it is
// fs.ErrNotExist.
func RemoveState(dir string) error {
	if _, err := readOwnFile(filepath.Join(dir, keyFile), maxKeyFile); err != nil {
		return fmt.Errorf("remove state: %w", err)
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove state: %w", err)
	}
	return nil
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
