package encode_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/capture/capturetest"
	"github.com/alongside-remote/alongside/encode"
	"github.com/alongside-remote/alongside/internal/pixels"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
)

// wrongHints: whether sources may tell of moves that were not.
const wrongHints = true

// onlookers is how many look at a desktop at a time: one of each sort.
const onlookers = 7

// onlooker is a canvas of the agent and the viewer at the other end.
type onlooker struct {
	name    string
	sort    int
	canvas  *encode.Canvas
	view    *viewer.Canvas
	ops     []uint32
	cache   uint32
	monitor uint32
	least   int  // of limits, bytes
	slow    bool // takes nothing, mostly
	rough   bool // decodes photos in its own way
	thin    bool // takes little at a time
	cut     bool // what is sent gets lost until there is a new epoch
	epoch   uint32
	grain   *rand.Rand
	window  *image.RGBA
	record  *recordedView // nil: not recorded
	buf     []byte
}

func newOnlooker(i int, rng *rand.Rand) *onlooker {
	v := &onlooker{sort: i, least: 1 << 10, grain: rand.New(rand.NewPCG(rng.Uint64(), 2))}
	v.attach(rng)
	return v
}

// attach begins with canvases of its own on both sides.
func (v *onlooker) attach(rng *rand.Rand) {
	v.close()
	without := func(kinds ...wire.OpKind) (ops []uint32) {
		for _, k := range viewer.Operations() {
			if !slices.Contains(kinds, wire.OpKind(k)) {
				ops = append(ops, k)
			}
		}
		return ops
	}
	v.cache, v.ops, v.slow, v.rough, v.thin = 32<<20, viewer.Operations(), false, false, false
	switch v.sort {
	case 0:
		v.name = "knows all"
	case 1:
		v.name, v.ops, v.cache = "resize and lossless only", []uint32{uint32(wire.OpResize), uint32(wire.OpLossless)}, 0
	case 2:
		v.name, v.ops = "without move", without(wire.OpMove)
	case 3:
		v.name, v.ops = "without cache operations or some other", without([][]wire.OpKind{
			{wire.OpStore, wire.OpCached}, {wire.OpStore}, {wire.OpCached}, {wire.OpPhoto}, {wire.OpFill}, {wire.OpResidual}, {wire.OpTables}, {wire.OpCursorShape},
		}[rng.IntN(8)]...)
	case 4:
		v.name, v.rough = "small cache, decodes photos roughly", true
		v.cache = []uint32{0, 1, 4*64*64 - 1, 4 * 64 * 64, 3 * 4 * 64 * 64, 20 * 4 * 64 * 64, 200 * 4 * 64 * 64}[rng.IntN(7)]
	case 5:
		v.name, v.slow, v.rough = "slow", true, true
	case 6:
		v.name, v.rough, v.thin = "on a thin path", true, true
	}
	v.canvas = encode.New(encode.Options{Log: slog.New(slog.DiscardHandler)})
	v.view, v.epoch, v.cut = viewer.NewCanvas(v.cache), 0, false
	cache := v.cache
	v.record.add(recorded{Cache: &cache})
	v.canvas.SetFar(v.thin)
	if err := v.canvas.SetViewer(v.ops, v.cache); err != nil {
		panic(err)
	}
}

func (v *onlooker) close() {
	if v.canvas != nil {
		v.canvas.Close()
		v.view.Close()
	}
}

func (v *onlooker) String() string {
	return fmt.Sprintf("viewer %q, %d bytes of cache, operations %v, monitor %d", v.name, v.cache, v.ops, v.monitor)
}

// aim has the canvas show the monitor that the viewer wants, as the helper does.
func (v *onlooker) aim(s *audience) {
	var r image.Rectangle
	for _, m := range s.desk.Monitors() {
		if m.ID == v.monitor {
			r = m.Rect
		}
	}
	v.canvas.SetView(r)
}

