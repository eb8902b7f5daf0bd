package waylandtest

import (
	"image"
	"testing"

	"github.com/alongside-remote/alongside/internal/wayland"
)

const (
	createVirtualPointer = 0
	pointerMoveTo        = 1
	pointerButton        = 2
	pointerFrame         = 4
	leftButton           = 0x110
)

// Person looks at the monitors of a compositor and has a pointer.
type Person struct {
	*Client
	copies  *wayland.Screencopy
	pointer uint32
}

// NewPerson connects one and lets go with the test.
func NewPerson(t testing.TB, s *Server) *Person {
	t.Helper()
	p := &Person{Client: NewClient(t, s)}
	var err error
	if p.copies, err = p.Screencopy(); err != nil {
		t.Fatal(err)
	}
	seat, _, err := p.BindOnly("wl_seat", 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	manager, _, err := p.BindOnly("zwlr_virtual_pointer_manager_v1", 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.pointer = p.New(nil)
	p.Request(manager, createVirtualPointer).Uint(seat).Uint(p.pointer).Send()
	p.Sync()
	return p
}

// Look waits for an output and returns what it shows, without the pointer.
func (p *Person) Look(output string) *image.RGBA {
	p.t.Helper()
	p.Sync() // what has changed
	var screen wayland.Screen
	p.Until(func() bool {
		for _, s := range p.outputs.Layout().Screens {
			if s.Name == output {
				screen = s
			}
		}
		return screen.ID != 0
	})
	camera := p.copies.Camera(screen.ID)
	defer camera.Close()
	var err error
	seen := false
	camera.Take(true, func(e error) { seen, err = true, e })
	p.Until(func() bool { return seen })
	if err != nil {
		p.t.Fatal(err)
	}
	return camera.Picture(screen.Transform, image.Rectangle{Max: screen.Rect.Size()})
}

// Point moves the pointer to a point of the first output, of that size.
func (p *Person) Point(at, size image.Point) {
	p.t.Helper()
	p.Request(p.pointer, pointerMoveTo).Uint(0).Uint(uint32(at.X)).Uint(uint32(at.Y)).Uint(uint32(size.X)).Uint(uint32(size.Y)).Send()
	p.Request(p.pointer, pointerFrame).Send()
	p.Sync()
}

// Press holds the first button down, or lets it go.
func (p *Person) Press(down bool) {
	p.t.Helper()
	state := uint32(0)
	if down {
		state = 1
	}
	p.Request(p.pointer, pointerButton).Uint(0).Uint(leftButton).Uint(state).Send()
	p.Request(p.pointer, pointerFrame).Send()
	p.Sync()
}

// Click clicks at a point of the first output, of that size.
func (p *Person) Click(at, size image.Point) {
	p.t.Helper()
	p.Point(at, size)
	p.Press(true)
	p.Press(false)
}
