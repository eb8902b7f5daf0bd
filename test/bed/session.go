//go:build linux

package bed

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/alongside-remote/alongside/internal/x11"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
)

// panelConfig is a panel with a menu of windows and a tray, at the bottom.
const panelConfig = `<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=10;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="size" type="uint" value="30"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/><value type="int" value="2"/><value type="int" value="3"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="tasklist"/>
    <property name="plugin-2" type="string" value="separator"><property name="expand" type="bool" value="true"/></property>
    <property name="plugin-3" type="string" value="systray"/>
  </property>
</channel>
`

// startManager starts the window manager.
func (d *Desktop) startManager(ctx context.Context) error {
	if _, err := d.Start("openbox"); err != nil {
		return err
	}
	if err := Until(ctx, "the window manager", func() (bool, error) {
		out, err := d.output("xprop", "-root", "_NET_SUPPORTING_WM_CHECK")
		return strings.Contains(out, "window id"), err
	}); err != nil {
		return err
	}
	return x11test.AwaitManager(ctx, x11.Target{Display: d.Display, Authority: d.auth})
}

// startSession starts window manager, wallpaper and panel.
func (d *Desktop) startSession(ctx context.Context) error {
	if err := d.startManager(ctx); err != nil {
		return err
	}
	wallpaper := filepath.Join(d.Dir, "wallpaper.ppm")
	if err := writeWallpaper(wallpaper); err != nil {
		return err
	}
	if _, err := d.output("feh", "--no-fehbg", "--bg-fill", wallpaper); err != nil {
		return err
	}
	conf := filepath.Join(d.Dir, "config/xfce4/xfconf/xfce-perchannel-xml")
	if err := os.MkdirAll(conf, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(conf, "xfce4-panel.xml"), []byte(panelConfig), 0o644); err != nil {
		return err
	}
	if _, err := d.Start("xfce4-panel", "--disable-wm-check"); err != nil {
		return err
	}
	return Until(ctx, "the panel's tray", func() (bool, error) {
		out, err := d.output("dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner", "string:org.kde.StatusNotifierWatcher")
		return strings.Contains(out, "boolean true"), err
	})
}

// output runs a short program on the desktop.
func (d *Desktop) output(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Env, cmd.Dir = d.Env, d.Dir
	out, err := cmd.Output()
	return string(out), err
}

// Window waits for a visible window whose title matches the pattern (a regular
// expression of xdotool) and returns its id.
func (d *Desktop) Window(ctx context.Context, title string) (string, error) {
	var id string
	err := Until(ctx, "window "+title, func() (bool, error) {
		// xdotool's status says "none found": not an error here.
		out, _ := d.output("xdotool", "search", "--onlyvisible", "--name", title)
		fields := strings.Fields(out)
		if len(fields) == 0 {
			return false, nil
		}
		id = fields[len(fields)-1]
		return true, nil
	})
	return id, err
}

// Activate gives a window the keyboard, as a click on it in the panel does, and waits until
// it has it: what is typed by others from then on goes there.
func (d *Desktop) Activate(ctx context.Context, title string) error {
	id, err := d.Window(ctx, title)
	if err != nil {
		return err
	}
	_, err = d.output("xdotool", "windowactivate", "--sync", id)
	return err
}

// HasWindow tells whether a visible window's title matches right now.
func (d *Desktop) HasWindow(title string) bool {
	out, _ := d.output("xdotool", "search", "--onlyvisible", "--name", title)
	return strings.TrimSpace(out) != ""
}

// Terminal opens a real terminal window with a shell in the desktop's folder and
// waits until it has the focus. The title is its window's.
func (d *Desktop) Terminal(ctx context.Context, title, geometry string) (*Process, error) {
	p, err := d.Start("xterm", "-u8", "-T", title, "-geometry", geometry, "-fa", "DejaVu Sans Mono", "-fs", "11",
		"-xrm", "XTerm*allowTitleOps: false", "-bg", "#101418", "-fg", "#d8dee6", "-e", "bash", "--norc", "--noprofile")
	if err != nil {
		return nil, err
	}
	_, err = d.Window(ctx, "^"+title+"$")
	return p, err
}