// live is some time in the life of a viewer.
func (v *onlooker) live(rng *rand.Rand, s *audience) error {
	switch rng.IntN(60) {
	case 0:
		s.play.tell("  %s: refresh", v.name)
		v.refresh()
	case 1:
		v.monitor = uint32(rng.IntN(5))
		s.play.tell("  %s: monitor %d", v.name, v.monitor)
		v.aim(s)
	case 2:
		s.play.tell("  %s: loses its connection", v.name)
		v.cut = true
	case 3:
		s.play.tell("  %s: another viewer on the same canvas", v.name)
		v.cache = uint32(rng.IntN(1 << 21))
		v.view.Close()
		v.view, v.cut = viewer.NewCanvas(v.cache), false
		cache := v.cache
		v.record.add(recorded{Cache: &cache})
		if err := v.canvas.SetViewer(v.ops, v.cache); err != nil {
			return err
		}
		v.canvas.Refresh()
	case 4:
		far := rng.IntN(2) == 0
		s.play.tell("  %s: far %v", v.name, far)
		v.canvas.SetFar(far)
	case 5:
		s.play.tell("  %s: attaches anew", v.name)
		v.attach(rng)
		v.aim(s)
		var f capture.Frame
		if rng.IntN(2) == 0 && s.refined.Look(&f) {
			v.canvas.Update(&f)
			break
		}
		s.open(rng)
		if err := s.look(); err != nil {
			return err
		}
	}
	if v.cut && rng.IntN(4) == 0 {
		s.play.tell("  %s: is back", v.name)
		v.refresh()
	}
	credit := rng.IntN(4)
	if v.slow && rng.IntN(4) > 0 {
		credit = 0
	}
	for range credit {
		if _, err := v.take(v.limit(rng)); err != nil {
			return err
		}
		if v.epoch == v.canvas.Epoch() && !v.cut && rng.IntN(3) == 0 {
			if err := v.compare(s.eye.Picture, v.canvas.Unsure()); err != nil {
				return fmt.Errorf("taken for exact: %w", err)
			}
		}
	}
	return nil
}

// limit is one of an update.
func (v *onlooker) limit(rng *rand.Rand) int {
	limit := v.least << rng.IntN(10)
	if v.thin {
		limit = v.least << rng.IntN(4)
	}
	return min(limit+rng.IntN(limit), encode.MaxLimit)
}

func (v *onlooker) refresh() {
	v.cut = false
	v.canvas.Refresh()
}

// take takes one update and tells whether more could be had.
func (v *onlooker) take(limit int) (more bool, err error) {
	v.buf, more = v.canvas.Append(v.buf[:0], limit)
	if len(v.buf) == 0 {
		if more {
			return false, errors.New("nothing appended, but more is promised")
		}
		return false, nil
	}
	if len(v.buf) > wire.MaxMediaPayload {
		return false, fmt.Errorf("update of %d bytes", len(v.buf))
	}
	if v.cut {
		return more, nil
	}
	epoch := v.canvas.Epoch()
	if epoch < v.epoch {
		return false, fmt.Errorf("epoch %d after %d", epoch, v.epoch)
	}
	v.epoch = epoch
	v.record.add(recorded{Epoch: epoch, Update: slices.Clone(v.buf)})
	if err := v.apply(epoch, v.buf); err != nil {
		return false, err
	}
	return more, nil
}

// apply does what an update says, with what it knows.
func (v *onlooker) apply(epoch uint32, payload []byte) error {
	for r := wire.NewOpReader(payload); ; {
		op, err := r.Next()
		if err != nil {
			return err
		}
		if op == nil {
			break
		}
		if !slices.Contains(v.ops, uint32(op.Kind)) {
			return fmt.Errorf("operation %d was not asked for", op.Kind)
		}
	}
	if !v.rough {
		err := v.view.Apply(epoch, payload)
		v.repaint()
		return err
	}
	// Decoders of JPEG differ: nothing may build on what one makes of it.
	for len(payload) > 0 {
		n := wire.OpHeaderSize + int(binary.BigEndian.Uint32(payload[1:]))
		op, err := wire.NewOpReader(payload[:n]).Next()
		if err != nil {
			return err
		}
		if err := v.view.Apply(epoch, payload[:n]); err != nil {
			return err
		}
		if op != nil && op.Kind == wire.OpPhoto {
			v.spoil(op.Rects[0])
		}
		v.repaint()
		payload = payload[n:]
	}
	return nil
}

