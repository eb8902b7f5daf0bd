package installer

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree is everything below a folder: modes and contents.
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		content := []byte(nil)
		if fi.Mode().IsRegular() {
			if content, err = os.ReadFile(path); err != nil {
				return err
			}
		}
		all[path] = fi.Mode().String() + " " + string(content)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func newUser(t *testing.T, home string) User {
	t.Helper()
	program := filepath.Join(t.TempDir(), "a program")
	if err := os.WriteFile(program, []byte("#!program"), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	return User{
		Data: filepath.Join(home, ".local", "share"), Config: filepath.Join(home, ".config"), Program: program,
		Args: []string{"run", "--state", `/a "path" with $and 100%\`},
	}
}

func TestJ6_RemoveLeavesTheTreeAsItWas(t *testing.T) {
	for what, prepare := range map[string]func(home string) error{
		"an empty home": func(string) error { return nil },
		"a used one": func(home string) error {
			if err := os.MkdirAll(filepath.Join(home, ".config", "autostart"), 0o755); err != nil { //nolint:gosec // as desktops make it
				return err
			}
			return os.WriteFile(filepath.Join(home, ".config", "autostart", "other.desktop"), []byte("x"), 0o600)
		},
		"one with our folder": func(home string) error {
			return os.MkdirAll(filepath.Join(home, ".local", "share", "alongside", "kept"), 0o700)
		},
	} {
		t.Run(what, func(t *testing.T) {
			home := t.TempDir()
			if err := prepare(home); err != nil {
				t.Fatal(err)
			}
			before := tree(t, home)
			u := newUser(t, home)
			for range 2 { // also when it is there already
				if err := u.Install(); err != nil {
					t.Fatal(err)
				}
			}
			if b, err := os.ReadFile(u.Installed()); err != nil || string(b) != "#!program" {
				t.Fatalf("%q, %v", b, err)
			}
			entry, err := os.ReadFile(filepath.Join(home, ".config", "autostart", "alongside-jump.desktop"))
			want := `Exec="` + u.Installed() + `" "run" "--state" "/a \\"path\\" with \\$and 100%%\\\\"` + "\n"
			if err != nil || !strings.Contains(string(entry), want) {
				t.Fatalf("%s, %v", entry, err)
			}
			for range 2 { // twice is no error
				if err := u.Remove(); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(before, tree(t, home)); d != "" {
				t.Errorf("left behind: %s", d)
			}
		})
	}
}

func TestWhatCannotBeInstalledLeavesNothing(t *testing.T) {
	home := t.TempDir()
	u := newUser(t, home)
	u.Program = filepath.Join(home, "no such program")
	before := tree(t, home)
	if err := u.Install(); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, tree(t, home)); d != "" {
		t.Errorf("left behind: %s", d)
	}
}

func TestAnotherProgramsEntryStays(t *testing.T) {
	home := t.TempDir()
	u := newUser(t, home)
	foreign := filepath.Join(u.Config, "autostart", "alongside-jump.desktop")
	if err := errors.Join(os.MkdirAll(filepath.Dir(foreign), 0o700), os.WriteFile(foreign, []byte("theirs"), 0o600)); err != nil {
		t.Fatal(err)
	}
	before := tree(t, home)
	if err := u.Install(); !errors.Is(err, ErrForeign) {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, tree(t, home)); d != "" {
		t.Errorf("changed: %s", d)
	}
}

// A list that somebody made leads to nothing that is not ours.
func TestTheListNamesOnlyWhatIsOurs(t *testing.T) {
	home := t.TempDir()
	u := newUser(t, home)
	victim := filepath.Join(home, "victim")
	if err := errors.Join(u.Install(), os.WriteFile(victim, nil, 0o600),
		os.WriteFile(u.placed().list, []byte(`{"made":["`+victim+`"]}`), 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := u.Remove(); err == nil {
		t.Error("taken")
	}
	if _, err := os.Stat(victim); err != nil {
		t.Error(err)
	}
}

// What runs is withdrawn first and goes with its end, when others have removed its state.
func TestJ6_WhatRunsGoesInTwoSteps(t *testing.T) {
	home := t.TempDir()
	before := tree(t, home)
	u := newUser(t, home)
	u.State = filepath.Join(home, ".local", "state", "alongside")
	if err := errors.Join(u.Install(), os.Mkdir(u.State, 0o700), os.WriteFile(filepath.Join(u.State, "identity.key"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if !u.There() {
		t.Fatal("not there")
	}
	if err := u.Withdraw(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{u.Installed(), u.entry()} {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is there: %v", path, err)
		}
	}
	if err := errors.Join(os.RemoveAll(u.State), u.Remove()); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, tree(t, home)); d != "" {
		t.Errorf("left behind: %s", d)
	}
}
