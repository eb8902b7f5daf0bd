// Package installer puts the endpoint where it outlasts the session that brought
// it, and takes away again exactly what it put there.
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
)

// Names in the folders of a user.
const (
	folderName    = "alongside" // below the user's data
	programName   = "alongside"
	manifestName  = "installed.json" // beside the program
	autostartName = "alongside-jump.desktop"
	// maxManifest bounds a list of some paths.
	maxManifest = 64 << 10
)

// ErrForeign means that another file has the place of ours, which stays as it is.
var ErrForeign = errors.New("another file is in its place")

// User installs for one user of a desktop: the program into the user's data, and
// an entry that starts it at sign-in. Its methods are called one at a time.
type User struct {
	Data    string   // XDG_DATA_HOME
	Config  string   // XDG_CONFIG_HOME
	Program string   // the file to be copied
	Args    []string // with which it is started at sign-in
}

// manifest is what an installation made, in the order in which it did.
type manifest struct {
	Made []string `json:"made"` // files and folders that were not there before
}

// Folder is where the program goes.
func (u User) Folder() string { return filepath.Join(u.Data, folderName) }

// Installed is the path of the installed program.
func (u User) Installed() string { return filepath.Join(u.Folder(), programName) }

func (u User) manifest() string { return filepath.Join(u.Folder(), manifestName) }

func (u User) entry() string { return filepath.Join(u.Config, "autostart", autostartName) }

// Install copies the program and has it start at sign-in. What it cannot finish it
// undoes. Where it is installed already, program and entry are made anew.
func (u User) Install() (err error) {
	m, err := u.read()
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("install: %w", err), u.Remove())
		}
	}()
	if _, err := os.Lstat(u.entry()); err == nil && !slices.Contains(m.Made, u.entry()) {
		return fmt.Errorf("%s: %w", u.entry(), ErrForeign)
	}
	for _, dir := range []string{u.Folder(), filepath.Dir(u.entry())} {
		if err := m.mkdir(dir); err != nil {
			return err
		}
	}
	// The list goes first: what it names may be missing, what is there is named.
	for _, file := range []string{u.manifest(), u.Installed(), u.entry()} {
		m.add(file)
	}
	content, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := replace(u.manifest(), bytes.NewReader(content), 0o600); err != nil {
		return err
	}
	if err := u.copyProgram(); err != nil {
		return err
	}
	return replace(u.entry(), bytes.NewReader(autostart(append([]string{u.Installed()}, u.Args...))), 0o644)
}

// copyProgram puts the program in its place, unless it is there.
func (u User) copyProgram() error {
	from, err := os.Open(u.Program)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	a, err := from.Stat()
	if err != nil {
		return err
	}
	if b, err := os.Stat(u.Installed()); err == nil && os.SameFile(a, b) {
		return nil
	}
	return replace(u.Installed(), from, 0o755)
}

// Remove takes away what Install made. Folders stay in which there is more by now.
func (u User) Remove() error {
	m, err := u.read()
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range slices.Backward(m.Made) {
		if path == u.manifest() {
			continue
		}
		errs = append(errs, remove(path, path != u.Installed() && path != u.entry()))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("uninstall: %w", err)
	}
	// The list goes last, and then the folders that were not empty because of it.
	errs = append(errs, remove(u.manifest(), false))
	for _, path := range slices.Backward(m.Made) {
		if path != u.manifest() {
			errs = append(errs, remove(path, true))
		}
	}
	errs = append(errs, remove(u.Folder(), true)) // ours by its name, also where a button made it
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("uninstall: %w", err)
	}
	return nil
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

func (u User) read() (manifest, error) {
	var m manifest
	f, err := os.Open(u.manifest())
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
	if err == nil && slices.ContainsFunc(m.Made, func(path string) bool { return !u.ours(path) }) {
		err = errors.New("it names what is not ours")
	}
	if err != nil {
		return manifest{}, fmt.Errorf("what is installed, %s: %w", u.manifest(), err)
	}
	return m, nil
}

// ours reports whether Install may have made a path: a file of its own, or a folder
// above one.
func (u User) ours(path string) bool {
	for _, file := range []string{u.manifest(), u.Installed(), u.entry()} {
		for at := file; at != filepath.Dir(at); at = filepath.Dir(at) {
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
func (m *manifest) mkdir(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := m.mkdir(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	m.add(dir)
	return nil
}

// replace writes a file whole, in the place of one that is there.
func replace(path string, content io.Reader, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
