package tray_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"

	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray"
	"github.com/alongside-remote/alongside/tray/internal/desktest"
	"github.com/alongside-remote/alongside/tray/prompt"
)

// childEnv makes this test program a tray process, as the service starts one:
// with a pipe in descriptors 3 and 4, and the main thread for the icon.
const childEnv = "ALONGSIDE_TEST_TRAY"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) == "" {
		os.Exit(m.Run())
	}
	conn := ipc.New(os.NewFile(3, "from service"), os.NewFile(4, "to service"))
	err := tray.Run(context.Background(), conn, tray.Options{Log: slog.Default(), Backend: "x11"})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// startProcess runs a tray in a process of its own.
func startProcess(t *testing.T, env []string) (*service, *ipcpb.TrayReady) {
	t.Helper()
	r1, w1, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r2, w2, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	// fyne.io/systray v1.12.2 reads its menu's version and stores its icon without
	// the locks it has for them. Our own side is raced in the tests without icon.
	cmd.Env = append(env, childEnv+"=1", "GORACE=exitcode=0")
	cmd.ExtraFiles = []*os.File{r2, w1}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r2.Close()
	w1.Close()
	s := newService(t, ipc.New(r1, w2))
	t.Cleanup(func() {
		_ = s.conn.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("tray process: %v\n%s", err, stderr.Bytes())
		}
	})
	ready := s.next().GetReady()
	if ready == nil {
		t.Fatal("the first message is not TrayReady")
	}
	return s, ready
}

const panelConfig = `<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=8;x=640;y=780"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="40"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/></property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray"/>
  </property>
</channel>
`

// startPanel runs a session bus and a panel with a tray, and returns the
// environment of the desktop and the bus.
func startPanel(t *testing.T, d *desktest.Desktop) (env []string, bus *exec.Cmd) {
	t.Helper()
	home := t.TempDir()
	dir := filepath.Join(home, ".config/xfce4/xfconf/xfce-perchannel-xml")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "xfce4-panel.xml"), []byte(panelConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	env = append(d.Env(), "HOME="+home, "XDG_CONFIG_HOME="+home+"/.config", "XDG_RUNTIME_DIR="+home, "NO_AT_BRIDGE=1")
	bus = exec.Command("dbus-daemon", "--session", "--nofork", "--print-address")
	bus.Env = env
	out, err := bus.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := bus.Start(); err != nil {
		t.Fatalf("%v: run `make deps`", err)
	}
	t.Cleanup(func() { _ = bus.Process.Kill(); _ = bus.Wait() })
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address = strings.TrimSpace(address)
	env = append(env, "DBUS_SESSION_BUS_ADDRESS="+address)
	panel := exec.Command("xfce4-panel", "--disable-wm-check")
	panel.Env = env
	if err := panel.Start(); err != nil {
		t.Fatalf("%v: run `make deps`", err)
	}
	t.Cleanup(func() { _ = panel.Process.Kill(); _ = panel.Wait() })
	desktest.Until(t, "a tray on the bus", func() bool {
		c, err := dbus.Connect(address)
		if err != nil {
			return false
		}
		defer c.Close()
		const watcher = "org.kde.StatusNotifierWatcher"
		v, err := c.Object(watcher, "/StatusNotifierWatcher").GetProperty(watcher + ".IsStatusNotifierHostRegistered")
		return err == nil && v.Value() == true
	})
	return env, bus
}

