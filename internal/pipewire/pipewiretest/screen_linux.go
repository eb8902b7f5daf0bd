package pipewiretest

import (
	"encoding/binary"
	"image"
	"sync"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/internal/pipewire/native"
	"github.com/alongside-remote/alongside/internal/pixels"
)

// Cursor is the pointer over a Screen.
type Cursor struct {
	At    image.Point
	Shape *image.RGBA // premultiplied; nil: none
	Hot   image.Point
	Fresh bool // the shape was not told yet
}

// Screen is a video node that shows what a test draws: the pixels as a whole, and
// what of them changed since the last picture.
type Screen struct {
	node   *native.Node
	placed chan uint32
	drawn  chan struct{} // has a value after a picture was given away

	mu     sync.Mutex
	canvas *image.RGBA
	dirty  []image.Rectangle
	cursor *Cursor
	moved  bool
	spoil  func(*native.Buffer) // does something to a picture on its way; nil: nothing

	// The node's.
	size    image.Point
	buffers []*native.Buffer
	free    []uint32
	links   map[*native.Exchange]bool // that have had a picture
}

const (
	metaDamage, metaCursor = 3, 5
	damageMost             = 8
	cursorRoom             = 48 + 64*64*4
	formatBGRX             = 8
	formatRGBA             = 11
)

