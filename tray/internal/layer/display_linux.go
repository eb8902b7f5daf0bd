package layer

import (
	"context"
	"time"

	"github.com/alongside-remote/alongside/internal/wayland"
)

const (
	layerShell  = "zwlr_layer_shell_v1"
	viewports   = "wp_viewporter"
	surfaceMost = 4 // version of surfaces: damage in pixels of the buffer

	compositorSurface = 0

	// openLimit is how long a compositor may take to say what it is.
	openLimit = 10 * time.Second
)

// Display is a connection to a compositor. It belongs to one goroutine, the one that
// calls Wait; the functions it was given are called in there.
type Display struct {
	conn       *wayland.Conn
	outputs    *wayland.Outputs
	copies     *wayland.Screencopy
	compositor uint32
	shm        uint32
	shell      uint32
	viewporter uint32
	seats      map[uint32]*seat // by the number of their global
	surfaces   map[uint32]*Surface
	buffers    map[*wayland.Buffer]bool // the compositor may read them
	arrow      uint32                   // a surface with the picture of a pointer
	touch      func(Touch)
	err        error // of a handler
}

// Open connects to a compositor. touch is told what a pointer does on a surface of ours.
// The error wraps those of package wayland; it is wayland.ErrMissing where the compositor
// has no layers or no copies of what it shows.
func Open(ctx context.Context, touch func(Touch)) (*Display, error) {
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	c, err := wayland.Open(ctx, wayland.Target{})
	if err != nil {
		return nil, err
	}
	d := &Display{
		conn: c, touch: touch, seats: map[uint32]*seat{}, surfaces: map[uint32]*Surface{}, buffers: map[*wayland.Buffer]bool{},
	}
	if err := d.start(ctx); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func (d *Display) start(ctx context.Context) (err error) {
	if d.compositor, _, err = d.conn.BindOnly("wl_compositor", surfaceMost, nil); err != nil {
		return err
	}
	if d.shm, _, err = d.conn.BindOnly("wl_shm", 1, nil); err != nil {
		return err
	}
	if d.shell, _, err = d.conn.BindOnly(layerShell, 1, nil); err != nil {
		return err
	}
	if d.viewporter, _, err = d.conn.BindOnly(viewports, 1, nil); err != nil {
		return err
	}
	if d.copies, err = d.conn.Screencopy(); err != nil {
		return err
	}
	if err := d.drawArrow(); err != nil {
		return err
	}
	d.conn.Watch(d.onGlobal)
	d.outputs, err = d.conn.Outputs(ctx)
	return err
}

// Screens are the monitors; fresh is false where they are those of the last call.
func (d *Display) Screens() (all []wayland.Screen, fresh bool) {
	fresh = d.outputs.Changed()
	return d.outputs.Layout().Screens, fresh
}

// Wait sends what was asked for and waits until the compositor has said something. It
// returns ctx's error when ctx ends, after which the connection goes on.
func (d *Display) Wait(ctx context.Context) error {
	if err := d.conn.Dispatch(ctx); err != nil {
		return err
	}
	return d.err
}

// Close ends the connection, and with it everything that is shown.
func (d *Display) Close() {
	_ = d.conn.Close()
	for _, s := range d.surfaces {
		if s.camera != nil {
			s.camera.Free()
		}
	}
	for b := range d.buffers {
		b.Memory.Free()
	}
}
