// Package installer puts the endpoint where it outlasts the session that brought
// it, and takes away again exactly what it put there.
package installer

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/alongside-remote/alongside/internal/wholefile"
)

// Names in the folders of a user.
const (
	folderName    = "alongside" // below the user's data
	programName   = "alongside"
	manifestName  = "installed.json" // beside the program
	autostartName = "alongside-jump.desktop"
)

// ErrForeign means that another file has the place of ours, which stays as it is.
var ErrForeign = errors.New("another file is in its place")

// User installs for one user of a desktop: the program into the user's data, and
// an entry that starts it at sign-in. Its methods are called one at a time.
type User struct {
	Data    string   // XDG_DATA_HOME
	Config  string   // XDG_CONFIG_HOME
	State   string   // of a device that is made for it, which others make and remove; empty: none is
	Program string   // the file to be copied
	Args    []string // with which it is started at sign-in
}

// Folder is where the program goes.
func (u User) Folder() string { return filepath.Join(u.Data, folderName) }

// Installed is the path of the installed program.
func (u User) Installed() string { return filepath.Join(u.Folder(), programName) }

func (u User) entry() string { return filepath.Join(u.Config, "autostart", autostartName) }

func (u User) placed() placed {
	p := placed{list: filepath.Join(u.Folder(), manifestName), files: []string{u.Installed(), u.entry()}, mode: 0o700}
	if u.State != "" {
		p.beside = []string{filepath.Dir(u.State)}
	}
	return p
}

// There reports whether it is installed.
func (u User) There() bool {
	_, err := os.Lstat(u.placed().list)
	return err == nil
}

// Install copies the program and has it start at sign-in. What it cannot finish it
// undoes. Where it is installed already, program and entry are made anew.
func (u User) Install() (err error) {
	p := u.placed()
	m, err := p.read()
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
	if err := p.prepare(&m); err != nil {
		return err
	}
	if err := copyProgram(u.Program, u.Installed()); err != nil {
		return err
	}
	return wholefile.Replace(u.entry(), bytes.NewReader(autostart(append([]string{u.Installed()}, u.Args...))), 0o644)
}

// Withdraw takes away program and entry, so that nothing starts any more. The rest goes
// by Remove.
func (u User) Withdraw() error {
	m, err := u.placed().read()
	if err != nil {
		return err
	}
	for _, path := range []string{u.entry(), u.Installed()} {
		if slices.Contains(m.Made, path) {
			err = errors.Join(err, remove(path, false))
		}
	}
	return err
}

// Remove takes away what Install made. Folders stay in which there is more by now.
func (u User) Remove() error {
	if err := u.placed().remove(); err != nil {
		return err
	}
	// Ours by its name, also where a button made it.
	if err := remove(u.Folder(), true); err != nil {
		return fmt.Errorf("uninstall: %w", err)
	}
	return nil
}
