package input

import (
	"context"
	"fmt"
	"image"

	"github.com/alongside-remote/alongside/internal/portal"
	"github.com/alongside-remote/alongside/wire"
)

// portalPointer is what the backend remembers of buttons and wheel.
type portalPointer struct {
	held   [len(evdevButtons)]bool // by DOM button
	dx, dy int                     // of the wheel, not yet a whole notch
}

func (p *portalInjector) move(ctx context.Context, e *wire.Input) error {
	node, x, y, ok := p.session.Find(image.Pt(int(e.X), int(e.Y)).Add(*p.origin.Load()))
	if !ok {
		return fmt.Errorf("%w: the screen is not shown yet", ErrBlocked)
	}
	return p.call(ctx, portal.Pointer, func(ctx context.Context) error { return p.session.Move(ctx, node, x, y) })
}

// button presses a button only where it is meant.
func (p *portalInjector) button(ctx context.Context, e *wire.Input) error {
	if int(e.Button) >= len(evdevButtons) {
		return nil
	}
	err := p.move(ctx, e)
	if lost(err) || err != nil && e.Down || p.pointer.held[e.Button] == e.Down {
		return err
	}
	if e.Down {
		if err := p.unlift(ctx); err != nil {
			return err
		}
	}
	return worse(err, p.put(ctx, e.Button, e.Down))
}

func (p *portalInjector) put(ctx context.Context, button uint8, down bool) error {
	err := p.call(ctx, portal.Pointer, func(ctx context.Context) error { return p.session.Button(ctx, evdevButtons[button], down) })
	if err == nil || !down {
		p.pointer.held[button] = down
	}
	return err
}

func (p *portalInjector) wheel(ctx context.Context, e *wire.Input) error {
	if err := p.move(ctx, e); err != nil {
		return err
	}
	if err := p.unlift(ctx); err != nil {
		return err
	}
	err := p.turn(ctx, portal.Vertical, notches(&p.pointer.dy, e.DY))
	if lost(err) {
		return err
	}
	return worse(err, p.turn(ctx, portal.Horizontal, notches(&p.pointer.dx, e.DX)))
}

func (p *portalInjector) turn(ctx context.Context, axis portal.Axis, n int) error {
	if n = min(max(n, -wheelLimit), wheelLimit); n == 0 {
		return nil
	}
	return p.call(ctx, portal.Pointer, func(ctx context.Context) error { return p.session.Turn(ctx, axis, n) })
}

func (p *portalInjector) releaseButtons(ctx context.Context) error {
	var worst error
	for b, down := range p.pointer.held {
		if !down {
			continue
		}
		if worst = worse(worst, p.put(ctx, uint8(b), false)); lost(worst) {
			return worst
		}
	}
	p.pointer.dx, p.pointer.dy = 0, 0
	return worst
}
