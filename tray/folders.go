package tray

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alongside-remote/alongside/internal/wholefile"
)

// Names and bounds of the list of folders.
const (
	foldersFile = "folders.json"
	maxFolders  = 64 // those of some paths
)

// folders are those that were not there before the buttons, and go with the last of
// them. The list of them lies beside the icons.
type folders struct {
	list  string // its path
	below []string
}

// folders of the buttons: only those on the way to where a button lies.
func (b *buttons) folders() folders {
	f := folders{list: filepath.Join(b.icons(), foldersFile), below: []string{b.icons(), b.menu()}}
	if b.desktop != "" {
		f.below = append(f.below, b.desktop)
	}
	return f
}

// make makes a folder and those above it, and notes which it made.
func (f folders) make(dir string) error {
	var fresh []string
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); err == nil || at == filepath.Dir(at) {
			break
		}
		fresh = append(fresh, at)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // desktops read it, as other users' programs may
		return err
	}
	if len(fresh) == 0 {
		return nil
	}
	made := f.read()
	for _, at := range slices.Backward(fresh) {
		if !slices.Contains(made, at) {
			made = append(made, at)
		}
	}
	content, err := json.Marshal(made)
	if err != nil {
		return err
	}
	return wholefile.Replace(f.list, bytes.NewReader(content), 0o600)
}

// read is the list, in the order in which they were made. What is not on the way to a
// button's place was not made here.
func (f folders) read() []string {
	var made []string
	b, err := os.ReadFile(f.list)
	if err != nil || json.Unmarshal(b, &made) != nil || len(made) > maxFolders {
		return nil
	}
	return slices.DeleteFunc(made, func(path string) bool {
		return !slices.ContainsFunc(f.below, func(dir string) bool {
			return dir == path || strings.HasPrefix(dir, path+string(filepath.Separator))
		})
	})
}

// remove takes away those that are empty, and the list.
func (f folders) remove() error {
	made := f.read()
	if err := os.Remove(f.list); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("buttons: %w", err)
	}
	for _, path := range slices.Backward(made) {
		_ = os.Remove(path) // there is more in it
	}
	// Ours by their names, whoever made them.
	_ = os.Remove(filepath.Dir(f.list))
	_ = os.Remove(filepath.Dir(filepath.Dir(f.list)))
	return nil
}
