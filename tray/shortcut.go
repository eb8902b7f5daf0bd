package tray

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/alongside-remote/alongside/internal/desktopentry"
	"github.com/alongside-remote/alongside/internal/wholefile"
	"github.com/alongside-remote/alongside/tray/internal/words"
	"github.com/alongside-remote/alongside/wire"
)

// shortcut is the icon on the user's desktop that opens the request form. It is
// one file of a fixed name, which only says what it is called.
type shortcut struct {
	folder string // empty: there is none here
	has    *shortcutWish
}

type shortcutWish struct {
	on             bool
	name, endpoint string
}

// errForeign means that somebody else's file has the place of ours.
var errForeign = errors.New("there is another file in its place")

// set makes the desktop be as wished; it looks only when the wish has changed.
func (s *shortcut) set(w shortcutWish) error {
	if s.folder == "" || s.has != nil && *s.has == w {
		return nil
	}
	path := filepath.Join(s.folder, shortcutFile)
	ours, err := isOurs(path)
	if err != nil {
		return fmt.Errorf("desktop icon: %w", err)
	}
	switch {
	case !w.on && ours:
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("desktop icon: %w", err)
		}
	case w.on && !ours:
		return fmt.Errorf("desktop icon %s: %w", path, errForeign)
	case w.on:
		if !wire.GoodIconName(w.name) {
			return fmt.Errorf("desktop icon: %q is no name", w.name)
		}
		program, err := os.Executable()
		if err != nil {
			return fmt.Errorf("desktop icon: %w", err)
		}
		args := []string{program, "support"}
		if w.endpoint != "" {
			args = append(args, "--endpoint", w.endpoint)
		}
		if err := os.MkdirAll(s.folder, 0o755); err != nil { //nolint:gosec // a desktop folder is as the user has it
			return fmt.Errorf("desktop icon: %w", err)
		}
		// Desktops start only entries that may be executed.
		if err := wholefile.Replace(path, bytes.NewReader(entry(w.name, shortcutIcon, args)), 0o755); err != nil {
			return fmt.Errorf("desktop icon: %w", err)
		}
	}
	s.has = &w
	return nil
}

// shortcutIcon is one that every icon theme has.
const shortcutIcon = "preferences-desktop-remote-desktop"

// entry is a desktop entry of the freedesktop specification, with the name of an icon
// or its path.
func entry(name, icon string, args []string) []byte {
	var b bytes.Buffer
	b.WriteString("[Desktop Entry]\nType=Application\nVersion=1.1\n")
	fmt.Fprintf(&b, "Name=%s\n", desktopentry.Value(name))
	fmt.Fprintf(&b, "Exec=%s\n", desktopentry.Exec(args))
	for _, l := range words.Languages() {
		key := "Comment"
		if l != words.English {
			key += "[" + string(l) + "]"
		}
		fmt.Fprintf(&b, "%s=%s\n", key, desktopentry.Value(words.In(l).Say(words.FormHead)))
	}
	fmt.Fprintf(&b, "Icon=%s\nTerminal=false\nCategories=System;\n%s\n", desktopentry.Value(icon), shortcutMark)
	return b.Bytes()
}

// shortcutMark tells our own entry from another.
const shortcutMark = "X-Alongside=true"
