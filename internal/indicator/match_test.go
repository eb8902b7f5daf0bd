package indicator

import (
	"image"
	"image/color"
	"image/draw"
	"testing"

	xdraw "golang.org/x/image/draw"
)

// picture is a desktop.
type picture struct {
	at  image.Rectangle
	pix []byte
}

func newPicture(at image.Rectangle) *picture { return &picture{at, make([]byte, 4*at.Dx()*at.Dy())} }

func (p *picture) Rect() image.Rectangle { return p.at }

func (p *picture) Row(y, x0, x1 int) []byte {
	row := p.pix[4*p.at.Dx()*(y-p.at.Min.Y):][:4*p.at.Dx()]
	return row[4*(x0-p.at.Min.X) : 4*(x1-p.at.Min.X)]
}

// put shows a picture at a point.
func (p *picture) put(img *image.RGBA, at image.Point) {
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			q := image.Pt(x, y).Add(at)
			if c := img.RGBAAt(img.Rect.Min.X+x, img.Rect.Min.Y+y); q.In(p.at) && c.A != 0 {
				copy(p.Row(q.Y, q.X, q.X+1), []byte{c.B, c.G, c.R, 0})
			}
		}
	}
}

func (p *picture) fill(r image.Rectangle, c color.RGBA) {
	r = r.Intersect(p.at)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for row := p.Row(y, r.Min.X, r.Max.X); len(row) > 0; row = row[4:] {
			row[0], row[1], row[2] = c.B, c.G, c.R
		}
	}
}

var ground, ink = color.RGBA{0x12, 0x2a, 0x2a, 0xff}, color.RGBA{0xff, 0xff, 0xff, 0xff}

// drawn is something with strokes of letters' width on a ground, and a line below.
func drawn(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Rect, image.NewUniform(ground), image.Point{}, draw.Src)
	for x := 8; x < w-8; x++ {
		for y := 8; y < h-8; y++ {
			if (x*7+y*3)%11 < 3 && x%9 < 6 {
				img.SetRGBA(x, y, ink)
			}
		}
	}
	draw.Draw(img, image.Rect(0, h-2, w, h), image.NewUniform(color.RGBA{0xff, 0xb0, 0x20, 0xff}), image.Point{}, draw.Src)
	return img
}

// scaled is a banner of X at a place of a monitor, which shows it scaled, with its edges
// where they fall or, rounded, on pixels.
type scaled struct {
	img     *image.RGBA
	banner  *Banner
	monitor image.Rectangle
	area    image.Rectangle
}

func newScaled(t *testing.T, factor float64, at image.Point, how xdraw.Interpolator, rounded bool) (*scaled, *picture) {
	t.Helper()
	const mw, mh, w, h = 320, 60, 200, 44
	s := &scaled{img: drawn(w, h)}
	here := image.Rect(0, 0, mw, mh)
	b, err := Read(Placed(nil, s.img, []Place{{here, image.Rectangle{Max: image.Pt(w, h)}.Add(at)}}))
	if err != nil {
		t.Fatal(err)
	}
	s.banner = b
	corner := image.Pt(100, -50)
	s.monitor = image.Rectangle{Max: image.Pt(int(mw*factor+0.5), int(mh*factor+0.5))}.Add(corner)
	p := newPicture(s.monitor.Union(image.Rect(80, -60, 110, 0)))
	p.fill(s.monitor, color.RGBA{0x20, 0x40, 0x80, 0xff})
	// Eight times as fine as a pixel of the monitor, and then in between.
	x0, y0 := float64(at.X)*factor, float64(at.Y)*factor
	if rounded {
		x0, y0 = float64(int(x0+0.5)), float64(int(y0+0.5))
	}
	out := image.NewRGBA(image.Rectangle{Max: s.monitor.Size()})
	how.Transform(out, [6]float64{factor, 0, x0, 0, factor, y0}, s.img, s.img.Rect, draw.Src, nil)
	p.put(out, corner)
	s.area = image.Rect(int(x0), int(y0), int(x0+w*factor), int(y0+h*factor)).Add(corner)
	return s, p
}

// nearest and linear are how compositors scale.
var filters = map[string]xdraw.Interpolator{"nearest": xdraw.NearestNeighbor, "linear": xdraw.ApproxBiLinear}

// TestSeenAtEveryScale: as it was drawn, and scaled by the compositor in whatever way, with
// its edges on pixels or between.
func TestSeenAtEveryScale(t *testing.T) {
	for name, how := range filters {
		for _, factor := range []float64{1, 1.25, 4.0 / 3, 1.5, 2, 3} {
			for _, at := range []image.Point{{61, 0}, {120, 3}} {
				for _, rounded := range []bool{false, true} {
					if name == "nearest" && factor != float64(int(factor)) {
						continue
					}
					s, p := newScaled(t, factor, at, how, rounded)
					if !s.banner.On(p, s.monitor) {
						t.Errorf("%s, %v times at %v, rounded %v: not seen", name, factor, at, rounded)
					}
				}
			}
		}
	}
}

