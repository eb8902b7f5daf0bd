// Package sendinput turns input events into the records of the Windows function
// SendInput. It calls nothing of Windows and is the same everywhere.
package sendinput

import (
	"image"

	"github.com/alongside-remote/alongside/input/internal/keys"
)

// Record is the INPUT structure of 64-bit Windows, 40 bytes.
type Record struct {
	kind  uint32
	_     uint32
	union [4]uint64
}

// RecordSize is what SendInput is told of it.
const RecordSize = 40

const (
	kindMouse    = 0
	kindKeyboard = 1
)

// Flags of KEYBDINPUT.
const (
	keyExtended = 0x1
	keyUp       = 0x2
	keyUnicode  = 0x4
	keyScanCode = 0x8
)

// Flags of MOUSEINPUT.
const (
	mouseMove        = 0x1
	mouseXDown       = 0x80
	mouseWheel       = 0x800
	mouseHWheel      = 0x1000
	mouseVirtualDesk = 0x4000
	mouseAbsolute    = 0x8000
)

const vkPause = 0x13

// key is a physical key.
func key(scan uint16, down bool) Record {
	flags, vk := uint64(keyScanCode), uint64(0)
	switch {
	case scan == keys.ScanPause: // three bytes: only its virtual key can be sent
		flags, vk, scan = 0, vkPause, 0x45
	case scan&0xFF00 == keys.Extended:
		flags |= keyExtended
		scan &= 0xFF
	}
	if !down {
		flags |= keyUp
	}
	return Record{kind: kindKeyboard, union: [4]uint64{vk | uint64(scan)<<16 | flags<<32}}
}

// unit is one UTF-16 unit as a character.
func unit(u uint16, down bool) Record {
	flags := uint64(keyUnicode)
	if !down {
		flags |= keyUp
	}
	return Record{kind: kindKeyboard, union: [4]uint64{uint64(u)<<16 | flags<<32}}
}

// mouse is a pointer event without position.
func mouse(flags, data uint32) Record {
	return Record{kind: kindMouse, union: [4]uint64{0, uint64(data) | uint64(flags)<<32}}
}

// move puts the pointer to a point of the virtual desktop.
func move(p image.Point, desktop image.Rectangle) Record {
	x, y := absolute(p.X-desktop.Min.X, desktop.Dx()), absolute(p.Y-desktop.Min.Y, desktop.Dy())
	r := mouse(mouseMove|mouseAbsolute|mouseVirtualDesk, 0)
	r.union[0] = uint64(x) | uint64(y)<<32
	return r
}

// absolute scales a pixel to the 65,536 steps that a desktop has for SendInput,
// rounding up: Windows scales back by rounding down.
func absolute(px, size int) uint32 {
	if size <= 0 {
		return 0
	}
	px = min(max(px, 0), size-1)
	return uint32((px<<16 + size - 1) / size)
}
