package installer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/alongside-remote/alongside/internal/wholefile"
)

// maxManifest bounds a list of some paths.
const maxManifest = 64 << 10

// placed is the files of an installation, and the list of what was made for them.
type placed struct {
	list   string      // where that list is
	files  []string    // without the list
	beside []string    // folders that it needs, too
	mode   fs.FileMode // of folders that it makes
}

// manifest is what an installation made, in the order in which it did.
type manifest struct {
	Made []string `json:"made"` // files and folders that were not there before
}

// prepare makes the folders and writes the list. It goes before the files: what the list
// names may be missing, what is there is named.
func (p placed) prepare(m *manifest) error {
	for _, dir := range p.folders() {
		if err := m.mkdir(dir, p.mode); err != nil {
			return err
		}
	}
	for _, file := range append([]string{p.list}, p.files...) {
		m.add(file)
	}
	content, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return wholefile.Replace(p.list, bytes.NewReader(content), 0o600)
}

func (p placed) folders() []string {
	dirs := []string{filepath.Dir(p.list)}
	for _, file := range p.files {
		dirs = append(dirs, filepath.Dir(file))
	}
	return append(dirs, p.beside...)
}

// remove takes away what the list names, and the list last. Folders stay in which there
// is more by now.
func (p placed) remove() error {
	m, err := p.read()
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range slices.Backward(m.Made) {
		if path != p.list {
			errs = append(errs, remove(path, !slices.Contains(p.files, path)))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("uninstall: %w", err)
	}
	// And then the folders that were not empty because of the list.
	errs = append(errs, remove(p.list, false))
	for _, path := range slices.Backward(m.Made) {
		if path != p.list {
			errs = append(errs, remove(path, true))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("uninstall: %w", err)
	}
	return nil
}

func (p placed) read() (manifest, error) {
	var m manifest
	f, err := os.Open(p.list)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, maxManifest))
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err == nil && slices.ContainsFunc(m.Made, func(path string) bool { return !p.ours(path) }) {
		err = errors.New("it names what is not ours")
	}
	if err != nil {
		return manifest{}, fmt.Errorf("what is installed, %s: %w", p.list, err)
	}
	return m, nil
}

// ours reports whether an installation may have made a path: a file of its own, or a
// folder above one.
func (p placed) ours(path string) bool {
	if path == p.list || slices.Contains(p.files, path) {
		return true
	}
	for _, dir := range p.folders() {
		for at := dir; at != filepath.Dir(at); at = filepath.Dir(at) {
			if at == path {
				return true
			}
		}
	}
	return false
}

func (m *manifest) add(path string) {
	if !slices.Contains(m.Made, path) {
		m.Made = append(m.Made, path)
	}
}

// mkdir makes a folder and those above it, and notes which it made.
func (m *manifest) mkdir(dir string, mode fs.FileMode) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := m.mkdir(filepath.Dir(dir), mode); err != nil {
		return err
	}
	err := os.Mkdir(dir, mode)
	if errors.Is(err, fs.ErrExist) {
		return nil // made meanwhile, by somebody else
	}
	m.add(dir)
	return errors.Join(err, os.Chmod(dir, mode)) // whatever the umask says
}

// copyProgram puts a program in its place, unless it is there.
func copyProgram(from, to string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	a, err := f.Stat()
	if err != nil {
		return err
	}
	if b, err := os.Stat(to); err == nil && os.SameFile(a, b) {
		return nil
	}
	return wholefile.Replace(to, f, 0o755)
}

// remove removes a path; a folder only when it is empty.
func remove(path string, folder bool) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if fi, look := os.Lstat(path); err != nil && folder && look == nil && fi.IsDir() {
		return nil // there is more in it
	}
	return err
}
