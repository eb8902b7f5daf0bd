//go:build unix

package main

import (
	"errors"
	"io/fs"
	"os"
)

func removeRunning(program string) (gone bool, err error) {
	if err := os.Remove(program); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	return true, nil
}
