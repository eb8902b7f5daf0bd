package x11

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"strings"

	"github.com/jezek/xgb/xproto"
)

// Numbers of XInput 2, which xgb does not know.
const (
	xiQueryPointer     = 40
	xiWarpPointer      = 41
	xiSelectEvents     = 46
	xiQueryVersion     = 47
	xiQueryDevice      = 48
	xiGrabDevice       = 51
	xiUngrabDevice     = 52
	xiAllDevices       = 0
	xiAllMasterDevices = 1

	xiKeyPress         = 2
	xiKeyRelease       = 3
	xiButtonPress      = 4
	xiButtonRelease    = 5
	xiMotion           = 6
	xiHierarchyChanged = 11
	xiRawKeyPress      = 13
	xiRawKeyRelease    = 14
	xiRawButtonPress   = 15
	xiRawMotion        = 17

	xiSlavePointer  = 3
	xiSlaveKeyboard = 4
)

// PointerWatch tells which events say that the pointer was moved.
type PointerWatch struct{ major byte }

// Is reports whether an event says so.
func (p PointerWatch) Is(e *Event) bool {
	major, number, ok := e.Generic()
	return ok && p.major != 0 && major == p.major && number == xiRawMotion
}

// WatchPointer asks for an event at each movement by a device, real or of XTEST.
// A client that warps the pointer causes none. Raw motion is the only kind that
// takes no event away from other clients of the root window.
func (c *Conn) WatchPointer(root xproto.Window) (PointerWatch, error) {
	i, err := c.Devices()
	if err != nil {
		return PointerWatch{}, err
	}
	if err := i.selectEvents(root, xiAllMasterDevices, 1<<xiRawMotion); err != nil {
		return PointerWatch{}, fmt.Errorf("select raw motion: %w", err)
	}
	return PointerWatch{major: i.major}, nil
}

// Devices are what a server's input comes from, by XInput 2.2.
type Devices struct {
	c     *Conn
	major byte
}

// Device is one of them.
type Device struct {
	ID   uint16
	Name string
	use  uint16
}

// Attached says whether what it does reaches the desktop by itself: a device that
// somebody grabbed floats, and is not.
func (d Device) Attached() bool { return d.use == xiSlavePointer || d.use == xiSlaveKeyboard }

// Pointing says whether it moves a pointer.
func (d Device) Pointing() bool { return d.use == xiSlavePointer }

// Synthetic says whether it is one of XTEST: what it does is done by programs.
func (d Device) Synthetic() bool {
	return strings.HasSuffix(d.Name, " XTEST pointer") || strings.HasSuffix(d.Name, " XTEST keyboard")
}

// ErrGrabbed says that another program has a device to itself.
var ErrGrabbed = errors.New("another program has this device to itself")

// Devices opens them on this connection.
func (c *Conn) Devices() (Devices, error) {
	e, err := c.Extension("XInputExtension")
	if err != nil {
		return Devices{}, err
	}
	le := binary.LittleEndian
	b := le.AppendUint16([]byte{e.Major, xiQueryVersion}, 2)
	b = le.AppendUint16(b, 2) // 2.2: raw events also while another client grabs the pointer
	b = le.AppendUint16(b, 2)
	ck := c.NewCookie(true, true)
	c.NewRequest(b, ck)
	if _, err := ck.Reply(); err != nil {
		return Devices{}, fmt.Errorf("xinput version: %w", err)
	}
	return Devices{c: c, major: e.Major}, nil
}

// List is which there are now.
func (i Devices) List() ([]Device, error) {
	le := binary.LittleEndian
	b := le.AppendUint16([]byte{i.major, xiQueryDevice}, 2)
	b = le.AppendUint32(b, xiAllDevices)
	ck := i.c.NewCookie(true, true)
	i.c.NewRequest(b, ck)
	r, err := ck.Reply()
	if err != nil {
		return nil, fmt.Errorf("list devices: %w", err)
	}
	return parseDevices(r)
}

var errDevices = errors.New("list of devices ends early")

// parseDevices takes a whole reply.
func parseDevices(b []byte) ([]Device, error) {
	if len(b) < packetLen {
		return nil, errDevices
	}
	le := binary.LittleEndian
	n, b := int(le.Uint16(b[8:])), b[packetLen:]
	var all []Device
	for range n {
		if len(b) < 12 {
			return nil, errDevices
		}
		d := Device{ID: le.Uint16(b), use: le.Uint16(b[2:])}
		classes, name := int(le.Uint16(b[6:])), int(le.Uint16(b[8:]))
		b = b[12:]
		if len(b) < (name+3)&^3 {
			return nil, errDevices
		}
		d.Name, b = string(b[:name]), b[(name+3)&^3:]
		for range classes {
			if len(b) < 4 {
				return nil, errDevices
			}
			size := 4 * int(le.Uint16(b[2:]))
			if size < 4 || len(b) < size {
				return nil, errDevices
			}
			b = b[size:]
		}
		all = append(all, d)
	}
	return all, nil
}

