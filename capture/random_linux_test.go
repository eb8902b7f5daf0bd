package capture_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/capture/capturetest"
	"github.com/alongside-remote/alongside/encode"
	"github.com/alongside-remote/alongside/internal/pixels"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
	"github.com/alongside-remote/alongside/viewer"
)

var (
	doodles    = flag.Int("doodles", 6, "random bursts of drawing on each X server")
	doodleSeed = flag.Uint64("doodleseed", 0, "the seed of the drawing; 0: another one each time")
)

// TestRandomDrawingIsExact: a program draws at random on a real X server, fast;
// whenever it rests, what viewers were sent is what the server shows.
func TestRandomDrawingIsExact(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *x11test.Server{
		"Xvfb":                       func(t testing.TB) *x11test.Server { return x11test.Start(t, "900x600x24") },
		"Xtigervnc":                  func(t testing.TB) *x11test.Server { return x11test.StartVNC(t, "900x600") },
		"Xvfb without shared memory": func(t testing.TB) *x11test.Server { return x11test.Start(t, "500x400x24", "-extension", "MIT-SHM") },
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			seed := *doodleSeed
			if seed == 0 {
				seed = uint64(time.Now().UnixNano()) / 1000 % 1e9
			}
			t.Logf("repeat with -doodleseed %d", seed)
			drawing(t, start(t), rand.New(rand.NewPCG(seed, 5)))
		})
	}
}

func drawing(t *testing.T, server *x11test.Server, rng *rand.Rand) {
	first := server.MustDump(t)
	d := capturetest.NewDoodler(t, server, first.Rect.Max)
	w := newAudience(t, server.Display)
	for range *doodles {
		told := []string{}
		for range 20 + rng.IntN(60) {
			told = append(told, d.Act(t, rng))
			switch rng.IntN(12) {
			case 0:
				d.Rest(t)
			case 1:
				w.viewers[rng.IntN(len(w.viewers))].canvas.Refresh()
			}
		}
		if strings.Contains(t.Name(), "Xtigervnc") {
			told = append(told, relayout(t, server, d, rng))
		}
		d.Rest(t)
		if err := w.same(t, server, d); err != nil {
			t.Fatalf("%v\nafter\n%s", err, strings.Join(told, "\n"))
		}
	}
}

// relayout changes the desktop's size or its monitors, or neither.
func relayout(t *testing.T, server *x11test.Server, d *capturetest.Doodler, rng *rand.Rand) string {
	t.Helper()
	switch rng.IntN(3) {
	case 0:
		size := image.Pt(400+rng.IntN(600), 300+rng.IntN(400))
		server.Resize(t, size)
		d.Fit(size)
		return fmt.Sprintf("resize the desktop to %v", size)
	case 1:
		size := server.MustDump(t).Rect.Max
		at := size.X/4 + rng.IntN(size.X/2)
		server.SetMonitors(t, image.Rect(0, 0, at, size.Y), image.Rect(at, 0, size.X, size.Y))
		return fmt.Sprintf("divide the desktop at %d", at)
	}
	return "leave the desktop as it is"
}

// audience captures a display and shows it to viewers.
type audience struct {
	viewers []*onlooker
	applied chan struct{} // has a value when something was applied
	mu      sync.Mutex
	err     error
	monitor []capture.Monitor
}

type onlooker struct {
	canvas *encode.Canvas
	mu     sync.Mutex
	view   *viewer.Canvas
	second bool // shows the last monitor only
}

func newAudience(t *testing.T, display string) *audience {
	t.Helper()
	w := &audience{applied: make(chan struct{}, 1)}
	shadow := new(capture.Shadow)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for i, ops := range [][]uint32{viewer.Operations(), {1, 5}, viewer.Operations()} {
		v := &onlooker{canvas: encode.New(encode.Options{Log: quiet(), Shadow: shadow}), view: viewer.NewCanvas(8 << 20), second: i == 2}
		if err := v.canvas.SetViewer(ops, 8<<20); err != nil {
			t.Fatal(err)
		}
		w.viewers = append(w.viewers, v)
		running.Go(func() { w.fail(v.run(ctx, w.ring)) })
	}
	src := open(t, capture.Options{Display: display, Backend: "x11"})
	if strings.Contains(t.Name(), "Xvfb") { // frames without the pixels of those before them
		capture.ReleaseAlways(src)
	}
	running.Go(func() { w.fail(w.capture(ctx, capture.RefineInto(src, shadow))) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
		_ = src.Close()
		for _, v := range w.viewers {
			v.canvas.Close()
			v.view.Close()
		}
	})
	return w
}

