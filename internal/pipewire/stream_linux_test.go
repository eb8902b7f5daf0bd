package pipewire_test

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/internal/pipewire"
	"github.com/alongside-remote/alongside/internal/pipewire/native"
	"github.com/alongside-remote/alongside/internal/pipewire/pipewiretest"
)

const patience = time.Minute

// viewer keeps a picture by what a stream says has changed, and nothing else.
type viewer struct {
	t      *testing.T
	stream *pipewire.Stream
	news   chan struct{}
	pic    *image.RGBA
	cursor pipewire.Cursor
	area   int // pixels that were damaged
}

func open(t *testing.T, target pipewire.Target) *viewer {
	t.Helper()
	v := &viewer{t: t, news: make(chan struct{}, 1)}
	target.News = v.news
	var err error
	if v.stream, err = pipewire.Open(target); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.stream.Close)
	return v
}

func (v *viewer) take(p *pipewire.Picture) {
	if v.pic == nil || v.pic.Rect.Size() != p.Size {
		v.pic = image.NewRGBA(image.Rectangle{Max: p.Size})
	}
	for _, r := range p.Damage {
		v.area += r.Dx() * r.Dy()
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				px := p.Pix[(y*p.Size.X+x)*4:]
				v.pic.SetRGBA(x, y, color.RGBA{px[2], px[1], px[0], 255})
			}
		}
	}
	if c := p.Cursor; c != nil {
		v.cursor.Position, v.cursor.Visible = c.Position, c.Visible
		if c.Shape {
			v.cursor = *c
		}
	}
}

// until waits for something to be so.
func (v *viewer) until(what string, so func() bool) {
	v.t.Helper()
	late := time.After(patience)
	for !so() {
		select {
		case <-v.news:
		case <-late:
			v.t.Fatalf("%s: it never came", what)
		}
		if err := v.stream.Take(v.take); err != nil {
			v.t.Fatalf("%s: %v", what, err)
		}
	}
}

func (v *viewer) shows(m *image.RGBA) func() bool {
	return func() bool { return v.pic != nil && v.pic.Rect == m.Rect && string(v.pic.Pix) == string(m.Pix) }
}

// ended waits for the end, and says why it came.
func (v *viewer) ended() error {
	v.t.Helper()
	late := time.After(patience)
	for {
		if err := v.stream.Take(v.take); err != nil {
			return err
		}
		select {
		case <-v.news:
		case <-late:
			v.t.Fatal("the stream does not end")
		}
	}
}

func filled(size image.Point, c color.RGBA) *image.RGBA {
	m := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(m, m.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	return m
}

var blue = color.RGBA{10, 20, 230, 255}

func started(t *testing.T, size image.Point) (*pipewiretest.Server, *pipewiretest.Screen, *viewer, *image.RGBA) {
	t.Helper()
	server := pipewiretest.Start(t)
	screen := pipewiretest.NewScreen(t, size)
	m := filled(size, blue)
	screen.Show(m, m.Rect)
	v := open(t, pipewire.Target{Node: screen.ID(t)})
	v.until("the first picture", v.shows(m))
	return server, screen, v, m
}

// What a program that is none of ours shows, in each format, by PipeWire's own library.
func TestReadsAnotherProgramsPictures(t *testing.T) {
	server := pipewiretest.Start(t)
	for _, format := range []string{"BGRx", "RGBA", "RGBx", "BGRA"} {
		name := "gst-" + format
		cmd := exec.Command("gst-launch-1.0", "videotestsrc", "pattern=solid-color", "foreground-color=0xffe01428", "!",
			"video/x-raw,width=322,height=243,framerate=30/1,format="+format, "!", "pipewiresink", "stream-properties=p,media.class=Video/Source,node.name="+name)
		if err := cmd.Start(); err != nil {
			t.Fatalf("gst-launch-1.0 (`make deps` installs it): %v", err)
		}
		defer func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}()
		remote, err := server.Connect()
		if err != nil {
			t.Fatal(err)
		}
		v := open(t, pipewire.Target{Node: nodeOf(t, name), Remote: remote})
		_ = remote.Close()
		v.until(format, v.shows(filled(image.Pt(322, 243), color.RGBA{0xe0, 0x14, 0x28, 255})))
		v.stream.Close()
	}
}

