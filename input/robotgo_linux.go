//go:build robotgo && linux && cgo

package input

import (
	"context"
	"fmt"
	"image"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/go-vgo/robotgo"

	"github.com/alongside-remote/alongside/input/internal/keys"
	"github.com/alongside-remote/alongside/internal/x11"
	"github.com/alongside-remote/alongside/wire"
)

// optional lists the backends that need cgo.
func optional() []Backend { return []Backend{{Name: "robotgo", Open: openRobotgo}} }

// robot injects by robotgo. robotgo has one display per process, and where that
// goes away the process ends: docs/adr/0003-input-backends.md.
type robot struct {
	origin atomic.Pointer[image.Point]

	mu      sync.Mutex
	closed  bool
	held    map[uint16]string // usage to robotgo's name
	buttons map[uint8]string
	dx, dy  int
}

func openRobotgo(ctx context.Context, o Options) (Injector, error) {
	if o.Display != "" && o.Display != os.Getenv("DISPLAY") {
		return nil, fmt.Errorf("%w: robotgo types on $DISPLAY only", ErrUnsupported)
	}
	// robotgo crashes without a display, hence the look beforehand.
	probe, err := x11.Open(ctx, x11.Target{Display: o.Display})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	probe.Close()
	if err := robotgo.SetXDisplayName(os.Getenv("DISPLAY")); err != nil {
		return nil, fmt.Errorf("%w: set display: %w", ErrUnsupported, err)
	}
	robotgo.MouseSleep, robotgo.KeySleep = 0, 0
	r := &robot{held: make(map[uint16]string), buttons: make(map[uint8]string)}
	r.origin.Store(&image.Point{})
	return r, nil
}

// SetOrigin implements Positioner.
func (r *robot) SetOrigin(p image.Point) { r.origin.Store(&p) }

// Inject implements Injector.
func (r *robot) Inject(events []wire.Input) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return fmt.Errorf("inject: %w: closed", ErrLost)
	}
	for i := range events {
		if err := r.inject(&events[i]); err != nil {
			return fmt.Errorf("inject: %w: %w", ErrBlocked, err)
		}
	}
	return nil
}

func (r *robot) inject(e *wire.Input) error {
	switch e.Kind {
	case wire.InputMotion:
		r.move(e)
	case wire.InputButton:
		r.move(e)
		return r.button(e)
	case wire.InputWheel:
		r.move(e)
		// robotgo scrolls up and left for positive numbers.
		robotgo.Scroll(-notches(&r.dx, e.DX), -notches(&r.dy, e.DY), 0)
	case wire.InputKey:
		return r.key(e)
	case wire.InputText:
		robotgo.Type(e.Text)
	case wire.InputReleaseAll:
		return r.releaseAll()
	}
	return nil
}

func (r *robot) move(e *wire.Input) {
	o := r.origin.Load()
	robotgo.Move(int(e.X)+o.X, int(e.Y)+o.Y)
}

// button knows three: robotgo takes any other for the left one.
func (r *robot) button(e *wire.Input) error {
	if e.Button > wire.ButtonRight {
		return nil
	}
	name := [...]string{"left", "center", "right"}[e.Button]
	if _, down := r.buttons[e.Button]; down == e.Down {
		return nil
	}
	if !e.Down {
		delete(r.buttons, e.Button)
		return robotgo.Toggle(name, "up")
	}
	r.buttons[e.Button] = name
	return robotgo.Toggle(name)
}

// key presses a key by robotgo's name for it, which is that of a US keyboard.
// Text that a US keyboard would not give is typed.
func (r *robot) key(e *wire.Input) error {
	if !e.Down {
		name, down := r.held[e.Code]
		if !down {
			return nil
		}
		delete(r.held, e.Code)
		return robotgo.KeyToggle(name, "up")
	}
	if _, again := r.held[e.Code]; again {
		return nil
	}
	name, ok := robotName(e.Code)
	if e.Text != "" && !strings.EqualFold(name, e.Text) && e.Text >= " " {
		robotgo.Type(e.Text)
		return nil
	}
	if !ok {
		return nil
	}
	r.held[e.Code] = name
	return robotgo.KeyToggle(name, "down")
}

func (r *robot) releaseAll() error {
	var first error
	for usage, name := range r.held {
		delete(r.held, usage)
		if err := robotgo.KeyToggle(name, "up"); err != nil && first == nil {
			first = err
		}
	}
	for b, name := range r.buttons {
		delete(r.buttons, b)
		if err := robotgo.Toggle(name, "up"); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Close implements Injector.
func (r *robot) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	err := r.releaseAll()
	robotgo.CloseMainDisplay()
	return err
}

// robotName is robotgo's name of a physical key.
func robotName(usage uint16) (string, bool) {
	k, ok := keys.ByHID(usage)
	if !ok || k.Code == "" {
		return "", false
	}
	for prefix, skip := range map[string]int{"Key": 3, "Digit": 5, "Arrow": 5} {
		if strings.HasPrefix(k.Code, prefix) {
			return strings.ToLower(k.Code[skip:]), true
		}
	}
	if n, found := strings.CutPrefix(k.Code, "Numpad"); found && len(n) == 1 {
		return "num" + n, true
	}
	if name, found := robotNames()[k.Code]; found {
		return name, true
	}
	name := strings.ToLower(k.Code)
	if len(name) >= 2 && name[0] == 'f' && name[1] >= '0' && name[1] <= '9' {
		return name, true
	}
	return "", false
}

// robotNames are the names that follow no rule.
func robotNames() map[string]string {
	return map[string]string{
		"Enter": "enter", "Escape": "esc", "Backspace": "backspace", "Tab": "tab", "Space": "space",
		"Minus": "-", "Equal": "=", "BracketLeft": "[", "BracketRight": "]", "Backslash": "\\",
		"Semicolon": ";", "Quote": "'", "Backquote": "`", "Comma": ",", "Period": ".", "Slash": "/",
		"CapsLock": "capslock", "PrintScreen": "printscreen", "Insert": "insert", "Home": "home",
		"PageUp": "pageup", "Delete": "delete", "End": "end", "PageDown": "pagedown", "NumLock": "num_lock",
		"NumpadDivide": "num/", "NumpadMultiply": "num*", "NumpadSubtract": "num-", "NumpadAdd": "num+",
		"NumpadEnter": "num_enter", "NumpadDecimal": "num.", "NumpadEqual": "num_equal", "ContextMenu": "menu",
		"ControlLeft": "lctrl", "ShiftLeft": "lshift", "AltLeft": "lalt", "MetaLeft": "lcmd",
		"ControlRight": "rctrl", "ShiftRight": "rshift", "AltRight": "ralt", "MetaRight": "rcmd",
	}
}
