package tray

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/internal/wholefile"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// buttons are the Support Buttons on this user's desktop and in their menu: one entry
// of a fixed name in each, which only says what it is called, and one icon. The id is
// all that comes of the broker into a path, as hex.
type buttons struct {
	desktop string // folder; empty: there is none here
	data    string // folder; empty: there is none here
	has     []*wirepb.Button
}

const (
	buttonPrefix = "alongside-button-"
	buttonSuffix = ".desktop"
	iconSuffix   = ".png"
)

func (b *buttons) menu() string  { return filepath.Join(b.data, "applications") }
func (b *buttons) icons() string { return filepath.Join(b.data, "alongside", "buttons") }

func (b *buttons) find(id []byte) *wirepb.Button {
	for _, o := range b.has {
		if bytes.Equal(o.Id, id) {
			return o
		}
	}
	return nil
}

// layOut makes desktop and menu be as the service says, and says what came of it.
func (c *core) layOut(m *ipcpb.ButtonLayout) error {
	c.buttons.has = m.Buttons
	said := &ipcpb.ButtonsLaidOut{Version: m.Version}
	if err := c.buttons.lay(m); err != nil {
		c.log.Warn("buttons", "err", err)
		said.Problem = err.Error()
	}
	return c.send(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Buttons{Buttons: said}})
}

var errNoDesktop = errors.New("this desktop can have no buttons")

func (b *buttons) lay(m *ipcpb.ButtonLayout) error {
	if b.data == "" {
		if len(m.Buttons) == 0 {
			return nil
		}
		return errNoDesktop
	}
	var errs []error
	keep := map[string]bool{}
	for _, o := range m.Buttons {
		id := hex.EncodeToString(o.Id)
		keep[id] = true
		errs = append(errs, b.put(id, o, m.Endpoint))
	}
	errs = append(errs, b.sweep(b.menu(), buttonPrefix, buttonSuffix, keep), b.sweep(b.icons(), "", iconSuffix, keep))
	if b.desktop != "" {
		errs = append(errs, b.sweep(b.desktop, buttonPrefix, buttonSuffix, keep))
	}
	if len(keep) == 0 {
		errs = append(errs, b.folders().remove())
	}
	return errors.Join(errs...)
}

// put writes the files of a button.
func (b *buttons) put(id string, o *wirepb.Button, endpoint string) error {
	icon := filepath.Join(b.icons(), id+iconSuffix)
	if err := b.folders().make(b.icons()); err != nil {
		return fmt.Errorf("button: %w", err)
	}
	// What a desktop's own decoder gets is what ours has made.
	picture, err := png.Decode(bytes.NewReader(o.Icon))
	if err != nil {
		return fmt.Errorf("icon of a button: %w", err)
	}
	var clean bytes.Buffer
	if err := png.Encode(&clean, picture); err != nil {
		return fmt.Errorf("icon of a button: %w", err)
	}
	if err := wholefile.Replace(icon, &clean, 0o644); err != nil {
		return fmt.Errorf("icon of a button: %w", err)
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("button: %w", err)
	}
	args := []string{program, "support"}
	if endpoint != "" {
		args = append(args, "--endpoint", endpoint)
	}
	content := entry(o.Title, icon, append(args, "--button", id))
	for _, folder := range []string{b.menu(), b.desktop} {
		if folder == "" {
			continue
		}
		path := filepath.Join(folder, buttonPrefix+id+buttonSuffix)
		if ours, err := isOurs(path); err != nil || !ours {
			return errors.Join(fmt.Errorf("button %s: %w", path, errForeign), err)
		}
		if err := b.folders().make(folder); err != nil {
			return fmt.Errorf("button: %w", err)
		}
		// Desktops start only entries that may be executed.
		if err := wholefile.Replace(path, bytes.NewReader(content), 0o755); err != nil {
			return fmt.Errorf("button: %w", err)
		}
	}
	return nil
}

// sweep removes the files of buttons that are not to be there.
func (b *buttons) sweep(folder, prefix, suffix string, keep map[string]bool) error {
	all, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("buttons: %w", err)
	}
	var errs []error
	for _, f := range all {
		id, is := strings.CutPrefix(f.Name(), prefix)
		id, also := strings.CutSuffix(id, suffix)
		if _, err := hex.DecodeString(id); !is || !also || err != nil || id == "" || keep[id] {
			continue
		}
		path := filepath.Join(folder, f.Name())
		if suffix == buttonSuffix {
			if ours, err := isOurs(path); err != nil || !ours {
				errs = append(errs, err)
				continue
			}
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("buttons: %w", err))
		}
	}
	return errors.Join(errs...)
}

// isOurs reports whether a desktop entry is one of ours, or is not there.
func isOurs(path string) (bool, error) {
	old, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	return bytes.Contains(old, []byte(shortcutMark)), err
}
