package indicator

import (
	"bytes"
	"errors"
	"image"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
)

func placed(edit func(*ipcpb.BannerPlaced)) *ipcpb.BannerPlaced {
	m := &ipcpb.BannerPlaced{
		Width: 100, Height: 20, Pixels: make([]byte, 100*20*3),
		Spots: []*ipcpb.BannerSpot{{MonitorWidth: 640, MonitorHeight: 480, X: 270}},
	}
	if edit != nil {
		edit(m)
	}
	return m
}

// TestAbsurdBanners: whatever a tray sends, nothing outside of a picture is looked at, and
// no more memory is taken than a banner needs.
func TestAbsurdBanners(t *testing.T) {
	if _, err := Read(placed(nil)); err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string]func(*ipcpb.BannerPlaced){
		"nothing":          func(m *ipcpb.BannerPlaced) { proto.Reset(m) },
		"no spots":         func(m *ipcpb.BannerPlaced) { m.Spots = nil },
		"many spots":       func(m *ipcpb.BannerPlaced) { m.Spots = make([]*ipcpb.BannerSpot, MaxSpots+1) },
		"a spot of nil":    func(m *ipcpb.BannerPlaced) { m.Spots = append(m.Spots, nil) },
		"a dot":            func(m *ipcpb.BannerPlaced) { m.Width, m.Height, m.Pixels = 1, 1, m.Pixels[:3] },
		"a line":           func(m *ipcpb.BannerPlaced) { m.Width, m.Height = 2000, 1 },
		"pixels missing":   func(m *ipcpb.BannerPlaced) { m.Pixels = m.Pixels[1:] },
		"pixels too many":  func(m *ipcpb.BannerPlaced) { m.Pixels = append(m.Pixels, 0) },
		"sides that wrap":  func(m *ipcpb.BannerPlaced) { m.Width, m.Height = 1<<31, 1<<31 },
		"a wall":           func(m *ipcpb.BannerPlaced) { m.Width, m.Height, m.Pixels = 4000, 1000, make([]byte, 12e6) },
		"beside":           func(m *ipcpb.BannerPlaced) { m.Spots[0].X = 541 },
		"below":            func(m *ipcpb.BannerPlaced) { m.Spots[0].Y = 461 },
		"beyond":           func(m *ipcpb.BannerPlaced) { m.Spots[0].X = 1<<32 - 1 },
		"a huge monitor":   func(m *ipcpb.BannerPlaced) { m.Spots[0].MonitorWidth = 1 << 16 },
		"a monitor of nil": func(m *ipcpb.BannerPlaced) { m.Spots[0] = &ipcpb.BannerSpot{} },
	} {
		if _, err := Read(placed(edit)); !errors.Is(err, ErrAbsurd) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPlacedIsRead(t *testing.T) {
	img := drawn(200, 30)
	m := Placed([]byte("s"), img, []Place{{image.Rect(-640, 10, 0, 490), image.Rect(-420, 10, -220, 40)}})
	if err := Check(m); err != nil {
		t.Fatal(err)
	}
	if s := m.Spots[0]; s.X != 220 || s.Y != 0 || s.MonitorWidth != 640 || s.MonitorHeight != 480 || !bytes.Equal(m.Pixels[:3], img.Pix[:3]) {
		t.Errorf("%v", s)
	}
	// Outside of its monitor, which no tray says of its own.
	m = Placed(nil, img, []Place{{image.Rect(0, 0, 640, 480), image.Rect(-10, 0, 190, 30)}})
	if err := Check(m); !errors.Is(err, ErrAbsurd) {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	raw, err := proto.Marshal(placed(nil))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw, uint16(640), uint16(480), int16(0))
	f.Add(raw, uint16(960), uint16(720), int16(-5))
	f.Fuzz(func(t *testing.T, raw []byte, w, h uint16, x int16) {
		m := new(ipcpb.BannerPlaced)
		if proto.Unmarshal(raw, m) != nil {
			return
		}
		b, err := Read(m)
		if err != nil || int(w)*int(h) > 1<<20 {
			return
		}
		p := newPicture(image.Rect(int(x), 0, int(x)+int(w), int(h)))
		b.On(p, p.Rect())
		b.Touches(p.Rect(), image.Rect(0, 0, int(w), int(h)))
	})
}
