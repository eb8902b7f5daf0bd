package portal

import (
	"context"
	"fmt"

	"github.com/godbus/dbus/v5"
)

// question is what the person is asked: to share monitors, and devices with them where
// there are any to ask for. Then the session is one of RemoteDesktop, which carries
// ScreenCast, and it is one question for both.
type question struct {
	bus     *bus
	offer   Offer
	devices Devices // none: the screen is only looked at
	token   string  // of the last Yes to the same

	path   dbus.ObjectPath // of the session; empty: there is none to be closed
	closed <-chan struct{}
	opened bool // the person may have seen it
}

// face is whose session it is.
func (q *question) face() string {
	if q.devices != 0 {
		return remoteDesktop
	}
	return screenCast
}

// ask asks, and waits for the person, who may take as long as they like.
func (q *question) ask(ctx context.Context) (map[string]dbus.Variant, error) {
	quick, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	if err := q.begin(quick); err != nil {
		return nil, err
	}
	options := map[string]dbus.Variant{
		"types": dbus.MakeVariant(uint32(sourceMonitor)), "multiple": dbus.MakeVariant(true), "cursor_mode": dbus.MakeVariant(q.offer.cursor()),
	}
	if q.devices == 0 {
		if q.offer.ScreenCast >= tokenVersion {
			q.persist(options)
		}
	} else if err := q.selectDevices(quick); err != nil {
		return nil, err
	}
	if _, err := q.bus.request(quick, screenCast+".SelectSources", options, q.path); err != nil {
		return nil, err
	}
	q.opened = true
	return q.bus.request(ctx, q.face()+".Start", map[string]dbus.Variant{}, q.path, "")
}

// begin makes the session.
func (q *question) begin(ctx context.Context) error {
	made, err := q.bus.request(ctx, q.face()+".CreateSession", map[string]dbus.Variant{"session_handle_token": dbus.MakeVariant(word())})
	if err != nil {
		return err
	}
	path, err := sessionOf(made)
	if err != nil {
		return err
	}
	q.path, q.closed = path, q.bus.watch(path)
	return nil
}

// selectDevices asks for devices. It is here that a session with devices is
// remembered: portals refuse to remember it by its sources.
func (q *question) selectDevices(ctx context.Context) error {
	options := map[string]dbus.Variant{"types": dbus.MakeVariant(uint32(q.devices))}
	if q.offer.RemoteDesktop >= controlTokenVersion {
		q.persist(options)
	}
	_, err := q.bus.request(ctx, remoteDesktop+".SelectDevices", options, q.path)
	return err
}

func (q *question) persist(options map[string]dbus.Variant) {
	options["persist_mode"] = dbus.MakeVariant(uint32(persistForever))
	if q.token != "" {
		options["restore_token"] = dbus.MakeVariant(q.token)
	}
}

// close ends the session, if there is one.
func (q *question) close() {
	if q.path != "" {
		q.bus.tell(q.path, sessionFace+".Close")
		q.path = ""
	}
}

// agreement is what came of a question.
func (q *question) agreement(results map[string]dbus.Variant) (*Session, error) {
	list, err := streamsOf(results)
	if err != nil {
		return nil, err
	}
	s := &Session{
		Streams: list, Asked: q.devices, bus: q.bus, path: q.path, over: make(chan struct{}), spent: make(chan struct{}, 1),
	}
	if q.devices != 0 {
		s.Devices = devicesOf(results) & q.devices
		if len(list) == 0 {
			return nil, fmt.Errorf("%w: the person shares no screen", ErrDenied)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%w: Start gave no streams", ErrUnsupported)
	}
	return s, nil
}
