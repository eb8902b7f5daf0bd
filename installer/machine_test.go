//go:build linux

package installer

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/update"
)

// played is a machine in a folder, and what its systemd was told.
type played struct {
	Machine
	t       *testing.T
	program string
	ran     []string
	fails   string // what it refuses
}

func newPlayed(t *testing.T) *played {
	t.Helper()
	p := &played{t: t, program: filepath.Join(t.TempDir(), "program")}
	p.Root = t.TempDir()
	for _, dir := range []string{"run/systemd/system", "etc/systemd/system", "var/lib"} {
		must(t, os.MkdirAll(filepath.Join(p.Root, dir), 0o755)) //nolint:gosec // as on every machine
	}
	must(t, os.WriteFile(p.program, []byte("#!program"), 0o700)) //nolint:gosec // a program
	p.Run = func(_ context.Context, name string, args ...string) error {
		line := strings.Join(append([]string{name}, args...), " ")
		p.ran = append(p.ran, line)
		if line == p.fails {
			return errors.New("refused")
		}
		return nil
	}
	return p
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The unit is the packages' own, with another program, and systemd takes it; what is
// installed is root's to change alone, and goes without a trace.
func TestV8_J6_AMachinesServiceComesAndGoes(t *testing.T) {
	p := newPlayed(t)
	before := tree(t, p.Root)
	if p.There() {
		t.Fatal("there before")
	}
	must(t, p.Install(p.program))
	must(t, p.Start(t.Context()))
	if want := []string{"systemctl daemon-reload", "systemctl enable --quiet alongside.service alongside-update.service", "systemctl start alongside.service"}; !cmp.Equal(p.ran, want) {
		t.Errorf("ran %q", p.ran)
	}
	for path, mode := range map[string]os.FileMode{"opt": 0o755, "opt/alongside": 0o755, "opt/alongside/alongside": 0o755, "etc/systemd/system/alongside.service": 0o644, "etc/systemd/system/alongside-update.service": 0o644} {
		if fi, err := os.Stat(filepath.Join(p.Root, path)); err != nil || fi.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, fi.Mode(), err)
		}
	}
	unit, err := os.ReadFile(filepath.Join(p.Root, "etc/systemd/system/alongside.service"))
	must(t, err)
	packages, err := os.ReadFile("../packaging/linux/alongside.service")
	must(t, err)
	if want := strings.ReplaceAll(string(packages), "ExecStart=/usr/bin/alongside ", "ExecStart=/opt/alongside/alongside "); string(unit) != want {
		t.Error(cmp.Diff(want, string(unit)))
	}
	there := filepath.Join(t.TempDir(), "alongside.service") // with the program where it is here
	must(t, os.WriteFile(there, []byte(strings.ReplaceAll(string(unit), "ExecStart=", "ExecStart="+p.Root)), 0o600))
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no", there).CombinedOutput()
	if err != nil || strings.Contains(string(out), "alongside.service") {
		t.Errorf("systemd-analyze verify: %v: %s", err, out)
	}
	if err := p.Ready(); !errors.Is(err, ErrInstalled) || !p.There() {
		t.Errorf("a second time: %v", err)
	}
	for _, name := range update.Files() { // as updates leave them
		must(t, os.WriteFile(filepath.Join(p.Folder(), name), nil, 0o600))
	}
	p.ran = nil
	for range 2 { // twice is no error
		must(t, p.Remove(t.Context()))
	}
	if want := []string{"systemctl disable --quiet alongside.service alongside-update.service", "systemctl daemon-reload"}; !cmp.Equal(p.ran, want) {
		t.Errorf("ran %q", p.ran)
	}
	if d := cmp.Diff(before, tree(t, p.Root)); d != "" {
		t.Errorf("left behind: %s", d)
	}
}

func TestV8_WhereAServiceIsNotInstalled(t *testing.T) {
	file := func(path string) func(root string) error {
		return func(root string) error {
			path := filepath.Join(root, path)
			return errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o600)) //nolint:gosec // a system's
		}
	}
	for what, c := range map[string]struct {
		prepare func(root string) error
		want    error // nil: another one
	}{
		"another init":            {func(root string) error { return os.RemoveAll(filepath.Join(root, "run/systemd")) }, ErrNoManager},
		"a package's program":     {file("usr/bin/alongside"), ErrInstalled},
		"a package's unit":        {file("usr/lib/systemd/system/alongside.service"), ErrInstalled},
		"an administrator's unit": {file("etc/systemd/system/alongside.service"), ErrInstalled},
		"an init script":          {file("etc/init.d/alongside"), ErrInstalled},
		"the key of a package":    {file("var/lib/alongside/identity.key"), ErrInstalled},
		"a folder of everybody's": {func(root string) error {
			return errors.Join(os.Mkdir(filepath.Join(root, "opt"), 0o755), os.Chmod(filepath.Join(root, "opt"), 0o775)) //nolint:gosec // as it must not be
		}, nil},
		"a link":     {func(root string) error { return os.Symlink(t.TempDir(), filepath.Join(root, "opt")) }, nil},
		"no program": {nil, os.ErrNotExist},
	} {
		t.Run(what, func(t *testing.T) {
			p := newPlayed(t)
			if c.prepare == nil {
				p.program += " that is not there"
			} else {
				must(t, c.prepare(p.Root))
			}
			before := tree(t, p.Root)
			err := p.Install(p.program)
			if err == nil || c.want != nil && !errors.Is(err, c.want) || c.want == nil && (errors.Is(err, ErrInstalled) || errors.Is(err, ErrNoManager)) {
				t.Errorf("%v", err)
			}
			if d := cmp.Diff(before, tree(t, p.Root)); d != "" {
				t.Errorf("changed: %s", d)
			}
		})
	}
}

// What its service cannot do itself is done beside it.
func TestJ6_TheServiceIsRemovedFromOutside(t *testing.T) {
	p := newPlayed(t)
	must(t, p.Apart(t.Context(), "uninstall", "--program"))
	if want := []string{"systemd-run --quiet --collect --wait --unit=alongside-removal -- /opt/alongside/alongside uninstall --program"}; !cmp.Equal(p.ran, want) {
		t.Errorf("ran %q", p.ran)
	}
	p.fails = p.ran[0]
	must(t, p.RemoveEmpty(t.Context(), "/var/lib/alongside"))
	if want := "systemd-run --quiet --collect --wait --unit=alongside-removal -- rm -d -f -- /var/lib/alongside"; p.ran[1] != want {
		t.Errorf("ran %q", p.ran)
	}
	if p.Apart(t.Context(), "uninstall", "--program") == nil {
		t.Error("a refusal is none")
	}
}