// nodeOf waits for a node of a name.
func nodeOf(t *testing.T, name string) uint32 {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		out, err := exec.Command("pw-dump").Output()
		if err != nil {
			t.Fatal(err)
		}
		var all []struct {
			ID   uint32
			Info struct{ Props map[string]any }
		}
		if err := json.Unmarshal(out, &all); err != nil {
			continue // it was being changed
		}
		for _, o := range all {
			if o.Info.Props["node.name"] == name {
				return o.ID
			}
		}
	}
	t.Fatalf("no node %s", name)
	return 0
}

func TestFollowsWhatChanges(t *testing.T) {
	_, screen, v, m := started(t, image.Pt(301, 207))
	before := v.area
	rnd := rand.New(rand.NewPCG(1, 2))
	changed := 0
	for range 40 {
		at := image.Pt(rnd.IntN(290), rnd.IntN(200))
		r := image.Rectangle{at, at.Add(image.Pt(1+rnd.IntN(9), 1+rnd.IntN(6)))}.Intersect(m.Rect)
		draw.Draw(m, r, image.NewUniform(color.RGBA{uint8(rnd.Uint32()), uint8(rnd.Uint32()), 7, 255}), image.Point{}, draw.Src)
		changed += r.Dx() * r.Dy()
		screen.Show(m, r)
		v.until("a change", v.shows(m))
	}
	if got := v.area - before; got != changed {
		t.Errorf("%d pixels were said to have changed, and %d did", got, changed)
	}
}

// Who looks late sees the newest picture, and all that changed until then.
func TestNewestPictureWins(t *testing.T) {
	_, screen, v, m := started(t, image.Pt(200, 200))
	screen.Drawn(t)
	for i := range 60 {
		r := image.Rect(i*3, i*3, i*3+3, i*3+3)
		draw.Draw(m, r, image.NewUniform(color.RGBA{uint8(i), 200, 0, 255}), image.Point{}, draw.Src)
		screen.Show(m, r)
		screen.Drawn(t)
	}
	v.until("all changes", v.shows(m))
}

func TestSizeChanges(t *testing.T) {
	_, screen, v, _ := started(t, image.Pt(320, 240))
	for i, size := range []image.Point{{500, 300}, {64, 48}, {320, 240}} {
		m := filled(size, color.RGBA{uint8(40 * i), 200, 9, 255})
		screen.Show(m, m.Rect)
		v.until(size.String(), v.shows(m))
		r := image.Rect(5, 6, 7, 9)
		draw.Draw(m, r, image.NewUniform(blue), image.Point{}, draw.Src)
		screen.Show(m, r)
		v.until("a change afterwards", v.shows(m))
	}
}

func TestTheCursor(t *testing.T) {
	_, screen, v, m := started(t, image.Pt(320, 240))
	shape := filled(image.Pt(12, 19), color.RGBA{64, 0, 32, 128})
	screen.Point(&pipewiretest.Cursor{At: image.Pt(100, 50), Shape: shape, Hot: image.Pt(2, 3), Fresh: true})
	v.until("a cursor", func() bool { return v.cursor.Visible && v.cursor.Position == image.Pt(100, 50) })
	if c := v.cursor; c.Size != image.Pt(12, 19) || c.Hot != image.Pt(2, 3) || len(c.Pix) != 12*19*4 || [4]byte(c.Pix) != [4]byte{128, 0, 64, 128} {
		t.Errorf("cursor of %v at %v, first pixel %v", c.Size, c.Hot, c.Pix[:4])
	}
	area := v.area
	screen.Point(&pipewiretest.Cursor{At: image.Pt(7, 8)})
	v.until("another place", func() bool { return v.cursor.Position == image.Pt(7, 8) })
	if len(v.cursor.Pix) == 0 || v.area != area || !v.shows(m)() {
		t.Error("the shape or the picture did not stay")
	}
	screen.Point(nil)
	v.until("no cursor", func() bool { return !v.cursor.Visible })
}

