//go:build unix

package update_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/update"
)

// Variables by which this program is other programs than its tests.
const (
	playVariable = "ALONGSIDE_UPDATE_PLAYS" // "mark" or "install"
	dieVariable  = "ALONGSIDE_UPDATE_DIES"  // at this step, by SIGKILL
	dirVariable  = "ALONGSIDE_UPDATE_DIR"
)

func TestMain(m *testing.M) {
	dir := os.Getenv(dirVariable)
	switch os.Getenv(playVariable) {
	case "mark":
		if err := update.WriteMark(filepath.Join(dir, "place"), filepath.Join(dir, "mark"), os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case "install":
		if err := install(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	default:
		os.Exit(m.Run())
	}
}

// playedService is a service manager whose services are ready when they end well.
type playedService struct{ dir string }

func (s playedService) Restart(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, filepath.Join(s.dir, "place", "alongside"), "service")
	cmd.Env = append(os.Environ(), playVariable+"=mark")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

func (playedService) Settle(context.Context) error { return nil }

func place(dir string) update.Place {
	return update.Place{
		Dir: filepath.Join(dir, "place"), Program: "alongside", Mark: filepath.Join(dir, "mark"), Service: playedService{dir},
		Health: time.Second, Now: func() time.Time { return noon }, Log: slog.New(slog.DiscardHandler),
	}
}

// install is what the processes of an update do, one after the other, from wherever it is.
func install(dir string) error {
	die := os.Getenv(dieVariable)
	p := place(dir).WithStep(func(step string) {
		if step == die {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	})
	anchor, err := os.ReadFile(filepath.Join(dir, "mirror", "1.root.json"))
	if err != nil {
		return err
	}
	j, err := update.ReadJournal(p.Dir)
	if err != nil {
		return err
	}
	if j.Trial == nil {
		running, err := exec.Command(filepath.Join(p.Dir, "alongside"), "version").Output() //nolint:noctx // ends by itself
		if err != nil {
			return err
		}
		e := update.Endpoint{Running: strings.Fields(string(running))[1], Channel: "stable", System: system}
		v, err := p.Fetch(context.Background(), update.Folder{Path: filepath.Join(dir, "mirror")}, sha256.Sum256(anchor), e)
		if err != nil || v == "" {
			return err
		}
		if err := p.Install(context.Background(), e.Running); err != nil {
			return err
		}
	}
	return p.Settle(context.Background())
}

// What the services of programs do.
const (
	works   = `exec "$SELF" $VERSION`
	crashes = `echo "panic: it crashes"; exit 2`
	silent  = `exit 0`
)

// machine is a machine with v1.0.0, and a mirror with v1.1.0, in a folder.
type machine struct {
	t   *testing.T
	w   *world
	dir string
}

func script(version, service string) string {
	self, _ := os.Executable()
	return fmt.Sprintf("#!/bin/sh\nSELF=%s VERSION=%s\ncase $1 in\nversion) echo alongside $VERSION;;\nservice) %s;;\nesac\n", self, version, service)
}

func newMachine(t *testing.T, was, next string) *machine {
	t.Helper()
	w := newWorld(t)
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "place"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "place", "alongside"), []byte(was), 0o755))
	program := filepath.Join(t.TempDir(), "alongside-linux-amd64")
	must(t, os.WriteFile(program, []byte(next), 0o600))
	must(t, w.folder.Add(w.keys(), "v1.1.0", "stable", 100, []string{program}))
	must(t, os.CopyFS(filepath.Join(dir, "mirror"), os.DirFS(w.folder.Path)))
	return &machine{t: t, w: w, dir: dir}
}

// run runs the update in a process of its own, which is killed at a step; empty: at none.
func (m *machine) run(die string) (killed bool) {
	m.t.Helper()
	self, err := os.Executable()
	must(m.t, err)
	cmd := exec.CommandContext(m.t.Context(), self)
	cmd.Env = append(os.Environ(), playVariable+"=install", dirVariable+"="+m.dir, dieVariable+"="+die)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return true
	}
	if err != nil {
		m.t.Fatalf("%v: %s", err, out)
	}
	return false
}

// version is what the program in its place says. There is one that starts, always.
func (m *machine) version() string {
	m.t.Helper()
	out, err := exec.CommandContext(m.t.Context(), filepath.Join(m.dir, "place", "alongside"), "version").Output()
	if err != nil {
		m.t.Fatalf("no program that starts: %v", err)
	}
	return strings.Fields(string(out))[1]
}

func (m *machine) ends(version string, r update.Reason) {
	m.t.Helper()
	j, err := update.ReadJournal(filepath.Join(m.dir, "place"))
	must(m.t, err)
	if got := m.version(); got != version {
		m.t.Errorf("%s runs, want %s", got, version)
	}
	if j.Trial != nil || j.Last == nil || j.Last.Reason != r || j.Last.Version != "v1.1.0" {
		m.t.Errorf("%+v, trial %+v, want %s", j.Last, j.Trial, r)
	}
	if want := r != update.Installed && r != update.BrokerAway; j.Passed("v1.1.0") != want {
		m.t.Errorf("not tried again: %v", !want)
	}
	names, err := os.ReadDir(filepath.Join(m.dir, "place"))
	must(m.t, err)
	for _, e := range names {
		if e.Name() != "alongside" && !slices.Contains(update.Files(), e.Name()) {
			m.t.Errorf("%s is nothing that an uninstallation knows", e.Name())
		}
	}
}

