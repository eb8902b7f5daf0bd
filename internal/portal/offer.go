package portal

import (
	"context"
	"fmt"

	"github.com/godbus/dbus/v5"
)

const (
	sourceMonitor = 1

	cursorHidden   = 1
	cursorMetadata = 4

	// tokenVersion is the first version of ScreenCast that remembers a Yes, and
	// controlTokenVersion that of RemoteDesktop.
	tokenVersion        = 4
	controlTokenVersion = 2
)

// Offer is what a desktop's portal has.
type Offer struct {
	ScreenCast    uint32 // the version
	Sources       uint32
	Cursors       uint32
	RemoteDesktop uint32 // the version; 0: it has none
	DeviceTypes   uint32
}

// Look says what there is. It asks nobody, and no window opens.
func Look(ctx context.Context) (Offer, error) {
	b, err := connect(ctx)
	if err != nil {
		return Offer{}, err
	}
	defer b.close()
	return b.look(ctx)
}

func (b *bus) look(ctx context.Context) (Offer, error) {
	var o Offer
	for name, to := range map[string]*uint32{"version": &o.ScreenCast, "AvailableSourceTypes": &o.Sources, "AvailableCursorModes": &o.Cursors} {
		err := b.property(ctx, screenCast, name, to)
		if err != nil && name != "AvailableCursorModes" { // which came with version 2
			return o, fmt.Errorf("%w: %s of ScreenCast: %w", ErrUnsupported, name, err)
		}
	}
	if o.Sources&sourceMonitor == 0 {
		return o, fmt.Errorf("%w: its ScreenCast has no monitors", ErrUnsupported)
	}
	if b.property(ctx, remoteDesktop, "version", &o.RemoteDesktop) != nil || b.property(ctx, remoteDesktop, "AvailableDeviceTypes", &o.DeviceTypes) != nil {
		o.RemoteDesktop, o.DeviceTypes = 0, 0
	}
	return o, nil
}

func (b *bus) property(ctx context.Context, face, name string, to *uint32) error {
	var v dbus.Variant
	if err := b.desktop.CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, face, name).Store(&v); err != nil {
		return err
	}
	return v.Store(to)
}

// Devices are those of our concern that can be asked for.
func (o Offer) Devices() Devices {
	if o.RemoteDesktop == 0 {
		return 0
	}
	return Devices(o.DeviceTypes) & (Keyboard | Pointer)
}

// cursor is the mode in which the pointer is told beside the picture, or not at all.
func (o Offer) cursor() uint32 {
	if o.Cursors&cursorMetadata != 0 {
		return cursorMetadata
	}
	return cursorHidden
}
