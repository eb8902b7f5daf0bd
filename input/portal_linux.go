package input

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/alongside-remote/alongside/internal/portal"
	"github.com/alongside-remote/alongside/wire"
)

const portalName = "portal"

// portalInjector injects by the session in which the desktop shares its screen with us.
// The session stays when the injector is closed: it is the Desktop's, who made it. Each
// event waits until the portal has passed it on. One goroutine at a time is inside, by
// mu.
type portalInjector struct {
	log     *slog.Logger
	session *portal.Session
	origin  atomic.Pointer[image.Point]
	done    chan struct{} // closed by Close
	once    sync.Once

	mu       sync.Mutex
	pointer  portalPointer
	keyboard portalKeyboard
}

func openPortal(ctx context.Context, o Options) (Injector, error) {
	if o.Display != "" {
		return nil, fmt.Errorf("%w: an X11 display was asked for", ErrUnsupported)
	}
	offer, err := portal.Look(ctx)
	if err != nil {
		return nil, portalError(err)
	}
	if offer.Devices() == 0 {
		return nil, fmt.Errorf("%w: the desktop's portal has no RemoteDesktop with keyboard and pointer: the screen can be shown, not controlled", ErrUnsupported)
	}
	if o.Portal == nil {
		return nil, fmt.Errorf("%w: the desktop asks the person, once there is a session", ErrAsking)
	}
	session, err := o.Portal.Shared()
	if err != nil {
		return nil, portalError(err)
	}
	switch {
	case session.Asked == 0:
		return nil, fmt.Errorf("%w: the desktop was asked for the screen alone", ErrDenied)
	case session.Devices == 0:
		return nil, fmt.Errorf("%w: the person shares the screen with their desktop's leave, and no keyboard or pointer", ErrDenied)
	}
	p := &portalInjector{log: o.Log, session: session, done: make(chan struct{}), keyboard: newPortalKeyboard()}
	p.origin.Store(&image.Point{})
	return p, nil
}

// SetOrigin implements Positioner. It may be called from any goroutine.
func (p *portalInjector) SetOrigin(o image.Point) { p.origin.Store(&o) }

// Inject implements Injector. An event that is refused takes none of the others with it.
func (p *portalInjector) Inject(events []wire.Input) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var refused error
	for i := range events {
		if p.closing() {
			return fmt.Errorf("inject: %w: closed", ErrLost)
		}
		err := p.inject(context.Background(), &events[i])
		switch {
		case err == nil:
		case errors.Is(err, ErrBlocked):
			refused = err
		default:
			return fmt.Errorf("inject: %w", err)
		}
	}
	if refused != nil {
		return fmt.Errorf("inject: %w", refused)
	}
	return nil
}

func (p *portalInjector) inject(ctx context.Context, e *wire.Input) error {
	switch e.Kind {
	case wire.InputMotion:
		return p.move(ctx, e)
	case wire.InputButton:
		return p.button(ctx, e)
	case wire.InputWheel:
		return p.wheel(ctx, e)
	case wire.InputKey:
		return p.key(ctx, e)
	case wire.InputText:
		return p.text(ctx, e.Text)
	case wire.InputReleaseAll:
		return p.releaseAll(ctx)
	}
	return nil
}

// Close implements Injector.
func (p *portalInjector) Close() error {
	p.once.Do(func() {
		close(p.done)
		p.mu.Lock()
		defer p.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
		defer cancel()
		if err := p.releaseAll(ctx); err != nil {
			p.log.Debug("release what is held", "err", err) // then the desktop does, with the session
		}
	})
	return nil
}

func (p *portalInjector) closing() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func (p *portalInjector) releaseAll(ctx context.Context) error {
	keys := p.releaseKeys(ctx)
	if lost(keys) {
		return keys
	}
	return worse(keys, p.releaseButtons(ctx))
}

// call makes one call to the portal, which has its time to answer.
func (p *portalInjector) call(ctx context.Context, device portal.Devices, put func(ctx context.Context) error) error {
	if p.session.Devices&device == 0 {
		return fmt.Errorf("%w: the person shares no such device", ErrBlocked)
	}
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	return portalError(put(ctx))
}

// lost says that no other event gets in either.
func lost(err error) bool { return err != nil && !errors.Is(err, ErrBlocked) }

// worse is the error of two that matters.
func worse(a, b error) error {
	if a == nil || lost(b) {
		return b
	}
	return a
}

// portalError says what to do about an error of the portal.
func portalError(err error) error {
	kind := ErrLost
	switch {
	case err == nil:
		return nil
	case errors.Is(err, portal.ErrRefused):
		kind = ErrBlocked
	case errors.Is(err, portal.ErrAsking):
		kind = ErrAsking
	case errors.Is(err, portal.ErrDenied):
		kind = ErrDenied
	case errors.Is(err, portal.ErrUnsupported):
		kind = ErrUnsupported
	}
	return fmt.Errorf("%w: %w", kind, err)
}
