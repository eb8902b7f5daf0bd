package terminal

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// EnvironmentBackend knows one session: the one that this process runs in, as its
// environment describes it. It changes where the system watches its sessions, too.
func EnvironmentBackend() Backend {
	return Backend{Name: "environment", Open: func(ctx context.Context, o Options) (Watcher, error) {
		s, err := fromEnvironment()
		if err != nil {
			return nil, err
		}
		for _, b := range Backends() {
			all, err := b.Open(ctx, o)
			if err == nil {
				return &own{handed: handed{session: s, all: all}}, nil
			}
			o.Log.Debug("terminal sessions", "backend", b.Name, "err", err)
		}
		return &environment{session: s, events: make(chan Session)}, nil
	}}
}

type environment struct {
	session Session
	events  chan Session
	once    sync.Once
}

func (e *environment) Sessions() ([]Session, error) { return []Session{e.session}, nil }
func (e *environment) Events() <-chan Session       { return e.events }
func (e *environment) Close() error                 { e.once.Do(func() { close(e.events) }); return nil }

// own is a handed session alone, whatever others there are.
type own struct{ handed }

func (o *own) Sessions() ([]Session, error) {
	list, err := o.all.Sessions()
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil { // the system's service went away: what is known is what was
		return []Session{o.session}, nil
	}
	// A login that only started this process elsewhere, as over ssh, is not it.
	i := slices.IndexFunc(list, func(x Session) bool { return o.is(x) && (x.Graphical || x.Seat != "") })
	switch {
	case i >= 0:
		o.listed, o.session = list[i].ID, o.session.as(list[i])
	case o.listed != "":
		return nil, nil
	}
	return []Session{o.session}, nil
}

func fromEnvironment() (Session, error) {
	u, err := user.Current()
	if err != nil {
		return Session{}, fmt.Errorf("current user: %w", err)
	}
	s := Session{
		ID: os.Getenv("XDG_SESSION_ID"), User: u.Username, Home: u.HomeDir,
		Display: os.Getenv("DISPLAY"), WaylandDisplay: os.Getenv("WAYLAND_DISPLAY"),
		XAuthority: os.Getenv("XAUTHORITY"), RuntimeDir: os.Getenv("XDG_RUNTIME_DIR"),
		Bus: os.Getenv("DBUS_SESSION_BUS_ADDRESS"), Active: true, Locale: map[string]string{},
	}
	if s.ID == "" {
		s.ID = "own"
	}
	if h := os.Getenv("HOME"); h != "" {
		s.Home = h
	}
	s.Graphical = s.Display != "" || s.WaylandDisplay != "" || runtime.GOOS == "windows" || runtime.GOOS == "darwin"
	// On Windows these are SIDs; nothing there uses the numbers.
	if n, err := strconv.ParseUint(u.Uid, 10, 32); err == nil {
		s.UID = uint32(n)
	}
	if n, err := strconv.ParseUint(u.Gid, 10, 32); err == nil {
		s.GID = uint32(n)
	}
	for _, kv := range os.Environ() {
		if k, v, ok := strings.Cut(kv, "="); ok && IsLocale(k) {
			s.Locale[k] = v
		}
	}
	return s, nil
}

// IsLocale says whether an environment variable chooses a language.
func IsLocale(name string) bool { return name == "LANG" || strings.HasPrefix(name, "LC_") }
