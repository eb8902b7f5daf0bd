package portaltest

import (
	"errors"
	"slices"

	"github.com/godbus/dbus/v5"
)

// Kind is which of the portal's calls an event came by.
type Kind string

// Kinds.
const (
	Key    Kind = "key"    // Code is a Linux code
	Symbol Kind = "symbol" // Code is a keysym
	Motion Kind = "motion" // X and Y, on Node
	Button Kind = "button" // Code is a Linux code
	Wheel  Kind = "wheel"  // Code is the axis, Steps how far
)

// Event is one that was put in.
type Event struct {
	Kind  Kind
	Code  uint32
	Down  bool
	Node  uint32
	X, Y  float64
	Steps int32
}

const (
	keyboardDevice = 1
	pointerDevice  = 2
)

// Events are those that were put in and taken.
func (p *Portal) Events() []Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.events)
}

// DevicesAsked are the kinds of devices that were asked for last; nil: none ever were.
func (p *Portal) DevicesAsked(key string) any {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.devices[key].Value()
}

// ControlToken is what opens screen and devices without a window now.
func (p *Portal) ControlToken() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tokens[remoteDesk]
}

func (p *Portal) exportControl() error {
	type options = map[string]dbus.Variant
	return p.conn.ExportMethodTable(map[string]any{
		"CreateSession": p.creator(remoteDesk), "SelectDevices": p.selectDevices, "Start": p.starter(remoteDesk),
		"NotifyKeyboardKeycode": func(s dbus.ObjectPath, _ options, code int32, state uint32) *dbus.Error {
			return p.put(s, keyboardDevice, Event{Kind: Key, Code: uint32(code), Down: state == 1})
		},
		"NotifyKeyboardKeysym": func(s dbus.ObjectPath, _ options, sym int32, state uint32) *dbus.Error {
			return p.put(s, keyboardDevice, Event{Kind: Symbol, Code: uint32(sym), Down: state == 1})
		},
		"NotifyPointerMotionAbsolute": func(s dbus.ObjectPath, _ options, node uint32, x, y float64) *dbus.Error {
			return p.put(s, pointerDevice, Event{Kind: Motion, Node: node, X: x, Y: y})
		},
		"NotifyPointerButton": func(s dbus.ObjectPath, _ options, code int32, state uint32) *dbus.Error {
			return p.put(s, pointerDevice, Event{Kind: Button, Code: uint32(code), Down: state == 1})
		},
		"NotifyPointerAxisDiscrete": func(s dbus.ObjectPath, _ options, axis uint32, steps int32) *dbus.Error {
			return p.put(s, pointerDevice, Event{Kind: Wheel, Code: axis, Steps: steps})
		},
	}, path, remoteDesk)
}

func (p *Portal) selectDevices(sender dbus.Sender, s dbus.ObjectPath, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := p.sessions[s]
	if of == nil || of.face != remoteDesk || of.devices != nil || of.started {
		return "", dbus.MakeFailedError(errors.New("no such session, or selected already"))
	}
	if p.NoDevices {
		return "", dbus.MakeFailedError(errors.New("no devices"))
	}
	if options["persist_mode"].Value() != nil && p.RemoteDesktop < 2 {
		return "", dbus.MakeFailedError(errors.New("persist_mode came with version 2"))
	}
	of.devices, p.devices = options, options
	r := p.request(sender, options)
	go p.respond(r, 0, nil)
	return r, nil
}

// put takes an event, as far as the session may put in any.
func (p *Portal) put(s dbus.ObjectPath, device uint32, e Event) *dbus.Error {
	p.input.Lock()
	defer p.input.Unlock()
	p.mu.Lock()
	of := p.sessions[s]
	allowed := of != nil && of.started && of.granted&device != 0
	p.mu.Unlock()
	switch {
	case of == nil:
		return dbus.NewError("org.freedesktop.DBus.Error.AccessDenied", []any{"Invalid session"})
	case !allowed:
		return dbus.MakeFailedError(errors.New("session is not allowed to do this"))
	case e.Kind == Motion && !p.inside(e):
		return dbus.MakeFailedError(errors.New("invalid position"))
	}
	if p.Input != nil {
		if err := p.Input(e); err != nil {
			return dbus.MakeFailedError(err)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, e)
	p.changed()
	return nil
}

// inside reports whether a place is on its stream.
func (p *Portal) inside(e Event) bool {
	for _, s := range p.Streams {
		if s.Node == e.Node {
			return e.X >= 0 && e.Y >= 0 && (s.At.Empty() || e.X < float64(s.At.Dx()) && e.Y < float64(s.At.Dy()))
		}
	}
	return false
}

// AwaitEvents waits until so many events were taken.
func (p *Portal) AwaitEvents(n int) []Event {
	p.t.Helper()
	p.await("events", func() bool { return len(p.events) >= n })
	return p.Events()
}
