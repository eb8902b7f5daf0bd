package inputtest

import (
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/internal/x11"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
)

// XDesk is a real X server. What is typed goes to a program in an xterm.
type XDesk struct {
	Server *x11test.Server
	Conn   *x11.Conn
	file   string
	t      testing.TB
}

// NewXDesk starts an X server with a keyboard layout of setxkbmap ("us,ru") and,
// if typed is set, a terminal that takes up the screen and reads what is typed.
func NewXDesk(t testing.TB, layout string, typed bool) *XDesk {
	t.Helper()
	d := &XDesk{Server: x11test.Start(t, "800x600x24"), t: t}
	d.Layout(layout)
	conn, err := x11.Open(t.Context(), x11.Target{Display: d.Server.Display})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	d.Conn = conn
	if typed {
		d.terminal()
	}
	return d
}

// Layout changes the keyboard's.
func (d *XDesk) Layout(layout string) {
	d.t.Helper()
	cmd := exec.Command("setxkbmap", "-layout", layout)
	cmd.Env = d.Server.Env()
	if out, err := cmd.CombinedOutput(); err != nil {
		d.t.Fatalf("setxkbmap (`make deps` installs it): %v\n%s", err, out)
	}
}

// terminal starts an xterm in a UTF-8 locale whose program writes every byte it
// gets to a file, and puts the pointer, hence the focus, into it.
func (d *XDesk) terminal() {
	d.t.Helper()
	dir := d.t.TempDir()
	d.file = filepath.Join(dir, "typed")
	script := filepath.Join(dir, "read.sh")
	body := "#!/bin/sh\nstty raw -echo\n: >" + d.file + ".ready\nexec cat >>" + d.file + "\n"
	if err := os.WriteFile(script, []byte(body), 0o700); err != nil {
		d.t.Fatal(err)
	}
	d.Server.Program(d.t, "env", "LC_ALL=C.UTF-8", "xterm", "-u8", "-geometry", "160x60+0+0", "-b", "0", "-bw", "0",
		"-xrm", "*metaSendsEscape: true", "-e", script)
	Wait(d.t, func() bool {
		_, err := os.Stat(d.file + ".ready")
		return err == nil
	})
	xproto.WarpPointer(d.Conn.Conn, 0, d.Conn.Root, 0, 0, 0, 0, 50, 50)
	Wait(d.t, func() bool {
		p, err := xproto.QueryPointer(d.Conn.Conn, d.Conn.Root).Reply()
		return err == nil && p.Child != 0
	})
}

// Text implements Desk.
func (d *XDesk) Text() string {
	b, err := os.ReadFile(d.file)
	if err != nil && !os.IsNotExist(err) {
		d.t.Fatal(err)
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

// Forget throws away what was typed so far.
func (d *XDesk) Forget() {
	if err := os.Truncate(d.file, 0); err != nil {
		d.t.Fatal(err)
	}
}

// Pointer implements Desk.
func (d *XDesk) Pointer() image.Point {
	p, err := xproto.QueryPointer(d.Conn.Conn, d.Conn.Root).Reply()
	if err != nil {
		d.t.Fatal(err)
	}
	return image.Pt(int(p.RootX), int(p.RootY))
}

// Down implements Desk.
func (d *XDesk) Down() int {
	n := 0
	k, err := xproto.QueryKeymap(d.Conn.Conn).Reply()
	if err != nil {
		d.t.Fatal(err)
	}
	for i := range 256 {
		n += int(k.Keys[i/8] >> (i % 8) & 1)
	}
	p, err := xproto.QueryPointer(d.Conn.Conn, d.Conn.Root).Reply()
	if err != nil {
		d.t.Fatal(err)
	}
	for i := range 5 {
		n += int(p.Mask >> (8 + i) & 1)
	}
	return n
}

// Keysyms returns the core mapping of all keys, to compare before and after.
func (d *XDesk) Keysyms() []xproto.Keysym {
	s := d.Conn.Setup
	r, err := xproto.GetKeyboardMapping(d.Conn.Conn, s.MinKeycode, byte(s.MaxKeycode-s.MinKeycode+1)).Reply()
	if err != nil {
		d.t.Fatal(err)
	}
	return r.Keysyms
}

// LockGroup switches the keyboard to a group of its layout.
func (d *XDesk) LockGroup(group byte) {
	b := d.xkb(5, 16) // LatchLockState
	b[8], b[9] = 1, group
	d.Conn.NewRequest(b, d.Conn.NewCookie(false, false))
	Wait(d.t, func() bool { return d.Group() == group })
}

// Group is the keyboard's group in effect.
func (d *XDesk) Group() byte {
	cookie := d.Conn.NewCookie(true, true)
	d.Conn.NewRequest(d.xkb(4, 8), cookie) // GetState
	reply, err := cookie.Reply()
	if err != nil {
		d.t.Fatal(err)
	}
	return reply[12]
}

func (d *XDesk) xkb(minor byte, size int) []byte {
	ext, err := d.Conn.Extension("XKEYBOARD")
	if err != nil {
		d.t.Fatal(err)
	}
	use := d.Conn.NewCookie(true, true)
	d.Conn.NewRequest([]byte{ext.Major, 0, 2, 0, 1, 0, 0, 0}, use)
	if _, err := use.Reply(); err != nil {
		d.t.Fatal(err)
	}
	b := make([]byte, size)
	b[0], b[1], b[2], b[4], b[5] = ext.Major, minor, byte(size/4), 0, 1
	return b
}
