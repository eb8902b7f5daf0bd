package tray_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray"
	"github.com/alongside-remote/alongside/tray/prompt/prompttest"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func aButton(t *testing.T, id byte, title string) *wirepb.Button {
	t.Helper()
	var icon bytes.Buffer
	if err := png.Encode(&icon, image.NewGray(image.Rect(0, 0, 32, 32))); err != nil {
		t.Fatal(err)
	}
	return &wirepb.Button{Id: bytes.Repeat([]byte{id}, 16), Title: title, Icon: icon.Bytes(), Greeting: "Somebody comes.\nPlease wait.", ExpiresUnixMs: 1}
}

// layOut sends a layout and returns the problem that the tray has with it.
func (s *service) layOut(version uint64, all ...*wirepb.Button) string {
	s.t.Helper()
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Buttons{Buttons: &ipcpb.ButtonLayout{Version: version, Endpoint: "/run/al ong%u/socket", Buttons: all}}})
	said := s.next().GetButtons()
	if said == nil || said.Version != version {
		s.t.Fatalf("%v", said)
	}
	return said.Problem
}

// files lists the files below a folder.
func files(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			all = append(all, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestB9_B11_ButtonsAreLaidOutAndSweptAway(t *testing.T) {
	home := t.TempDir()
	desktop, data := filepath.Join(home, "Desktop"), filepath.Join(home, "data")
	foreign := filepath.Join(desktop, "alongside-button-"+strings.Repeat("03", 16)+".desktop")
	for path, content := range map[string]string{filepath.Join(desktop, "notes.txt"): "mine", foreign: "[Desktop Entry]\nName=Not yours\n"} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, tray.Options{Prompter: prompttest.NewScript(), NoIcon: true, Desktop: desktop, Data: data})
	const evil = `100 % Hilfe \n; rm -rf "$HOME" [x]`
	if problem := s.layOut(1, aButton(t, 1, "Get help"), aButton(t, 2, evil)); problem != "" {
		t.Fatal(problem)
	}
	id := strings.Repeat("01", 16)
	entries := []string{filepath.Join(desktop, "alongside-button-"+id+".desktop"), filepath.Join(data, "applications", "alongside-button-"+id+".desktop")}
	icon := filepath.Join(data, "alongside", "buttons", id+".png")
	for _, path := range entries {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"Name=Get help\n", "Icon=" + icon + "\n", `--button" "` + id + `"` + "\n", "X-Alongside=true\n"} {
			if !bytes.Contains(b, []byte(line)) {
				t.Errorf("%s lacks %q:\n%s", path, line, b)
			}
		}
		if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o755 {
			t.Error(st, err)
		}
	}
	b, err := os.ReadFile(filepath.Join(data, "applications", "alongside-button-"+strings.Repeat("02", 16)+".desktop"))
	if err != nil || !bytes.Contains(b, []byte(`Name=100 % Hilfe \\n; rm -rf "$HOME" [x]`+"\n")) || bytes.Count(b, []byte("\nExec=")) != 1 {
		t.Errorf("%s, %v", b, err)
	}
	if f, err := os.Open(icon); err != nil {
		t.Error(err)
	} else if _, err := png.Decode(f); err != nil {
		t.Error(err)
	}
	if path, err := exec.LookPath("desktop-file-validate"); err == nil {
		for _, e := range entries {
			if out, err := exec.Command(path, e).CombinedOutput(); err != nil {
				t.Errorf("%s: %s", e, out)
			}
		}
	}
	// What is somebody else's stays, and keeps a button from its place.
	if problem := s.layOut(2, aButton(t, 1, "Get help"), aButton(t, 3, "Third")); !strings.Contains(problem, "another file in its place") {
		t.Error(problem)
	}
	if problem := s.layOut(3); problem != "" {
		t.Error(problem)
	}
	want := []string{"Desktop/" + filepath.Base(foreign), "Desktop/notes.txt"}
	if got := files(t, home); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%q are left", got)
	}
}

func TestB9_LinksAreNotFollowed(t *testing.T) {
	home := t.TempDir()
	desktop, data := filepath.Join(home, "Desktop"), filepath.Join(home, "data")
	victim := filepath.Join(home, "victim")
	if err := os.WriteFile(victim, []byte("X-Alongside=true"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(desktop, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(victim, filepath.Join(desktop, "alongside-button-"+strings.Repeat("01", 16)+".desktop")); err != nil {
		t.Fatal(err)
	}
	s := start(t, tray.Options{Prompter: prompttest.NewScript(), NoIcon: true, Desktop: desktop, Data: data})
	if problem := s.layOut(1, aButton(t, 1, "Get help")); problem != "" {
		t.Fatal(problem)
	}
	if b, err := os.ReadFile(victim); err != nil || string(b) != "X-Alongside=true" {
		t.Errorf("%q, %v", b, err)
	}
}

// TestK_B11_ButtonsLeaveWithTheClient: after the uninstallation a home is as it was before
// the first button, its folders included.
func TestK_B11_ButtonsLeaveWithTheClient(t *testing.T) {
	for what, prepare := range map[string][]string{
		"an empty home": nil,
		"a used one":    {"Desktop", "data/applications", "data/alongside/kept", "config"},
	} {
		t.Run(what, func(t *testing.T) {
			home := t.TempDir()
			for _, dir := range prepare {
				if err := os.MkdirAll(filepath.Join(home, dir), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			tree := func() (all []string) {
				err := filepath.WalkDir(home, func(path string, _ os.DirEntry, err error) error {
					all = append(all, path)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				return all
			}
			before := tree()
			o := tray.Options{Prompter: prompttest.NewScript(), NoIcon: true, Desktop: filepath.Join(home, "Desktop"), Data: filepath.Join(home, "data")}
			s := start(t, o)
			if problem := s.layOut(1, aButton(t, 1, "Get help"), aButton(t, 2, "More help")); problem != "" {
				t.Fatal(problem)
			}
			if n := len(files(t, home)); n < 6 {
				t.Fatalf("%d files", n)
			}
			for range 2 { // twice is no error
				if err := tray.Uninstall(o); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(before, tree()); d != "" {
				t.Errorf("left behind: %s", d)
			}
			// A list that somebody made leads to no folder that is not on the way to ours.
			victim := filepath.Join(home, "victim")
			list := filepath.Join(home, "data", "alongside", "buttons", "folders.json")
			if err := errors.Join(os.Mkdir(victim, 0o700), os.MkdirAll(filepath.Dir(list), 0o700),
				os.WriteFile(list, []byte(`["`+victim+`","`+home+`/data/applications/no"]`), 0o600), tray.Uninstall(o)); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(victim); err != nil {
				t.Error(err)
			}
		})
	}
}
