package terminal

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/godbus/dbus/v5"
)

// Lock implements Keeper: logind tells the programs of the session, of which one locks
// the screen and then says so by the hint.
func (l *logind) Lock(ctx context.Context, s Session) error { return l.manage(ctx, "LockSession", s) }

// LogOff implements Keeper.
func (l *logind) LogOff(ctx context.Context, s Session) error {
	return l.manage(ctx, "TerminateSession", s)
}

// manage calls a method of the manager's for one session. Logind lets root and the
// session's own user; others would be asked for a password, for which nobody is there.
func (l *logind) manage(ctx context.Context, method string, s Session) error {
	all, err := l.list(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(x listed) bool { return x.ID == s.ID && x.UID == s.UID }) {
		return ErrGone
	}
	err = l.bus.Object(login1, loginPath).CallWithContext(ctx, loginManager+"."+method, 0, s.ID).Err
	var e dbus.Error
	if errors.As(err, &e) {
		switch e.Name {
		case "org.freedesktop.DBus.Error.AccessDenied", "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired":
			return fmt.Errorf("%w: %w", ErrDenied, err)
		case login1 + ".NoSuchSession":
			return ErrGone
		}
	}
	return err
}