// WatchAll asks for an event at whatever a device does, which takes none away from
// others, or for no more of them.
func (i Devices) WatchAll(root xproto.Window, on bool) error {
	mask := uint32(1 << xiHierarchyChanged)
	if on {
		mask |= 1<<xiRawKeyPress | 1<<xiRawKeyRelease | 1<<xiRawButtonPress | 1<<xiRawMotion
	}
	return i.selectEvents(root, xiAllDevices, mask)
}

func (i Devices) selectEvents(w xproto.Window, device uint16, mask uint32) error {
	le := binary.LittleEndian
	b := le.AppendUint16([]byte{i.major, xiSelectEvents}, 5)
	b = le.AppendUint32(b, uint32(w))
	b = le.AppendUint32(b, 1) // one mask
	b = le.AppendUint16(b, device)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint32(b, mask)
	ck := i.c.NewCookie(true, false)
	i.c.NewRequest(b, ck)
	return ck.Check()
}

// Grab takes a device away from everybody else, until Ungrab or the end of the
// connection. It floats meanwhile: what it does moves no pointer and types nowhere.
func (i Devices) Grab(d Device, root xproto.Window) error {
	le := binary.LittleEndian
	b := le.AppendUint16([]byte{i.major, xiGrabDevice}, 7)
	b = le.AppendUint32(b, uint32(root))
	b = le.AppendUint32(b, 0) // now
	b = le.AppendUint32(b, 0) // no cursor of its own
	b = le.AppendUint16(b, d.ID)
	b = append(b, 1, 1, 0, 0) // neither it nor its pair is frozen; all is ours
	b = le.AppendUint16(b, 1)
	b = le.AppendUint32(b, 1<<xiKeyPress|1<<xiKeyRelease|1<<xiButtonPress|1<<xiButtonRelease|1<<xiMotion)
	ck := i.c.NewCookie(true, true)
	i.c.NewRequest(b, ck)
	r, err := ck.Reply()
	switch {
	case err != nil:
		return fmt.Errorf("grab %s: %w", d.Name, err)
	case len(r) < packetLen || r[8] != 0:
		return fmt.Errorf("%s: %w", d.Name, ErrGrabbed)
	}
	return nil
}

// Ungrab gives a device back. One that is gone is no error.
func (i Devices) Ungrab(id uint16) {
	le := binary.LittleEndian
	b := le.AppendUint16([]byte{i.major, xiUngrabDevice}, 3)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint32(b, uint32(id))
	ck := i.c.NewCookie(true, false)
	i.c.NewRequest(b, ck)
	_ = ck.Check()
}

// Pointer is where a floating device points, and the window of the root's that is there.
func (i Devices) Pointer(id uint16, root xproto.Window) (image.Point, xproto.Window, error) {
	le := binary.LittleEndian
	b := le.AppendUint16([]byte{i.major, xiQueryPointer}, 3)
	b = le.AppendUint32(b, uint32(root))
	b = le.AppendUint32(b, uint32(id))
	ck := i.c.NewCookie(true, true)
	i.c.NewRequest(b, ck)
	r, err := ck.Reply()
	if err != nil {
		return image.Point{}, 0, fmt.Errorf("query pointer: %w", err)
	}
	if len(r) < packetLen {
		return image.Point{}, 0, errDevices
	}
	at := image.Pt(int(int32(le.Uint32(r[16:])))>>16, int(int32(le.Uint32(r[20:])))>>16) //nolint:gosec // 16.16
	return at, xproto.Window(le.Uint32(r[12:])), nil
}

// Warp has a floating device point somewhere.
func (i Devices) Warp(id uint16, root xproto.Window, to image.Point) error {
	le := binary.LittleEndian
	b := le.AppendUint16([]byte{i.major, xiWarpPointer}, 9)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint32(b, uint32(root))
	b = append(b, make([]byte, 12)...)
	b = le.AppendUint32(b, uint32(to.X)<<16) //nolint:gosec // 16.16
	b = le.AppendUint32(b, uint32(to.Y)<<16) //nolint:gosec // 16.16
	b = le.AppendUint32(b, uint32(id))
	ck := i.c.NewCookie(true, false)
	i.c.NewRequest(b, ck)
	return ck.Check()
}

// Act is what a device did.
type Act int

// Acts.
const (
	ActOther Act = iota
	ActKeyPress
	ActKeyRelease
	ActButtonPress
	ActMotion
	ActHierarchy // devices came or went, or became somebody's
)

// Act reads an event of a device: what it did, which it was, and the key's or
// button's number.
func (i Devices) Act(e *Event) (a Act, id uint16, detail uint32) {
	major, number, ok := e.Generic()
	if !ok || major != i.major {
		return ActOther, 0, 0
	}
	le := binary.LittleEndian
	id, detail = le.Uint16(e[10:]), le.Uint32(e[16:])
	switch number {
	case xiKeyPress, xiRawKeyPress:
		return ActKeyPress, id, detail
	case xiKeyRelease, xiRawKeyRelease:
		return ActKeyRelease, id, detail
	case xiButtonPress, xiRawButtonPress:
		return ActButtonPress, id, detail
	case xiMotion, xiRawMotion:
		return ActMotion, id, detail
	case xiHierarchyChanged:
		return ActHierarchy, 0, 0
	}
	return ActOther, 0, 0
}
