package wayland

import (
	"context"
	"image"
	"maps"
	"slices"
)

const (
	outputGeometry = 0
	outputMode     = 1
	outputDone     = 2
	outputScale    = 3
	outputName     = 4
	outputRelease  = 0 // since 3

	modeCurrent = 1

	xdgOutputManager  = "zxdg_output_manager_v1"
	xdgGetOutput      = 1
	xdgOutputDestroy  = 0
	xdgOutputPosition = 0
	xdgOutputSize     = 1
	xdgOutputName     = 3
)

// Output is what is known of a monitor. Until it is Ready not everything is.
type Output struct {
	ID        uint32 // the object
	Global    uint32 // stable while it stays connected, never 0
	Name      string
	Mode      image.Point // pixels of its pictures, before the transform
	Transform Transform
	Scale     int
	Place     image.Rectangle // in the compositor's own coordinates
	Ready     bool

	xdg     uint32
	version uint32
}

// Outputs follows the monitors of a compositor.
type Outputs struct {
	c       *Conn
	all     map[uint32]*Output
	manager uint32
	version uint32
	changed bool
}

// Outputs begins to follow the monitors. When it returns, those that are there are
// known.
func (c *Conn) Outputs(ctx context.Context) (*Outputs, error) {
	o := &Outputs{c: c, all: make(map[uint32]*Output), changed: true}
	if g, err := c.Find(xdgOutputManager); err == nil {
		o.manager, o.version = c.Bind(g, 3, nil)
	}
	c.Watch(o.onGlobal)
	if err := c.Roundtrip(ctx); err != nil { // the outputs are bound
		return nil, err
	}
	return o, c.Roundtrip(ctx) // and described
}

// Changed reports whether anything changed since the last call.
func (o *Outputs) Changed() bool {
	was := o.changed
	o.changed = false
	return was
}

// Layout says where the monitors are.
func (o *Outputs) Layout() Layout {
	var all []Output
	for _, name := range slices.Sorted(maps.Keys(o.all)) {
		if m := o.all[name]; m.Ready && m.Mode.X > 0 && m.Mode.Y > 0 {
			all = append(all, *m)
		}
	}
	return layoutOf(all)
}

func (o *Outputs) onGlobal(g Global, gone bool) {
	if g.Interface != "wl_output" {
		return
	}
	if gone {
		o.remove(g.Name)
		return
	}
	m := &Output{Global: g.Name, Scale: 1}
	m.ID, m.version = o.c.Bind(g, 4, func(op uint16, a *Args) { o.onOutput(m, op, a) })
	if o.manager != 0 {
		m.xdg = o.c.New(func(op uint16, a *Args) { o.onXdg(m, op, a) })
		o.c.Request(o.manager, xdgGetOutput).Uint(m.xdg).Uint(m.ID).Send()
	}
	o.all[g.Name] = m
}

func (o *Outputs) remove(name uint32) {
	m, ok := o.all[name]
	if !ok {
		return
	}
	if m.xdg != 0 {
		o.c.Request(m.xdg, xdgOutputDestroy).Send()
		o.c.Destroyed(m.xdg)
	}
	if m.version >= 3 {
		o.c.Request(m.ID, outputRelease).Send()
		o.c.Destroyed(m.ID)
	}
	delete(o.all, name)
	o.changed = true
}

func (o *Outputs) onOutput(m *Output, op uint16, a *Args) {
	switch op {
	case outputGeometry:
		at := image.Pt(int(a.Int()), int(a.Int()))
		_, _, _ = a.Int(), a.Int(), a.Int() // size in mm, subpixels
		maker, model := a.String(), a.String()
		m.Transform = Transform(a.Int())
		if m.xdg == 0 {
			m.Place = m.Place.Sub(m.Place.Min).Add(at)
		}
		if m.Name == "" {
			m.Name = maker + " " + model
		}
	case outputMode:
		if a.Uint()&modeCurrent != 0 {
			m.Mode = image.Pt(int(a.Int()), int(a.Int()))
		}
	case outputScale:
		m.Scale = max(1, int(a.Int()))
	case outputName:
		m.Name = a.String()
	case outputDone:
		if m.xdg == 0 {
			size := m.Transform.Size(m.Mode).Div(m.Scale)
			m.Place.Max = m.Place.Min.Add(size)
		}
		m.Ready, o.changed = true, true
	}
}

func (o *Outputs) onXdg(m *Output, op uint16, a *Args) {
	switch op {
	case xdgOutputPosition:
		m.Place = m.Place.Sub(m.Place.Min).Add(image.Pt(int(a.Int()), int(a.Int())))
	case xdgOutputSize:
		m.Place.Max = m.Place.Min.Add(image.Pt(int(a.Int()), int(a.Int())))
	case xdgOutputName:
		m.Name = a.String()
	default: // its own done, before version 3
	}
	o.changed = true
}