// NewScreen makes a node on the daemon of the environment, and ends it with the test.
func NewScreen(t testing.TB, size image.Point) *Screen {
	t.Helper()
	c, err := native.Dial()
	if err != nil {
		t.Fatal(err)
	}
	s := &Screen{placed: make(chan uint32, 1), drawn: make(chan struct{}, 1), canvas: image.NewRGBA(image.Rectangle{Max: size})}
	s.node, err = native.Start(c, native.Config{
		Properties: [][2]string{
			{"node.name", "screen"}, {"media.class", "Video/Source"}, {"media.type", "Video"}, {"node.want-driver", "true"}, {"object.register", "false"},
		},
		Output: true, Params: [][]byte{offer(size)}, Role: s,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// ID is the node's number.
func (s *Screen) ID(t testing.TB) uint32 {
	t.Helper()
	select {
	case id := <-s.placed:
		s.placed <- id
		return id
	case <-s.node.Done():
		t.Fatal(s.node.Err())
	case <-time.After(patience):
		t.Fatal("the node has no number")
	}
	return 0
}

// Close ends the node.
func (s *Screen) Close() { s.node.Close() }

// Show replaces the picture, of which a rectangle changed. One of another size
// changes the format.
func (s *Screen) Show(m *image.RGBA, changed image.Rectangle) {
	s.mu.Lock()
	defer s.mu.Unlock()
	resized := m.Rect.Size() != s.canvas.Rect.Size()
	s.canvas = image.NewRGBA(image.Rectangle{Max: m.Rect.Size()})
	copy(s.canvas.Pix, m.Pix)
	if resized {
		s.node.Offer([][]byte{offer(m.Rect.Size())})
		return
	}
	s.dirty = append(s.dirty, changed.Intersect(s.canvas.Rect))
	if len(s.dirty) > damageMost {
		s.dirty = []image.Rectangle{s.canvas.Rect}
	}
}

// Drawn waits until a picture was given away after the last such wait.
func (s *Screen) Drawn(t testing.TB) {
	t.Helper()
	select {
	case <-s.drawn:
	case <-time.After(patience):
		t.Fatal("nobody takes pictures")
	}
}

// Point puts the pointer somewhere; nil: it is not over the screen.
func (s *Screen) Point(c *Cursor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c != nil && s.cursor != nil && s.cursor.Fresh {
		c.Fresh = true // the shape was not told yet
	}
	s.cursor, s.moved = c, true
}

// Spoil has something done to the next pictures before they are given away.
func (s *Screen) Spoil(f func(*native.Buffer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spoil, s.dirty = f, []image.Rectangle{s.canvas.Rect}
}

func offer(size image.Point) []byte {
	w := &native.Builder{}
	w.Object(0x40003, native.ParamEnumFormat, func() { format(w, size) })
	return w.Bytes()
}

func format(w *native.Builder, size image.Point) {
	w.Key(1)
	w.ID(2)
	w.Key(2)
	w.ID(1)
	w.Key(0x20001)
	w.ID(formatBGRX)
	w.Key(0x20003)
	w.Rect(uint32(size.X), uint32(size.Y))
	w.Key(0x20004)
	w.Ratio(0, 1)
}

// Placed implements native.Role.
func (s *Screen) Placed(global uint32) { s.placed <- global }

// Format implements native.Role.
func (s *Screen) Format(value *native.Pod) ([][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
	params := [][]byte{offer(s.canvas.Rect.Size())}
	if value == nil {
		return params, nil
	}
	_, _, err := value.Object(func(key uint32, v native.Pod) {
		if words, ok := v.Words(native.TypeRectangle, 2); ok && key == 0x20003 {
			s.size = image.Pt(int(words[0]), int(words[1]))
		}
	})
	params = append(params, value.Packed(native.ParamFormat))
	for _, p := range []struct {
		object, param uint32
		content       func(*native.Builder)
	}{
		{0x40004, native.ParamBuffers, func(w *native.Builder) {
			w.Key(1)
			w.Choice(native.ChoiceRange, native.TypeInt, 3, 2, 8)
			w.Key(2)
			w.Int(1)
			w.Key(3)
			w.Int(uint32(s.size.X * s.size.Y * 4))
			w.Key(4)
			w.Int(uint32(s.size.X * 4))
			w.Key(6)
			w.Choice(native.ChoiceFlags, native.TypeInt, 1<<native.DataMemPtr|1<<native.DataMemFd)
		}},
		{0x40005, native.ParamMeta, func(w *native.Builder) { meta(w, metaDamage, 16*damageMost) }},
		{0x40005, native.ParamMeta, func(w *native.Builder) { meta(w, metaCursor, cursorRoom) }},
		{0x40006, native.ParamIO, func(w *native.Builder) {
			w.Key(1)
			w.ID(native.IOBuffers)
			w.Key(2)
			w.Int(native.ExchangeSize)
		}},
	} {
		w := &native.Builder{}
		w.Object(p.object, p.param, func() { p.content(w) })
		params = append(params, w.Bytes())
	}
	return params, err
}

func meta(w *native.Builder, typ, size uint32) {
	w.Key(1)
	w.ID(typ)
	w.Key(2)
	w.Int(size)
}

func (s *Screen) drop() {
	for _, b := range s.buffers {
		b.Free()
	}
	s.buffers, s.free = nil, nil
}

// Buffers implements native.Role.
func (s *Screen) Buffers(_, count uint32, list *native.Parser, m native.Memories) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
	for i := range count {
		b, err := native.ParseBuffer(list, m, true)
		if err != nil {
			return err
		}
		s.buffers, s.free = append(s.buffers, b), append(s.free, i)
	}
	s.links = nil
	return nil
}

// begin shows everything to a link that has seen nothing.
func (s *Screen) begin(x *native.Exchange) {
	s.links = map[*native.Exchange]bool{x: true}
	s.free = s.free[:0]
	for i := range s.buffers {
		s.free = append(s.free, uint32(i))
	}
	s.dirty, s.moved = []image.Rectangle{s.canvas.Rect}, s.cursor != nil
	if s.cursor != nil {
		s.cursor.Fresh = true
	}
}

// Cycle implements native.Role. One link at a time is served.
func (s *Screen) Cycle(links map[uint32]*native.Exchange) (uint32, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range links {
		status, id := x.Get()
		if !s.links[x] {
			s.begin(x)
			id = native.InvalidID
		}
		if status == native.HaveData {
			continue
		}
		if uint64(id) < uint64(len(s.buffers)) {
			s.free = append(s.free, id)
			x.Set(native.NeedData, native.InvalidID)
		}
		if len(s.free) == 0 || len(s.dirty) == 0 && !s.moved || s.size != s.canvas.Rect.Size() {
			continue
		}
		id, s.free = s.free[0], s.free[1:]
		s.draw(s.buffers[id])
		x.Set(native.HaveData, id)
	}
	return native.HaveData, nil
}

func put(b []byte, words ...int) {
	for i, w := range words {
		binary.NativeEndian.PutUint32(b[4*i:], uint32(w))
	}
}

func (s *Screen) draw(b *native.Buffer) {
	length := len(s.canvas.Pix)
	if len(s.dirty) == 0 {
		length = 0 // only the pointer
	}
	pixels.Swap(b.Data, s.canvas.Pix[:length], 0)
	put(b.Chunk, 0, length, s.size.X*4, 0)
	for _, m := range b.Metas {
		switch m.Type {
		case metaDamage:
			clear(m.Data)
			for i, r := range s.dirty {
				put(m.Data[16*i:], r.Min.X, r.Min.Y, r.Dx(), r.Dy())
			}
		case metaCursor:
			s.drawCursor(m.Data)
		}
	}
	s.dirty, s.moved = nil, false
	select {
	case s.drawn <- struct{}{}:
	default:
	}
	if s.spoil != nil {
		s.spoil(b)
	}
}

func (s *Screen) drawCursor(d []byte) {
	c := s.cursor
	clear(d)
	if c == nil {
		return
	}
	put(d, 1, 0, c.At.X, c.At.Y, c.Hot.X, c.Hot.Y)
	if !c.Fresh {
		return
	}
	c.Fresh = false
	const head, bitmap = 28, 20
	put(d[24:], head)
	if c.Shape == nil {
		return
	}
	size := c.Shape.Rect.Size()
	put(d[head:], formatRGBA, size.X, size.Y, size.X*4, bitmap)
	copy(d[head+bitmap:], c.Shape.Pix)
}