func TestEnds(t *testing.T) {
	t.Run("node gone", func(t *testing.T) {
		_, screen, v, _ := started(t, image.Pt(32, 24))
		screen.Close()
		if err := v.ended(); !errors.Is(err, native.ErrEnded) {
			t.Error(err)
		}
	})
	t.Run("daemon gone", func(t *testing.T) {
		server, _, v, _ := started(t, image.Pt(32, 24))
		server.Stop()
		if err := v.ended(); !errors.Is(err, native.ErrEnded) {
			t.Error(err)
		}
		if _, err := pipewire.Open(pipewire.Target{Node: 1}); !errors.Is(err, native.ErrNoDaemon) {
			t.Error(err)
		}
	})
	t.Run("no such node", func(t *testing.T) {
		pipewiretest.Start(t)
		if err := open(t, pipewire.Target{Node: 4711}).ended(); !errors.Is(err, native.ErrEnded) {
			t.Error(err)
		}
	})
	t.Run("closed", func(t *testing.T) {
		_, _, v, _ := started(t, image.Pt(32, 24))
		v.stream.Close()
		v.stream.Close()
		if err := v.ended(); !errors.Is(err, native.ErrClosed) {
			t.Error(err)
		}
	})
}

// A producer that lies about its picture ends the stream, and nothing else.
func TestPicturesThatDoNotFit(t *testing.T) {
	for name, spoil := range map[string]func(*native.Buffer){
		"beyond the end": func(b *native.Buffer) { binary.NativeEndian.PutUint32(b.Chunk, 4096) },
		"rows too long":  func(b *native.Buffer) { binary.NativeEndian.PutUint32(b.Chunk[8:], 1<<30) },
		"rows too short": func(b *native.Buffer) { binary.NativeEndian.PutUint32(b.Chunk[8:], 4) },
		"rows upwards":   func(b *native.Buffer) { binary.NativeEndian.PutUint32(b.Chunk[8:], 1<<31) },
	} {
		t.Run(name, func(t *testing.T) {
			_, screen, v, _ := started(t, image.Pt(32, 24))
			screen.Spoil(spoil)
			if err := v.ended(); !errors.Is(err, native.ErrProtocol) {
				t.Error(err)
			}
		})
	}
}

// Damage outside of the picture is cut, and a cursor without sense is none.
func TestOddMetas(t *testing.T) {
	_, screen, v, m := started(t, image.Pt(32, 24))
	screen.Point(&pipewiretest.Cursor{At: image.Pt(1, 1), Shape: filled(image.Pt(4, 4), blue), Fresh: true})
	v.until("a cursor", func() bool { return len(v.cursor.Pix) > 0 })
	rnd := rand.New(rand.NewPCG(7, 7))
	screen.Spoil(func(b *native.Buffer) {
		for _, meta := range b.Metas {
			for i := range meta.Data {
				meta.Data[i] = byte(rnd.Uint32())
			}
			if meta.Type == 5 { // a cursor with a shape just inside of its room
				binary.NativeEndian.PutUint32(meta.Data[24:], uint32(len(meta.Data))-20)
			}
		}
	})
	for range 30 {
		screen.Show(m, m.Rect)
		was := v.cursor.Position
		v.until("another picture", func() bool { return v.cursor.Position != was })
	}
	screen.Spoil(nil)
	m = filled(image.Pt(32, 24), color.RGBA{1, 2, 3, 255})
	screen.Show(m, m.Rect)
	v.until("a picture with sense", v.shows(m))
}

func TestNothingLeaks(t *testing.T) {
	_, screen, v, m := started(t, image.Pt(64, 48))
	v.stream.Close()
	cycle := func() {
		late := open(t, pipewire.Target{Node: screen.ID(t)})
		late.until("a picture", late.shows(m))
		late.stream.Close()
	}
	held := func() (files, maps int) {
		fds, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile("/proc/self/maps")
		if err != nil {
			t.Fatal(err)
		}
		return len(fds), strings.Count(string(b), "memfd:pipewire")
	}
	cycle()
	files, maps := held()
	for range 20 {
		cycle()
	}
	// The node that draws has memory of links, too, of which some may be on their way.
	if f, n := held(); f > files+8 || n > maps+8 {
		t.Errorf("%d files and %d mappings before, %d and %d after", files, maps, f, n)
	}
}
