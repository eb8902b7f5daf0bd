package input

import (
	"context"
	"fmt"
	"image"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/alongside-remote/alongside/input/internal/keys"
	"github.com/alongside-remote/alongside/input/internal/sendinput"
	"github.com/alongside-remote/alongside/wire"
)

// user32 are the functions used, looked up at the first call.
type user32 struct {
	sendInput, systemMetrics             *windows.LazyProc
	foregroundWindow, threadOf, layoutOf *windows.LazyProc
	vkKeyScan, mapVirtualKey, keyState   *windows.LazyProc
}

func loadUser32() *user32 {
	dll := windows.NewLazySystemDLL("user32.dll")
	return &user32{
		sendInput:        dll.NewProc("SendInput"),
		systemMetrics:    dll.NewProc("GetSystemMetrics"),
		foregroundWindow: dll.NewProc("GetForegroundWindow"),
		threadOf:         dll.NewProc("GetWindowThreadProcessId"),
		layoutOf:         dll.NewProc("GetKeyboardLayout"),
		vkKeyScan:        dll.NewProc("VkKeyScanExW"),
		mapVirtualKey:    dll.NewProc("MapVirtualKeyExW"),
		keyState:         dll.NewProc("GetKeyState"),
	}
}

// sendInput sends events by SendInput to the desktop of the calling process.
type sendInput struct {
	api    *user32
	origin atomic.Pointer[image.Point]

	mu      sync.Mutex
	closed  bool
	state   sendinput.Translator
	records []sendinput.Record
}

func openSendInput(context.Context, Options) (Injector, error) {
	api := loadUser32()
	if err := api.sendInput.Find(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	s := &sendInput{api: api}
	s.origin.Store(&image.Point{})
	return s, nil
}

// SetOrigin implements Positioner. It may be called from any goroutine.
func (s *sendInput) SetOrigin(p image.Point) { s.origin.Store(&p) }

// Inject implements Injector. All events go in by one call, so that no input of
// the user comes between them.
func (s *sendInput) Inject(events []wire.Input) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("inject: %w: closed", ErrLost)
	}
	d := sendinput.Desktop{Bounds: s.api.desktop(), Origin: *s.origin.Load(), Layout: s.api.layout()}
	s.records = s.records[:0]
	for i := range events {
		s.records = s.state.Append(s.records, &events[i], &d)
	}
	return s.send()
}

// send puts the records in. Windows refuses them without saying why when the
// program in front has higher rights or another desktop is shown.
func (s *sendInput) send() error {
	if len(s.records) == 0 {
		return nil
	}
	first := unsafe.Pointer(&s.records[0]) //nolint:gosec // Windows takes a pointer, and n with it
	n, _, err := s.api.sendInput.Call(uintptr(len(s.records)), uintptr(first), sendinput.RecordSize)
	if int(n) != len(s.records) {
		return fmt.Errorf("send input: %w: %d of %d events: %w", ErrBlocked, n, len(s.records), err)
	}
	return nil
}

// Close implements Injector.
func (s *sendInput) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.records = s.state.ReleaseAll(s.records[:0])
	if err := s.send(); err != nil {
		return fmt.Errorf("release keys: %w", err)
	}
	return nil
}

// desktop is the rectangle of all monitors.
func (u *user32) desktop() image.Rectangle {
	const xVirtual, yVirtual, cxVirtual, cyVirtual = 76, 77, 78, 79
	metric := func(i uintptr) int {
		v, _, _ := u.systemMetrics.Call(i)
		return int(int32(v))
	}
	x, y := metric(xVirtual), metric(yVirtual)
	return image.Rect(x, y, x+metric(cxVirtual), y+metric(cyVirtual))
}

// layout is that of the program in front.
func (u *user32) layout() winLayout {
	window, _, _ := u.foregroundWindow.Call()
	thread, _, _ := u.threadOf.Call(window, 0)
	handle, _, _ := u.layoutOf.Call(thread)
	return winLayout{api: u, handle: handle}
}

// winLayout implements sendinput.Layout.
type winLayout struct {
	api    *user32
	handle uintptr
}

// Translations of MapVirtualKeyExW.
const (
	virtualToChar = 2
	scanToVirtual = 3
	virtualToScan = 4
)

func (l winLayout) Find(r rune) (scan uint16, shift, ok bool) {
	if r > 0xFFFF {
		return 0, false, false
	}
	v, _, _ := l.api.vkKeyScan.Call(uintptr(r), l.handle)
	virtual, state := uint8(v), uint8(v>>8)
	if state > 1 { // all but Shift; -1 is nothing
		return 0, false, false
	}
	s, _, _ := l.api.mapVirtualKey.Call(uintptr(virtual), virtualToScan, l.handle)
	return uint16(s), state == 1, s != 0
}

func (l winLayout) Dead(scan uint16) bool {
	if scan == keys.ScanPause {
		return false
	}
	virtual, _, _ := l.api.mapVirtualKey.Call(uintptr(scan), scanToVirtual, l.handle)
	char, _, _ := l.api.mapVirtualKey.Call(virtual, virtualToChar, l.handle)
	return char&0x80000000 != 0
}

func (l winLayout) CapsLock() bool {
	const vkCapital = 0x14
	v, _, _ := l.api.keyState.Call(vkCapital)
	return v&1 != 0
}
