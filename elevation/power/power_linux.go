package power

import (
	"context"
	"fmt"

	"github.com/godbus/dbus/v5"
)

// Restart asks systemd-logind to restart the machine. Nil means that it has begun:
// whoever called is told to end like everybody else.
func Restart(ctx context.Context) error {
	bus, err := dbus.ConnectSystemBus(dbus.WithContext(ctx))
	if err != nil {
		return fmt.Errorf("%w: system bus: %w", ErrUnsupported, err)
	}
	defer func() { _ = bus.Close() }()
	const interactive = false // there is nobody whom polkit could ask
	call := bus.Object("org.freedesktop.login1", "/org/freedesktop/login1").
		CallWithContext(ctx, "org.freedesktop.login1.Manager.Reboot", 0, interactive)
	if call.Err != nil {
		return fmt.Errorf("restart: %w", call.Err)
	}
	return nil
}
