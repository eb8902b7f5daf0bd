package portal

import (
	"context"
	"errors"
	"fmt"

	"github.com/godbus/dbus/v5"
)

// Devices are kinds of input devices, as bits.
type Devices uint32

// Devices that we ask for.
const (
	Keyboard Devices = 1
	Pointer  Devices = 2
)

// Axis is what a wheel turns about.
type Axis uint32

// Axes.
const (
	Vertical   Axis = 0
	Horizontal Axis = 1
)

// Key presses or releases a key by its place: a Linux code.
func (s *Session) Key(ctx context.Context, code uint16, down bool) error {
	return s.notify(ctx, "KeyboardKeycode", int32(code), state(down))
}

// Symbol presses or releases the key that gives a keysym, with the modifiers that it
// needs. Desktops do not say when they have no such key.
func (s *Session) Symbol(ctx context.Context, sym uint32, down bool) error {
	return s.notify(ctx, "KeyboardKeysym", int32(sym), state(down)) // keysyms have 29 bits
}

// Move moves the pointer to a place on a stream, in the measure of its Size.
func (s *Session) Move(ctx context.Context, node uint32, x, y float64) error {
	return s.notify(ctx, "PointerMotionAbsolute", node, x, y)
}

// Button presses or releases a button of the pointer: a Linux code.
func (s *Session) Button(ctx context.Context, code uint32, down bool) error {
	return s.notify(ctx, "PointerButton", int32(code), state(down)) // codes have 16 bits
}

// Turn turns the wheel by notches, down and to the right.
func (s *Session) Turn(ctx context.Context, axis Axis, notches int) error {
	return s.notify(ctx, "PointerAxisDiscrete", uint32(axis), int32(notches))
}

func state(down bool) uint32 {
	if down {
		return 1
	}
	return 0
}

// notify puts in one event and waits until the portal has passed it on: it works off
// calls on several threads, so two that are under way may change places.
func (s *Session) notify(ctx context.Context, what string, args ...any) error {
	select {
	case <-s.over:
		return s.err
	default:
	}
	all := append([]any{s.path, map[string]dbus.Variant{}}, args...)
	err := s.bus.desktop.CallWithContext(ctx, remoteDesktop+".Notify"+what, 0, all...).Err
	if err == nil {
		return nil
	}
	var refused dbus.Error
	if !errors.As(err, &refused) {
		return fmt.Errorf("%w: %s: %w", ErrLost, what, err)
	}
	switch refused.Name {
	case "org.freedesktop.DBus.Error.NoReply", "org.freedesktop.DBus.Error.AccessDenied", "org.freedesktop.DBus.Error.ServiceUnknown":
		return fmt.Errorf("%w: %s: %w", ErrLost, what, err) // AccessDenied is what an unknown session is told
	}
	return fmt.Errorf("%w: %s: %w", ErrRefused, what, err)
}
