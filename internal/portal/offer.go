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

	// tokenVersion is the first version of ScreenCast that remembers a Yes.
	tokenVersion = 4
)

// Offer is what a desktop's portal has.
type Offer struct {
	ScreenCast uint32 // the version
	Sources    uint32
	Cursors    uint32
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
		var v dbus.Variant
		err := b.desktop.CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, screenCast, name).Store(&v)
		if err == nil {
			err = v.Store(to)
		}
		if err != nil && name != "AvailableCursorModes" { // which came with version 2
			return o, fmt.Errorf("%w: %s of ScreenCast: %w", ErrUnsupported, name, err)
		}
	}
	if o.Sources&sourceMonitor == 0 {
		return o, fmt.Errorf("%w: its ScreenCast has no monitors", ErrUnsupported)
	}
	return o, nil
}

// cursor is the mode in which the pointer is told beside the picture, or not at all.
func (o Offer) cursor() uint32 {
	if o.Cursors&cursorMetadata != 0 {
		return cursorMetadata
	}
	return cursorHidden
}