// repaint does what a window does that shows the canvas: it copies what the
// canvas says it may have changed.
func (v *onlooker) repaint() {
	m := v.view.Image()
	if m == nil {
		return
	}
	if v.window == nil || v.window.Rect != m.Rect {
		v.window = image.NewRGBA(m.Rect)
	}
	for _, r := range v.view.Damage() {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			at := m.PixOffset(r.Min.X, y)
			copy(v.window.Pix[at:at+4*r.Dx()], m.Pix[at:])
		}
	}
}

func (v *onlooker) spoil(r wire.Rect) {
	img := v.view.Image()
	for y := int(r.Y); y < int(r.Y)+int(r.H); y++ {
		row := img.Pix[img.PixOffset(int(r.X), y):][:4*int(r.W)]
		for i := range row {
			if i%4 < 3 {
				row[i] ^= uint8(1 + v.grain.IntN(3))
			}
		}
	}
}

// settle takes all until nothing has rung for longer than any refinement waits.
func (v *onlooker) settle(s *audience, truth *image.RGBA) error {
	if v.cut {
		v.refresh()
	}
	limit := encode.MaxLimit
	if v.thin || v.grain.IntN(4) == 0 {
		limit = v.limit(v.grain)
	}
	for {
		for more := true; more; {
			var err error
			if more, err = v.take(limit); err != nil {
				return err
			}
			if err := v.compare(truth, v.canvas.Unsure()); err != nil {
				return fmt.Errorf("taken for exact: %w", err)
			}
		}
		select {
		case <-v.canvas.Changed():
			continue
		case <-time.After(time.Minute):
		}
		break
	}
	if u := v.canvas.Unsure(); len(u) > 0 {
		return fmt.Errorf("still unsure of %v", u)
	}
	if err := v.compare(truth, nil); err != nil {
		return fmt.Errorf("at rest: %w", err)
	}
	v.record.picture(v.view)
	return v.comparePointer(s.desk)
}

// compare looks whether what is shown is the truth, but for where that is not
// claimed.
func (v *onlooker) compare(truth *image.RGBA, unsure []image.Rectangle) error {
	place := v.canvas.View()
	if v.view.Size() != place.Size() {
		return fmt.Errorf("shows %v of %v", v.view.Size(), place)
	}
	got := v.window
	want := truth.SubImage(place).(*image.RGBA)
	for y := range place.Dy() {
		g, w := got.Pix[y*got.Stride:][:4*place.Dx()], want.Pix[y*want.Stride:][:4*place.Dx()]
		if string(g) == string(w) {
			continue
		}
		for x := 0; x < place.Dx(); x++ {
			if string(g[4*x:4*x+4]) == string(w[4*x:4*x+4]) {
				continue
			}
			at := image.Pt(x, y)
			if i := slices.IndexFunc(unsure, func(r image.Rectangle) bool { return at.In(r) }); i >= 0 {
				x = unsure[i].Max.X - 1
				continue
			}
			d := pixels.Difference(got, &image.RGBA{Pix: want.Pix, Stride: want.Stride, Rect: got.Rect})
			return fmt.Errorf("%v is %v, not %v (of %v, desktop at %v); differences within %v",
				at, g[4*x:4*x+3], w[4*x:4*x+3], v.view.Size(), place.Min, d)
		}
	}
	return nil
}

func (v *onlooker) comparePointer(d *capturetest.Desktop) error {
	has := func(k wire.OpKind) bool { return slices.Contains(v.ops, uint32(k)) }
	if !has(wire.OpCursorShape) || !has(wire.OpCursorPosition) {
		return nil
	}
	got, want, place := v.view.Cursor(), d.Cursor(), v.canvas.View()
	if shown := want.Visible && want.Position.In(place); got.Visible != shown {
		return fmt.Errorf("pointer visible %v, want %v", got.Visible, shown)
	} else if !shown {
		return nil
	}
	if p := want.Position.Sub(place.Min); got.Position != p || got.Hot != want.Hot || got.Size != want.Size {
		return fmt.Errorf("pointer at %v, want %v; size %v, %v; hot %v, %v", got.Position, p, got.Size, want.Size, got.Hot, want.Hot)
	}
	if string(got.Pix) != string(want.Pix) {
		return errors.New("another pointer than the desktop's")
	}
	return nil
}
