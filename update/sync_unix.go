//go:build unix

package update

import (
	"errors"
	"os"
)

// syncFolder makes what was renamed in a folder last.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