func (w *audience) ring() {
	select {
	case w.applied <- struct{}{}:
	default:
	}
}

// fail remembers the first error that is not the end.
func (w *audience) fail(err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
	}
	w.ring()
}

func (w *audience) capture(ctx context.Context, src capture.Refined) error {
	var f capture.Frame
	for {
		if err := src.Next(ctx, &f); err != nil {
			return err
		}
		if f.Layout {
			ms, err := src.Monitors()
			if err != nil {
				return err
			}
			w.mu.Lock()
			w.monitor = ms
			w.mu.Unlock()
		}
		src.Apply(func() {
			for _, v := range w.viewers {
				v.canvas.Update(&f)
			}
		})
		for _, v := range w.viewers {
			if f.Layout && v.second {
				w.mu.Lock()
				v.canvas.SetView(w.monitor[len(w.monitor)-1].Rect)
				w.mu.Unlock()
			}
		}
	}
}

func (v *onlooker) run(ctx context.Context, applied func()) error {
	var buf []byte
	for {
		select {
		case <-v.canvas.Changed():
		case <-ctx.Done():
			return ctx.Err()
		}
		for more := true; more; {
			if buf, more = v.canvas.Append(buf[:0], encode.MaxLimit); len(buf) == 0 {
				break
			}
			v.mu.Lock()
			err := v.view.Apply(v.canvas.Epoch(), buf)
			v.mu.Unlock()
			if err != nil {
				return err
			}
			applied()
		}
	}
}

// same waits until every viewer shows what the server does.
func (w *audience) same(t *testing.T, server *x11test.Server, d *capturetest.Doodler) error {
	truth := server.MustDump(t)
	deadline := time.After(30 * time.Second)
	for {
		wrong := w.differs(t, truth, d)
		if wrong == nil {
			return nil
		}
		select {
		case <-w.applied:
		case <-deadline:
			return wrong
		}
		w.mu.Lock()
		err := w.err
		w.mu.Unlock()
		if err != nil {
			return err
		}
	}
}

func (w *audience) differs(t *testing.T, truth *image.RGBA, d *capturetest.Doodler) error {
	for i, v := range w.viewers {
		place := v.canvas.View()
		want := truth.SubImage(place).(*image.RGBA)
		v.mu.Lock()
		var got *image.RGBA
		if m := v.view.Image(); m != nil && m.Rect.Size() == want.Rect.Size() {
			got = &image.RGBA{Pix: m.Pix, Stride: m.Stride, Rect: want.Rect}
		}
		diff, cursor := pixels.Difference(got, want), v.view.Cursor()
		v.mu.Unlock()
		if v.second {
			w.mu.Lock()
			last := w.monitor[len(w.monitor)-1].Rect
			w.mu.Unlock()
			if place != last {
				return fmt.Errorf("viewer %d shows %v, not %v", i, place, last)
			}
		} else if place != truth.Rect {
			return fmt.Errorf("viewer %d shows %v, the desktop is %v", i, place, truth.Rect)
		}
		if !diff.Empty() {
			return fmt.Errorf("viewer %d, which shows %v, differs in %v", i, place, diff)
		}
		if i != 0 {
			continue
		}
		q, err := xproto.QueryPointer(d.Conn.Conn, d.Root).Reply()
		if err != nil {
			t.Fatal(err)
		}
		if at := image.Pt(int(q.RootX), int(q.RootY)); cursor.Position != at {
			return fmt.Errorf("pointer at %v, not %v", cursor.Position, at)
		}
	}
	return nil
}
