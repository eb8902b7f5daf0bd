package installer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/alongside-remote/alongside/internal/wholefile"
	"github.com/alongside-remote/alongside/packaging/linux"
	"github.com/alongside-remote/alongside/update"
)

// Where a machine's service goes that no package installs, and what says that one is
// there already. Everything is below [Machine.Root].
const (
	machineFolder = "/opt/alongside"
	machineUnit   = "/etc/systemd/system/" + unitName
	updateUnit    = "/etc/systemd/system/" + updateName
	machineState  = "/var/lib/alongside"
	unitName      = "alongside.service"
	updateName    = "alongside-update.service"
	// booted is there where systemd is the init: sd_booted(3).
	booted = "/run/systemd/system"
)

// packaged is where packages put what would be in the way.
var packaged = []string{linux.Program, "/usr/lib/systemd/system/" + unitName, "/lib/systemd/system/" + unitName, "/etc/init.d/alongside"}

// Errors of a machine. Nothing was changed.
var (
	ErrInstalled = errors.New("a client is installed on this machine already")
	ErrNoManager = errors.New("systemd is not the init of this machine")
)

// Machine installs the service of a machine, as root: program and unit in places that are
// root's alone. It is for systemd. Its methods are called one at a time.
type Machine struct {
	Root string // of the file system; empty: this machine's
	// Run runs a program of the system to its end.
	Run func(ctx context.Context, name string, args ...string) error
}

// State is where the service keeps its state.
func (m Machine) State() string { return m.Root + machineState }

// Installed is the path of the installed program.
func (m Machine) Installed() string { return filepath.Join(m.Root+machineFolder, programName) }

func (m Machine) placed() placed {
	p := placed{list: filepath.Join(m.Root+machineFolder, manifestName), files: []string{m.Installed(), m.Root + machineUnit, m.Root + updateUnit}, mode: 0o755}
	for _, name := range update.Files() {
		p.files = append(p.files, filepath.Join(m.Folder(), name))
	}
	return p
}

// Folder is where the program is, and what its updates need.
func (m Machine) Folder() string { return m.Root + machineFolder }

// There reports whether this is what installed the machine's service.
func (m Machine) There() bool {
	_, err := os.Lstat(m.placed().list)
	return err == nil
}

// Ready says why Install cannot be.
func (m Machine) Ready() error {
	if fi, err := os.Stat(m.Root + booted); err != nil || !fi.IsDir() {
		return ErrNoManager
	}
	for _, path := range append([]string{machineFolder, machineUnit, updateUnit}, packaged...) {
		if _, err := os.Lstat(m.Root + path); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: %s", ErrInstalled, path)
		}
	}
	// The key of a package that was removed stays, for the next one.
	if left, err := os.ReadDir(m.State()); len(left) > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s", ErrInstalled, machineState)
	}
	return nil
}

// Install puts the program and the unit in their places. What it cannot finish it undoes.
func (m Machine) Install(program string) (err error) {
	if err := m.Ready(); err != nil {
		return err
	}
	p := m.placed()
	for _, file := range append(p.files, m.State()) {
		if err := m.rootsAlone(filepath.Dir(file)); err != nil {
			return fmt.Errorf("install: %w", err)
		}
	}
	var made manifest
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("install: %w", err), p.remove())
		}
	}()
	if err := p.prepare(&made); err != nil {
		return err
	}
	if err := copyProgram(program, m.Installed()); err != nil {
		return err
	}
	if err := wholefile.Replace(m.Root+updateUnit, strings.NewReader(linux.UpdateUnit), 0o644); err != nil {
		return err
	}
	unit := strings.ReplaceAll(linux.Unit, linux.Program, strings.TrimPrefix(m.Installed(), m.Root))
	return wholefile.Replace(m.Root+machineUnit, strings.NewReader(unit), 0o644)
}

// rootsAlone checks that nobody but root can put something else in the place of what is
// below a folder. Above one that is not there yet it checks what is.
func (m Machine) rootsAlone(dir string) error {
	for at := dir; ; at = filepath.Dir(at) {
		fi, err := os.Lstat(at)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case !fi.IsDir() || !ownAlone(fi):
			return fmt.Errorf("%s is not a folder that only root can write", at)
		}
		if len(at) <= len(m.Root) || at == filepath.Dir(at) {
			return nil
		}
	}
}

// Start has the service started, now and with the machine. It returns when it runs.
func (m Machine) Start(ctx context.Context) error {
	return m.systemctl(ctx, []string{"daemon-reload"}, []string{"enable", "--quiet", unitName, updateName}, []string{"start", unitName})
}

// Stop has the service stopped.
func (m Machine) Stop(ctx context.Context) error {
	return m.systemctl(ctx, []string{"stop", unitName})
}

// Remove takes away what Install made, from under a service that may run: it is started
// no more.
func (m Machine) Remove(ctx context.Context) error {
	if !m.There() {
		return nil
	}
	var errs []error
	disable := []string{"disable", "--quiet"}
	for _, unit := range []string{machineUnit, updateUnit} {
		if _, err := os.Lstat(m.Root + unit); err == nil {
			disable = append(disable, filepath.Base(unit))
		}
	}
	if len(disable) > 2 {
		errs = append(errs, m.systemctl(ctx, disable))
	}
	errs = append(errs, m.placed().remove(), m.systemctl(ctx, []string{"daemon-reload"}))
	return errors.Join(errs...)
}

// Apart has the installed program run with arguments outside of what the unit takes from
// the service: that cannot change what is installed.
func (m Machine) Apart(ctx context.Context, args ...string) error {
	return m.apart(ctx, append([]string{strings.TrimPrefix(m.Installed(), m.Root)}, args...)...)
}

// RemoveEmpty removes folders that the unit made for the service, which are mounts to it.
func (m Machine) RemoveEmpty(ctx context.Context, folders ...string) error {
	return m.apart(ctx, append([]string{"rm", "-d", "-f", "--"}, folders...)...)
}

// apart has systemd run a program to its end.
func (m Machine) apart(ctx context.Context, program ...string) error {
	return m.Run(ctx, "systemd-run", append([]string{"--quiet", "--collect", "--wait", "--unit=alongside-removal", "--"}, program...)...)
}

func (m Machine) systemctl(ctx context.Context, calls ...[]string) error {
	for _, args := range calls {
		if err := m.Run(ctx, "systemctl", args...); err != nil {
			return err
		}
	}
	return nil
}
