package inputtest

import (
	"image"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/internal/wayland/waylandtest"
)

// SwayDesk is a real Wayland compositor with a terminal (foot) over all of it. Its
// program has the terminal tell of every key and of the pointer, and writes down
// what it is told.
type SwayDesk struct {
	Server *waylandtest.Server
	file   string
	t      testing.TB
}

// NewSwayDesk starts them.
func NewSwayDesk(t testing.TB, o waylandtest.Options) *SwayDesk {
	t.Helper()
	dir := t.TempDir()
	d := &SwayDesk{Server: waylandtest.Start(t, o), file: filepath.Join(dir, "told"), t: t}
	d.Server.Setenv(t)
	script := filepath.Join(dir, "read.sh")
	// Keys with press, release and text; pointer motion, in pixels; focus; and what
	// the terminal is, whose answer says that it has understood.
	const ask = `\033[>27u\033[?1003h\033[?1016h\033[?1004h\033[c`
	body := "#!/bin/sh\nstty raw -echo\nprintf '" + ask + "'\nexec cat >>" + d.file + "\n"
	if err := os.WriteFile(script, []byte(body), 0o700); err != nil {
		t.Fatal(err)
	}
	d.Server.Program(t, "env", "LC_ALL=C.UTF-8", "HOME="+dir, "foot", "--config=/dev/null", "-o", "pad=0x0", "-o", "scrollback.multiplier=1",
		"-o", "mouse-bindings.selection-override-modifiers=Control+Mod1+Mod4+Shift", script)
	Wait(t, func() bool { return d.told().answered })
	return d
}

// Ready waits until the terminal has the keyboard, which there is none of before an
// injector brings one.
func (d *SwayDesk) Ready() {
	d.t.Helper()
	Wait(d.t, func() bool { return d.told().focus })
}

// told is what was told so far.
type told struct {
	answered bool
	presses  []string
	focus    bool
	text     strings.Builder
	pointer  image.Point
	keys     map[string]bool
	buttons  map[int]bool
	wheel    image.Point // notches, down and right
}

// Text implements Desk.
func (d *SwayDesk) Text() string { return d.told().text.String() }

// Pointer implements Desk.
func (d *SwayDesk) Pointer() image.Point { return d.told().pointer }

// Down implements Desk.
func (d *SwayDesk) Down() int {
	n := d.told()
	return len(n.keys) + len(n.buttons)
}

// Presses are the keys that were pressed, as the terminal names them: number and
// letter, then one more than the bits of the modifiers (1 Shift, 2 Alt, 4 Control).
func (d *SwayDesk) Presses() []string { return d.told().presses }

// Wheel is how far the wheel was turned, in notches to the right and down.
func (d *SwayDesk) Wheel() image.Point { return d.told().wheel }

func (d *SwayDesk) told() *told {
	b, err := os.ReadFile(d.file)
	if err != nil && !os.IsNotExist(err) {
		d.t.Fatal(err)
	}
	n := &told{keys: make(map[string]bool), buttons: make(map[int]bool)}
	for s := range strings.SplitSeq(string(b), "\x1b[") {
		end := strings.IndexFunc(s, func(r rune) bool { return r >= '@' && r <= '~' })
		if end < 0 {
			continue // what comes after it is not there yet
		}
		switch arg, last := s[:end], s[end]; {
		case last == 'I' || last == 'O':
			n.focus = last == 'I'
		case strings.HasPrefix(arg, "?"):
			n.answered = true
		case strings.HasPrefix(arg, "<"):
			n.mouse(arg[1:], last == 'M')
		default:
			n.key(arg, last)
		}
	}
	return n
}

// metaKeys are what the terminal calls the two Alt keys while Shift is down, which need
// not be so any more when they go up.
var metaKeys = map[string]string{"57446u": "57443u", "57452u": "57449u"}

// key reads number:alternates ; modifiers:event ; text, and a letter.
func (n *told) key(arg string, last byte) {
	f := strings.Split(arg+";;", ";")
	number, _, _ := strings.Cut(f[0], ":")
	_, event, _ := strings.Cut(f[1], ":")
	name := number + string(last)
	held := name
	if alt, ok := metaKeys[name]; ok {
		held = alt
	}
	switch event {
	case "3":
		delete(n.keys, held)
		return
	case "2":
		return
	}
	n.keys[held] = true
	mods, _, _ := strings.Cut(f[1], ":")
	n.presses = append(n.presses, strings.TrimSuffix(name+";"+mods, ";"))
	if number == "13" || number == "9" {
		n.text.WriteString(map[string]string{"13": "\r", "9": "\t"}[number])
		return
	}
	for c := range strings.SplitSeq(f[2], ":") {
		if v, err := strconv.Atoi(c); err == nil {
			n.text.WriteRune(rune(v))
		}
	}
}

// mouse reads a button with flags, and a place that counts from 1.
func (n *told) mouse(arg string, down bool) {
	const motion, wheel = 32, 64
	f := strings.Split(arg, ";")
	if len(f) != 3 {
		return
	}
	b, _ := strconv.Atoi(f[0])
	x, _ := strconv.Atoi(f[1])
	y, _ := strconv.Atoi(f[2])
	n.pointer = image.Pt(x-1, y-1)
	b &^= 4 | 8 | 16 // modifiers
	switch {
	case b&motion != 0:
	case b&wheel != 0:
		step := []image.Point{{0, -1}, {0, 1}, {-1, 0}, {1, 0}}[b&3]
		n.wheel = n.wheel.Add(step)
	case down:
		n.buttons[b] = true
	default:
		delete(n.buttons, b)
	}
}
