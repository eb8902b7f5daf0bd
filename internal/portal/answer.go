package portal

import (
	"fmt"
	"image"

	"github.com/godbus/dbus/v5"
)

const (
	// streamsLimit is how many monitors a desktop has at most.
	streamsLimit = 16
	// placeLimit is how far from its origin a desktop reaches at most.
	placeLimit = 1 << 24
)

// sessionOf reads what CreateSession gave.
func sessionOf(results map[string]dbus.Variant) (dbus.ObjectPath, error) {
	var handle string // a string, not a path, by the portal's own mistake
	if v, ok := results["session_handle"]; !ok || v.Store(&handle) != nil || !dbus.ObjectPath(handle).IsValid() {
		return "", fmt.Errorf("%w: CreateSession gave no session", ErrUnsupported)
	}
	return dbus.ObjectPath(handle), nil
}

// streamsOf reads the streams that Start gave, which may be none.
func streamsOf(results map[string]dbus.Variant) ([]Stream, error) {
	var list []struct {
		Node  uint32
		Props map[string]dbus.Variant
	}
	v, ok := results["streams"]
	if !ok {
		return nil, nil
	}
	if err := v.Store(&list); err != nil {
		return nil, fmt.Errorf("%w: streams of Start: %w", ErrUnsupported, err)
	}
	if len(list) > streamsLimit {
		return nil, fmt.Errorf("%w: Start gave %d streams", ErrUnsupported, len(list))
	}
	var all []Stream
	for _, l := range list {
		s := Stream{Node: l.Node}
		var at, size struct{ X, Y int32 }
		if p, ok := l.Props["size"]; ok && p.Store(&size) == nil && inside(size.X, 1) && inside(size.Y, 1) {
			s.Size = image.Pt(int(size.X), int(size.Y))
		}
		if p, ok := l.Props["position"]; ok && p.Store(&at) == nil && s.Size != (image.Point{}) && inside(at.X, -placeLimit) && inside(at.Y, -placeLimit) {
			s.Placed = true
			s.Place = image.Rectangle{Max: s.Size}.Add(image.Pt(int(at.X), int(at.Y)))
		}
		if p, ok := l.Props["id"]; ok {
			_ = p.Store(&s.ID)
		}
		all = append(all, s)
	}
	return all, nil
}

func inside(v, least int32) bool { return v >= least && v <= placeLimit }

// devicesOf reads the devices that Start gave. Without a word there are none.
func devicesOf(results map[string]dbus.Variant) Devices {
	var devices uint32
	if v, ok := results["devices"]; !ok || v.Store(&devices) != nil {
		return 0
	}
	return Devices(devices)
}

// tokenOf is what the portal wants to be shown next time.
func tokenOf(results map[string]dbus.Variant) string {
	var token string
	if v, ok := results["restore_token"]; !ok || v.Store(&token) != nil {
		return ""
	}
	return token
}
