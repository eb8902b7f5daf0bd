package tray

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray/internal/words"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func standing(edit func(*ipcpb.TrayStatus)) *core {
	c := &core{status: &ipcpb.TrayStatus{Link: ipcpb.LinkState_LINK_STATE_ONLINE, RemoteSupport: true}}
	edit(c.status)
	return c
}

func TestR1_TheMenuOffersWhatPolicyAllows(t *testing.T) {
	request := func(s wirepb.RequestState) func(*ipcpb.TrayStatus) {
		return func(st *ipcpb.TrayStatus) { st.Request = &wirepb.RequestStatus{State: s} }
	}
	for name, c := range map[string]struct {
		edit   func(*ipcpb.TrayStatus)
		there  []words.ID
		status string
	}{
		"allowed":  {func(*ipcpb.TrayStatus) {}, []words.ID{words.MenuSupport, words.MenuAbout}, "Ready for support"},
		"off":      {func(st *ipcpb.TrayStatus) { st.RemoteSupport = false }, []words.ID{words.MenuAbout}, "Remote support is switched off"},
		"pending":  {request(wirepb.RequestState_REQUEST_STATE_PENDING), []words.ID{words.MenuCancel, words.MenuAbout}, "Your request is waiting for an answer"},
		"approved": {request(wirepb.RequestState_REQUEST_STATE_APPROVED), []words.ID{words.MenuCancel, words.MenuAbout}, "Your request was approved"},
		"denied":   {request(wirepb.RequestState_REQUEST_STATE_DENIED), []words.ID{words.MenuSupport, words.MenuAbout}, "Your request was denied"},
		"session":  {func(st *ipcpb.TrayStatus) { st.SessionActive, st.RepName = true, "Anna" }, []words.ID{words.MenuSupport, words.MenuEnd, words.MenuChat, words.MenuAbout}, "Anna is connected"},
		"offline":  {func(st *ipcpb.TrayStatus) { st.Link = 0 }, []words.ID{words.MenuSupport, words.MenuAbout}, "Not connected"},
	} {
		m := standing(c.edit).menu()
		var there []words.ID
		for _, it := range m.items {
			if it.there {
				there = append(there, it.id)
			}
		}
		if len(there) != len(c.there) || m.status != c.status {
			t.Errorf("%s: %v, %q", name, there, m.status)
			continue
		}
		for i := range there {
			if there[i] != c.there[i] {
				t.Errorf("%s: %v", name, there)
			}
		}
		if it, ok := m.has(words.MenuSupport); ok && it.usable != (name == "allowed" || name == "denied") {
			t.Errorf("%s: can be chosen: %v", name, it.usable)
		}
	}
}

func TestR3_LabelsAreLocalAndReachableByKey(t *testing.T) {
	for locale, label := range map[string]string{
		"": "&Remote Support…", "C": "&Remote Support…", "de_AT.UTF-8": "&Hilfe anfordern…", "fr": "&Demander de l’aide…", "den": "&Remote Support…",
	} {
		c := standing(func(*ipcpb.TrayStatus) {})
		c.words = words.Of("", locale)
		it, ok := c.menu().has("remote_support")
		if !ok || it.label != label {
			t.Errorf("%q: %+v", locale, it)
		}
		keys := map[string]bool{}
		for _, it := range c.menu().items {
			_, key, marked := strings.Cut(it.label, "&")
			if k := strings.ToLower(string([]rune(key + " ")[:1])); !marked || keys[k] {
				t.Errorf("%q: %q has no access key of its own", locale, it.label)
			} else {
				keys[k] = true
			}
		}
	}
}

func TestL4_TheCountdownBeginsBelowTwoMinutes(t *testing.T) {
	now := time.Now()
	n := &notch{until: now.Add(10 * time.Minute)}
	last, shown := 1<<30, 0
	for at := now; at.Before(n.until.Add(5 * time.Second)); {
		s, ok := n.seconds(at)
		if left := n.until.Sub(at); ok != (left <= 119*time.Second) {
			t.Fatalf("with %v left the countdown shows: %v", left, ok)
		}
		if ok {
			if s >= last || s > 119 || shown == 0 && s != 119 || shown > 0 && s != last-1 {
				t.Fatalf("%d after %d", s, last)
			}
			last, shown = s, shown+1
		}
		in, more := n.changes(at)
		if !more {
			break
		}
		at = at.Add(in)
	}
	if last != 0 || shown != 120 {
		t.Errorf("%d steps down to %d", shown, last)
	}
	if got := n.left(words.Words{}, n.until.Add(-119*time.Second)); got != "1:59 left" {
		t.Error(got)
	}
}

func TestL5_NoCountdownWithoutAnEnd(t *testing.T) {
	n := &notch{}
	if _, ok := n.seconds(time.Now()); ok || n.left(words.Words{}, time.Now()) != "" {
		t.Error("a countdown to nothing")
	}
	if _, ok := n.changes(time.Now()); ok {
		t.Error("something changes")
	}
}

func TestE8_TheIconIsThereWhilePolicyWantsIt(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "config"))
	if got := desktopFolder(); got != filepath.Join(home, "Desktop") {
		t.Errorf("without user-dirs: %s", got)
	}
	if err := os.Mkdir(filepath.Join(home, "config"), 0o700); err != nil {
		t.Fatal(err)
	}
	dirs := "# made by xdg-user-dirs-update\nXDG_DOWNLOAD_DIR=\"$HOME/x\"\nXDG_DESKTOP_DIR=\"$HOME/Schreibtisch\"\n"
	if err := os.WriteFile(filepath.Join(home, "config", "user-dirs.dirs"), []byte(dirs), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := desktopFolder()
	if folder != filepath.Join(home, "Schreibtisch") {
		t.Fatalf("with user-dirs: %s", folder)
	}
	s := &shortcut{folder: folder}
	path := filepath.Join(folder, "alongside-support.desktop")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.set(shortcutWish{}))
	if _, err := os.Stat(path); err == nil {
		t.Error("an icon that nobody wants")
	}
	must(s.set(shortcutWish{true, "R&D 100% helps", "/run/a b$/x%.sock"}))
	b, err := os.ReadFile(path)
	must(err)
	self, err := os.Executable()
	must(err)
	for _, line := range []string{"\nName=R&D 100% helps\n", `Exec="` + self + `" "support" "--endpoint" "/run/a b\\$/x%%.sock"` + "\n"} {
		if !strings.Contains(string(b), line) {
			t.Errorf("no line %s in\n%s", line, b)
		}
	}
	must(s.set(shortcutWish{true, "Hilfe", ""}))
	if b, _ = os.ReadFile(path); !strings.Contains(string(b), "\nName=Hilfe\n") {
		t.Errorf("not renamed:\n%s", b)
	}
	if err := s.set(shortcutWish{true, "../../.profile", ""}); err == nil {
		t.Error("a path was taken for a name")
	}
	must(s.set(shortcutWish{}))
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	must(os.WriteFile(path, []byte("[Desktop Entry]\nName=mine\n"), 0o600))
	if err := s.set(shortcutWish{true, "Hilfe", ""}); err == nil {
		t.Error("somebody else's file was overwritten")
	}
}
