package x11

import (
	"encoding/binary"
	"fmt"

	"github.com/jezek/xgb/xproto"
)

// Numbers of XInput 2, which xgb does not know.
const (
	xiSelectEvents     = 46
	xiQueryVersion     = 47
	xiAllMasterDevices = 1
	xiRawMotion        = 17
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
	e, err := c.Extension("XInputExtension")
	if err != nil {
		return PointerWatch{}, err
	}
	le := binary.LittleEndian
	b := le.AppendUint16([]byte{e.Major, xiQueryVersion}, 2)
	b = le.AppendUint16(b, 2) // 2.2: raw events also while another client grabs the pointer
	b = le.AppendUint16(b, 2)
	ck := c.NewCookie(true, true)
	c.NewRequest(b, ck)
	if _, err := ck.Reply(); err != nil {
		return PointerWatch{}, fmt.Errorf("xinput version: %w", err)
	}
	b = le.AppendUint16([]byte{e.Major, xiSelectEvents}, 5)
	b = le.AppendUint32(b, uint32(root))
	b = append(b, 1, 0, 0, 0) // one mask
	b = append(b, xiAllMasterDevices, 0, 1, 0)
	b = le.AppendUint32(b, 1<<xiRawMotion)
	ck = c.NewCookie(true, false)
	c.NewRequest(b, ck)
	if err := ck.Check(); err != nil {
		return PointerWatch{}, fmt.Errorf("select raw motion: %w", err)
	}
	return PointerWatch{major: e.Major}, nil
}
