//go:build linux

package bed

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Adhoc is the client of one session that a person has downloaded.
type Adhoc struct {
	*Process        // once it was started
	Program  string // the file
	Bundle   string // beside it
	desktop  *Desktop
}

// Download puts program and bundle into a folder of the desktop's home.
func (d *Desktop) Download(program, name string, bundle []byte) (*Adhoc, error) {
	folder := filepath.Join(d.Dir, "Downloads")
	g := &Adhoc{Program: filepath.Join(folder, "alongside"), Bundle: filepath.Join(folder, name), desktop: d}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	if err := copyFile(g.Program, program); err != nil {
		return nil, err
	}
	return g, os.WriteFile(g.Bundle, bundle, 0o600)
}

// Downloaded is a client that a browser has put there.
func (d *Desktop) Downloaded(program, bundle string) (*Adhoc, error) {
	return &Adhoc{Program: program, Bundle: bundle, desktop: d}, os.Chmod(program, 0o755)
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if e := out.Close(); err == nil {
		err = e
	}
	return err
}

// Start starts it as a file manager does: without arguments.
func (g *Adhoc) Start() (err error) {
	g.Process, err = g.desktop.Start(g.Program)
	return err
}

// Running lists the processes that run the program, also when its file is gone.
func (g *Adhoc) Running() []string {
	var found []string
	exes, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, exe := range exes {
		if target, err := os.Readlink(exe); err == nil && strings.TrimSuffix(target, " (deleted)") == g.Program {
			argv, _ := os.ReadFile(filepath.Join(filepath.Dir(exe), "cmdline"))
			found = append(found, strings.ReplaceAll(string(argv), "\x00", " "))
		}
	}
	return found
}

// Asked is what the person reads in the window that a dialog program shows for it:
// the program's arguments.
func (g *Adhoc) Asked() (string, error) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", g.PID()))
	for _, t := range tasks {
		children, _ := os.ReadFile(t)
		for _, pid := range strings.Fields(string(children)) {
			if argv, err := os.ReadFile("/proc/" + pid + "/cmdline"); err == nil && strings.Contains(string(argv), "--question") {
				return strings.ReplaceAll(string(argv), "\x00", "\n"), nil
			}
		}
	}
	return "", fmt.Errorf("no dialog of process %d", g.PID())
}

// Tree lists all that is in the desktop's home, with its folders for runtime and
// temporary files, but for what the desktop's own programs keep there.
func (d *Desktop) Tree() ([]string, error) {
	var found []string
	err := filepath.WalkDir(d.Dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil && os.IsNotExist(err):
			return nil
		case err != nil:
			return err
		case e.IsDir() && slices.Contains([]string{"cache", "xfce4", "at-spi", "dconf"}, e.Name()):
			return filepath.SkipDir
		}
		found = append(found, path)
		return nil
	})
	slices.Sort(found)
	return found, err
}