func TestD25_ANewVersionIsTriedAndKeptOrTakenBack(t *testing.T) {
	for what, c := range map[string]struct {
		was, next string
		version   string
		reason    update.Reason
	}{
		"works":            {works, script("v1.1.0", works), "v1.1.0", update.Installed},
		"crashes":          {works, script("v1.1.0", crashes), "v1.0.0", update.Crashed},
		"no broker":        {works, script("v1.1.0", silent), "v1.0.0", update.NotConnected},
		"nor for the last": {silent, script("v1.1.0", silent), "v1.0.0", update.BrokerAway},
		"is another":       {works, script("v1.0.1", works), "v1.0.0", update.NotStarting},
		"is no program":    {works, "nothing", "v1.0.0", update.NotStarting},
	} {
		t.Run(what, func(t *testing.T) {
			m := newMachine(t, script("v1.0.0", c.was), c.next)
			m.run("")
			m.ends(c.version, c.reason)
			before, err := update.ReadJournal(filepath.Join(m.dir, "place"))
			must(t, err)
			m.run("") // and there it stays
			after, err := update.ReadJournal(filepath.Join(m.dir, "place"))
			must(t, err)
			if tries := len(before.Failures); c.reason != update.BrokerAway && len(after.Failures) != tries || tries > 0 && c.reason != update.BrokerAway && after.Failures[0].Tries != 1 {
				t.Errorf("tried again: %+v", after)
			}
			m.ends(c.version, c.reason)
		})
	}
}

// Where nothing reaches the broker a version is not to blame, and is tried some times.
func TestD25_ABrokerThatIsAwayIsNotTheVersionsFault(t *testing.T) {
	m := newMachine(t, script("v1.0.0", silent), script("v1.1.0", silent))
	for range 2 {
		m.run("")
		m.ends("v1.0.0", update.BrokerAway)
	}
	m.run("")
	if j, err := update.ReadJournal(filepath.Join(m.dir, "place")); err != nil || !j.Passed("v1.1.0") || j.Failures[0].Tries != 3 {
		t.Errorf("after three times: %+v, %v", j, err)
	}
}

// Killed at any step, and again at any step of what goes on from there, there is a program
// that starts, and the end is as if nothing had been.
func TestD25_KilledAtEachStepItGoesOn(t *testing.T) {
	steps := []string{"fetched", "kept", "begun", "swapped", "started", "giving up", "swapped back", "over"}
	for what, c := range map[string]struct {
		next    string
		version string
		reason  update.Reason
	}{
		"works":   {script("v1.1.0", works), "v1.1.0", update.Installed},
		"crashes": {script("v1.1.0", crashes), "v1.0.0", update.Crashed},
	} {
		t.Run(what, func(t *testing.T) {
			killed := map[string]bool{}
			for i, first := range steps {
				for _, second := range []string{first, steps[(i+3)%len(steps)]} {
					m := newMachine(t, script("v1.0.0", works), c.next)
					killed[first] = m.run(first) || killed[first]
					m.version()
					m.run(second)
					m.version()
					m.run("")
					m.ends(c.version, c.reason)
				}
			}
			for _, step := range steps {
				if back := step == "giving up" || step == "swapped back"; !killed[step] && (c.reason != update.Installed || !back) {
					t.Errorf("it was never killed at %q", step)
				}
			}
		})
	}
}

// What lies ready is looked at again before it is installed.
func TestD25_AProgramThatChangedMeanwhileIsNotInstalled(t *testing.T) {
	m := newMachine(t, script("v1.0.0", works), script("v1.1.0", works))
	p := place(m.dir)
	e := update.Endpoint{Running: "v1.0.0", Channel: "stable", System: system}
	v, err := p.Fetch(t.Context(), m.w.mirror, sha256.Sum256(m.w.trust.Anchor), e)
	if err != nil || v != "v1.1.0" {
		t.Fatal(v, err)
	}
	next := filepath.Join(p.Dir, "next")
	good, err := os.ReadFile(next)
	must(t, err)
	must(t, os.WriteFile(next, append(good, "evil"...), 0o755))
	if err := p.Install(t.Context(), "v1.0.0"); !errors.Is(err, update.ErrRefused) {
		t.Errorf("installed: %v", err)
	}
	if v, err := p.Fetch(t.Context(), m.w.mirror, sha256.Sum256(m.w.trust.Anchor), e); err != nil || v != "v1.1.0" {
		t.Errorf("fetched anew: %q, %v", v, err)
	}
	must(t, p.Install(t.Context(), "v1.0.0"))
	if v, err := p.Fetch(t.Context(), m.w.mirror, sha256.Sum256(m.w.trust.Anchor), e); !errors.Is(err, update.ErrTrial) {
		t.Errorf("during a trial: %q, %v", v, err)
	}
}

// The root is the one of the hash that the machine's administrator wrote, whatever else a
// mirror has.
func TestD25_ARootOfAnotherHashIsNotTaken(t *testing.T) {
	m := newMachine(t, script("v1.0.0", works), script("v1.1.0", works))
	other := newWorld(t)
	p, e := place(m.dir), update.Endpoint{Running: "v1.0.0", Channel: "stable", System: system}
	if v, err := p.Fetch(t.Context(), m.w.mirror, sha256.Sum256(other.trust.Anchor), e); !errors.Is(err, update.ErrRefused) {
		t.Errorf("%q, %v", v, err)
	}
	m.w.root(m.w.roots, m.w.roots[:2])
	m.w.release("v1.2.0")
	newest, err := m.w.folder.Root()
	must(t, err)
	for range 2 { // from the mirror, and as it was kept
		if v, err := p.Fetch(t.Context(), m.w.mirror, sha256.Sum256(newest), e); err == nil && v == "v1.2.0" {
			t.Error("a program that is none was ready")
		}
	}
	if j, err := update.ReadJournal(p.Dir); err != nil || j.Last == nil || j.Last.Version != "v1.2.0" {
		t.Errorf("not looked at under the second root: %+v, %v", j, err)
	}
}