// find looks for a colour and returns the middle of where it is.
func find(img *image.RGBA, area image.Rectangle, c color.RGBA) (image.Point, bool) {
	var r image.Rectangle
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			if img.RGBAAt(x, y) == c {
				r = r.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return r.Min.Add(r.Max).Div(2), !r.Empty()
}

func TestR1_IconAndMenu(t *testing.T) {
	d := desktest.Start(t, true)
	env, _ := startPanel(t, d)
	s, ready := startProcess(t, env)
	if !ready.Icon || ready.PromptBackend != "x11" {
		t.Errorf("%v", ready)
	}
	panel := image.Rect(0, 740, 1280, 800)
	waitIcon := func(name string, c color.RGBA) (at image.Point) {
		t.Helper()
		desktest.Until(t, "the icon "+name, func() (ok bool) {
			at, ok = find(d.Screen(t, "icon-"+name), panel, c)
			return ok
		})
		return at
	}
	waitIcon("offline", color.RGBA{0x6b, 0x76, 0x84, 0xff})

	// R1: online, the first item that can be chosen opens the request form.
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Status{Status: &ipcpb.TrayStatus{
		Link: ipcpb.LinkState_LINK_STATE_ONLINE, Organisation: "Contoso IT", RemoteSupport: true,
	}}})
	at := waitIcon("online", color.RGBA{0x0b, 0x6b, 0x6b, 0xff})
	choose := func(name string) {
		t.Helper()
		d.Xdotool(t, "mousemove", fmt.Sprint(at.X), fmt.Sprint(at.Y), "click", "3")
		menu := image.Rect(0, 400, 1280, 760)
		blank := color.RGBA{0, 0, 0, 0xff}
		desktest.Until(t, "the menu "+name, func() bool {
			img := d.Screen(t, "menu-"+name)
			for x := max(0, at.X-60); x < at.X+60; x++ {
				for y := menu.Min.Y; y < menu.Max.Y; y++ {
					if img.RGBAAt(x, y) != blank {
						return true
					}
				}
			}
			return false
		})
		d.Key(t, "Down", "Return")
	}
	choose("online")
	s.wantPrompt(true)
	id := d.Window(t, prompt.FormTitle)
	d.Focused(t, id)
	d.Key(t, "Escape")
	s.wantPrompt(false)
	d.Gone(t, prompt.FormTitle)

	// L1: in a session it is the end of it.
	s.send(banner(true, 0))
	s.wantShown()
	waitIcon("session", color.RGBA{0x10, 0x2a, 0x2c, 0xff})
	choose("session")
	if m := s.next(); string(m.GetDone().GetSession()) != "session" {
		t.Errorf("%v, want Done", m)
	}
}

// TestPromptsOutliveTheBus: a log-out ends the bus before the tray. The icon is
// gone then, and no question with it.
func TestPromptsOutliveTheBus(t *testing.T) {
	d := desktest.Start(t, true)
	env, bus := startPanel(t, d)
	s, ready := startProcess(t, env)
	if !ready.Icon {
		t.Fatal("no icon to lose")
	}
	desktest.Until(t, "the icon", func() bool {
		_, ok := find(d.Screen(t, "icon-to-lose"), image.Rect(0, 740, 1280, 800), color.RGBA{0x6b, 0x76, 0x84, 0xff})
		return ok
	})
	_ = bus.Process.Kill()
	_ = bus.Wait()
	for _, l := range []ipcpb.LinkState{ipcpb.LinkState_LINK_STATE_ONLINE, ipcpb.LinkState_LINK_STATE_CONNECTING} {
		s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Status{Status: &ipcpb.TrayStatus{Link: l, Organisation: "Contoso IT"}}})
	}
	s.ask("n", 60)
	s.wantPrompt(true)
	d.Focused(t, d.Window(t, prompt.ConsentTitle))
	d.Key(t, "Return")
	s.wantAnswer("n", denied)
	s.wantPrompt(false)
}

func TestPromptsWorkWithoutATray(t *testing.T) {
	d := desktest.Start(t, false)
	s, ready := startProcess(t, append(d.Env(), "DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere"))
	if ready.Icon {
		t.Error("an icon without a bus")
	}
	s.ask("n", 60)
	s.wantPrompt(true)
	d.Focused(t, d.Window(t, prompt.ConsentTitle))
	d.Key(t, "Return")
	s.wantAnswer("n", denied)
	s.wantPrompt(false)
}
