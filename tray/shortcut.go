package tray

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

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
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("desktop icon: %w", err)
	}
	ours := err != nil || bytes.Contains(old, []byte(shortcutMark))
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
		if err := replace(path, shortcutEntry(w.name, args), 0o755); err != nil {
			return fmt.Errorf("desktop icon: %w", err)
		}
	}
	s.has = &w
	return nil
}

// shortcutEntry is a desktop entry of the freedesktop specification.
func shortcutEntry(name string, args []string) []byte {
	var b bytes.Buffer
	b.WriteString("[Desktop Entry]\nType=Application\nVersion=1.5\n")
	fmt.Fprintf(&b, "Name=%s\n", entryText(name))
	fmt.Fprintf(&b, "Exec=%s\n", entryText(entryArgs(args)))
	for _, l := range words.Languages() {
		key := "Comment"
		if l != words.English {
			key += "[" + string(l) + "]"
		}
		fmt.Fprintf(&b, "%s=%s\n", key, entryText(words.In(l).Say(words.FormHead)))
	}
	b.WriteString("Icon=preferences-desktop-remote-desktop\nTerminal=false\nCategories=System;\n" + shortcutMark + "\n")
	return b.Bytes()
}

// shortcutMark tells our own entry from another.
const shortcutMark = "X-Alongside=true"

// entryText escapes the value of a key.
func entryText(s string) string { return strings.ReplaceAll(s, `\`, `\\`) }

// entryArgs quotes the words of a command: nothing in them is special, and a
// percent sign is not a field code.
func entryArgs(args []string) string {
	var b bytes.Buffer
	for i, a := range args {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteByte('"')
		for _, r := range a {
			switch r {
			case '"', '`', '$', '\\':
				b.WriteByte('\\')
			case '%':
				b.WriteByte('%')
			}
			b.WriteRune(r)
		}
		b.WriteByte('"')
	}
	return b.String()
}