// TestNotSeen: covered in part, painted over in the mean of its colours, faded, elsewhere,
// or not there at all.
func TestNotSeen(t *testing.T) {
	for _, factor := range []float64{1, 1.25, 1.5, 2} {
		for name, cover := range map[string]func(*scaled, *picture){
			"gone":    func(s *scaled, p *picture) { p.fill(s.area, color.RGBA{0x20, 0x40, 0x80, 0xff}) },
			"a word":  func(s *scaled, p *picture) { p.fill(part(s.area, 0.2, 0.3), ground) },
			"an edge": func(s *scaled, p *picture) { p.fill(part(s.area, 0.97, 1), color.RGBA{A: 0xff}) },
			"the mean": func(s *scaled, p *picture) {
				p.fill(part(s.area, 0.1, 0.9).Inset(int(9*factor)), color.RGBA{0x88, 0x94, 0x94, 0xff})
			},
			"faded": func(s *scaled, p *picture) {
				for i := range p.pix {
					p.pix[i] = p.pix[i]/2 + 64
				}
			},
			"moved": func(s *scaled, p *picture) {
				moved := newPicture(p.at)
				for y := p.at.Min.Y; y < p.at.Max.Y; y++ {
					copy(moved.Row(y, p.at.Min.X+4, p.at.Max.X), p.Row(y, p.at.Min.X, p.at.Max.X-4))
				}
				p.pix = moved.pix
			},
			"other words": func(s *scaled, p *picture) {
				for y := s.area.Min.Y; y < s.area.Max.Y; y++ { // mirrored
					row := p.Row(y, s.area.Min.X, s.area.Max.X)
					for i, j := 0, len(row)-4; i < j; i, j = i+4, j-4 {
						for k := range 4 {
							row[i+k], row[j+k] = row[j+k], row[i+k]
						}
					}
				}
			},
		} {
			s, p := newScaled(t, factor, image.Pt(61, 0), xdraw.ApproxBiLinear, false)
			cover(s, p)
			if s.banner.On(p, s.monitor) {
				t.Errorf("%v times, %s: seen", factor, name)
			}
		}
	}
}

// part is the columns of a rectangle between two fractions.
func part(r image.Rectangle, from, to float64) image.Rectangle {
	w := float64(r.Dx())
	return image.Rect(r.Min.X+int(w*from), r.Min.Y, r.Min.X+int(w*to), r.Max.Y)
}

// TestAPointerOverIt: as small as a pointer is, it covers nothing.
func TestAPointerOverIt(t *testing.T) {
	s, p := newScaled(t, 1, image.Pt(60, 0), xdraw.NearestNeighbor, false)
	p.fill(image.Rectangle{Max: image.Pt(7, 9)}.Add(s.area.Min.Add(image.Pt(100, 10))), color.RGBA{A: 0xff})
	if !s.banner.On(p, s.monitor) {
		t.Error("not seen")
	}
	p.fill(image.Rectangle{Max: image.Pt(12, 12)}.Add(s.area.Min.Add(image.Pt(100, 10))), color.RGBA{A: 0xff})
	if s.banner.On(p, s.monitor) {
		t.Error("seen with more than a pointer over it")
	}
}

// TestOtherMonitors: one of another shape, one that is scaled too far, and one that is not
// in the picture show nothing; one of the same shape shows it wherever it stands.
func TestOtherMonitors(t *testing.T) {
	s, p := newScaled(t, 1, image.Pt(60, 0), xdraw.NearestNeighbor, false)
	for _, m := range []image.Rectangle{
		{s.monitor.Min, s.monitor.Max.Sub(image.Pt(50, 0))},
		{s.monitor.Min, s.monitor.Min.Add(image.Pt(32, 6))},
		s.monitor.Add(image.Pt(1, 0)),
		{},
		{s.monitor.Min, s.monitor.Min.Add(s.monitor.Size().Mul(9))},
	} {
		if s.banner.On(p, m) {
			t.Errorf("seen on %v", m)
		}
	}
	if !s.banner.Touches(s.area, s.monitor) || s.banner.Touches(s.area.Add(image.Pt(0, 44)), s.monitor) {
		t.Error("what touches it")
	}
}

func BenchmarkOn(b *testing.B) {
	for name, factor := range map[string]float64{"plain": 1, "scaled": 1.5} {
		b.Run(name, func(b *testing.B) {
			s, p := newScaled(&testing.T{}, factor, image.Pt(60, 0), xdraw.ApproxBiLinear, false)
			for b.Loop() {
				s.banner.On(p, s.monitor)
			}
		})
	}
}
