package main

import (
	"os"
	"path/filepath"
)

// removeProgram removes the file of this program if it lies in the folder: what a
// person downloaded together, and nothing that is installed. It reports whether it
// is gone.
func removeProgram(folder string) (bool, error) {
	self, err := os.Executable()
	if err != nil {
		return false, err
	}
	same, err := sameFolder(filepath.Dir(self), folder)
	if err != nil || !same {
		return false, err
	}
	return removeRunning(self)
}

// sameFolder says whether two paths are one folder.
func sameFolder(a, b string) (bool, error) {
	x, err := os.Stat(a)
	if err != nil {
		return false, err
	}
	y, err := os.Stat(b)
	if err != nil {
		return false, err
	}
	return os.SameFile(x, y), nil
}
