package capture

import (
	"image"
	"io"
	"log/slog"
	"testing"

	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/internal/x11"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
)

func benchSource(b *testing.B, args ...string) (*x11Source, *x11test.Server) {
	b.Helper()
	server := x11test.Start(b, "1920x1080x24", args...)
	s, err := Open(b.Context(), Options{Display: server.Display, Backend: "x11", Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s.(*x11Source), server
}

func next(b *testing.B, s Source, f *Frame) {
	if err := s.Next(b.Context(), f); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkFullGrab(b *testing.B) {
	for name, args := range map[string][]string{"shared": nil, "socket": {"-extension", "MIT-SHM"}} {
		b.Run(name, func(b *testing.B) {
			s, _ := benchSource(b, args...)
			var f Frame
			next(b, s, &f)
			b.SetBytes(int64(len(f.Pix)))
			for b.Loop() {
				s.todo.full = true
				next(b, s, &f)
			}
		})
	}
}

// BenchmarkPieceGrab is of a window that scrolls and of a video.
func BenchmarkPieceGrab(b *testing.B) {
	for name, r := range map[string]image.Rectangle{
		"scroll": image.Rect(60, 60, 1260, 960),
		"video":  image.Rect(60, 60, 700, 420),
	} {
		b.Run(name, func(b *testing.B) {
			s, _ := benchSource(b)
			var f Frame
			next(b, s, &f)
			b.SetBytes(int64(area(r)) * 4)
			for b.Loop() {
				s.todo.rects = append(s.todo.rects[:0], r)
				next(b, s, &f)
			}
		})
	}
}

// BenchmarkSmallDamage is from the request of a client to draw 64×64 pixels to
// the frame that has them.
func BenchmarkSmallDamage(b *testing.B) {
	s, server := benchSource(b)
	c, err := x11.Open(b.Context(), x11.Target{Display: server.Display})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	gc, err := xproto.NewGcontextId(c.Conn)
	if err != nil {
		b.Fatal(err)
	}
	root := xproto.Drawable(c.Root)
	if err := xproto.CreateGCChecked(c.Conn, gc, root, xproto.GcSubwindowMode, []uint32{xproto.SubwindowModeIncludeInferiors}).Check(); err != nil {
		b.Fatal(err)
	}
	var f Frame
	next(b, s, &f)
	r := image.Rect(500, 500, 564, 564)
	at := r.Min.Y*f.Stride + r.Min.X*4
	i := uint32(0)
	for b.Loop() {
		i++
		xproto.ChangeGC(c.Conn, gc, xproto.GcForeground, []uint32{i & 0xff})
		xproto.PolyFillRectangle(c.Conn, root, gc, []xproto.Rectangle{{X: int16(r.Min.X), Y: int16(r.Min.Y), Width: 64, Height: 64}})
		for f.Pix[at] != byte(i) {
			next(b, s, &f)
		}
	}
}

func BenchmarkRefineEqualFrame(b *testing.B) {
	rect := image.Rect(0, 0, 1920, 1080)
	f := Frame{Rect: rect, Stride: 1920 * 4, Pix: make([]byte, 1920*1080*4), Damage: []image.Rectangle{rect}}
	r := Refine(nil).(*refined)
	r.refine(&f)
	r.expect(&f)
	b.SetBytes(int64(len(f.Pix)))
	for b.Loop() {
		f.Damage = append(f.Damage[:0], rect)
		r.refine(&f)
	}
	if len(f.Damage) != 0 {
		b.Fatal("an equal frame has damage")
	}
}
