package transport_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/alongside-remote/alongside/transport"
	"github.com/google/go-cmp/cmp"
)

const keyName = "identity.key"

func stateDir(t *testing.T) string { return filepath.Join(t.TempDir(), "state") }

func load(t *testing.T, dir string) *transport.Identity {
	t.Helper()
	id, err := transport.LoadOrCreateIdentity(dir)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestD1_IdentityIsMadeOnceAndPrivate(t *testing.T) {
	dir := stateDir(t)
	id := load(t, dir)
	if again := load(t, dir); again.Pin() != id.Pin() || !again.Public().Equal(id.Public()) {
		t.Errorf("loaded %s, made %s", again, id)
	}
	if load(t, stateDir(t)).Pin() == id.Pin() {
		t.Error("two devices have one key")
	}
	if runtime.GOOS != "windows" {
		for path, want := range map[string]fs.FileMode{dir: 0o700, filepath.Join(dir, keyName): 0o600} {
			if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != want {
				t.Errorf("%s: %v, %v; want %o", filepath.Base(path), fi.Mode(), err, want)
			}
		}
	}
	if names := list(t, dir); !cmp.Equal(names, []string{keyName}) {
		t.Errorf("left behind %v", names)
	}
}

func TestD1_IdentityRacersAgreeOnOneKey(t *testing.T) {
	dir := stateDir(t)
	pins := make([]transport.Pin, 8)
	var work sync.WaitGroup
	for i := range pins {
		work.Go(func() {
			id, err := transport.LoadOrCreateIdentity(dir)
			if err != nil {
				t.Error(err)
				return
			}
			pins[i] = id.Pin()
		})
	}
	work.Wait()
	for _, p := range pins {
		if p != pins[0] {
			t.Fatal("racers use different keys")
		}
	}
}

func TestIdentityOfRubbishIsRefusedAndKept(t *testing.T) {
	dir := stateDir(t)
	load(t, dir)
	for _, rubbish := range []string{"", "rubbish", strings.Repeat("x", 1<<20)} {
		path := filepath.Join(dir, keyName)
		if err := os.WriteFile(path, []byte(rubbish), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := transport.LoadOrCreateIdentity(dir); err == nil {
			t.Error("loaded a file that is no key")
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != rubbish {
			t.Error("a file that is no key was replaced")
		}
	}
}

func TestDerivedSecretsDependOnKeyAndLabel(t *testing.T) {
	dir := stateDir(t)
	one, other := load(t, dir), identity(t)
	a := one.Derive("a")
	if load(t, dir).Derive("a") != a || one.Derive("b") == a || other.Derive("a") == a {
		t.Error("want the same for the same key and label, and only then")
	}
}

func TestEnrollmentIsKept(t *testing.T) {
	dir := stateDir(t)
	load(t, dir)
	if _, err := transport.LoadEnrollment(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before enrollment: %v, want fs.ErrNotExist", err)
	}
	e := &transport.Enrollment{
		Broker: "broker.example:443", Pins: []transport.Pin{identity(t).Pin()},
		Organisation: "Example", DeviceID: "d1", GrantKey: identity(t).Public(),
	}
	for _, e.DeviceID = range []string{"d1", "d2"} {
		if err := transport.SaveEnrollment(dir, e); err != nil {
			t.Fatal(err)
		}
		got, err := transport.LoadEnrollment(dir)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(e, got); d != "" {
			t.Error(d)
		}
	}
	if names := list(t, dir); !cmp.Equal(names, []string{"enrollment.json", keyName}) {
		t.Errorf("left behind %v", names)
	}
}

func list(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}
