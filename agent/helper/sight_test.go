package helper

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/capture/capturetest"
	"github.com/alongside-remote/alongside/internal/indicator"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
)

// scene is a sight that looks at a scripted desktop, in virtual time.
type scene struct {
	t      *testing.T
	script *capturetest.Script
	src    capture.Refined
	sight  *sight
	serial uint32
	banner *image.RGBA

	mu   sync.Mutex
	said []*ipcpb.Looked
}

var sceneSize = image.Rect(0, 0, 640, 200)

// inScene runs a test with a desktop of such monitors, of which the first picture was taken.
func inScene(t *testing.T, f func(*scene), monitors ...capture.Monitor) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := &scene{t: t, script: capturetest.NewScript(sceneSize, monitors...), banner: image.NewRGBA(image.Rect(0, 0, 120, 24))}
		draw.Draw(c.banner, c.banner.Rect, image.NewUniform(color.RGBA{10, 20, 30, 255}), image.Point{}, draw.Src)
		draw.Draw(c.banner, image.Rect(8, 8, 90, 16), image.White, image.Point{}, draw.Src)
		shadow := &capture.Shadow{}
		c.src = capture.RefineInto(c.script, shadow)
		c.sight = newSight(shadow, func(l *ipcpb.Looked) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.said = append(c.said, l)
		})
		defer c.sight.close()
		c.frame()
		f(c)
	})
}

// frame takes what has changed, if something has.
func (c *scene) frame() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Millisecond)
	defer cancel()
	var f capture.Frame
	if c.src.Next(ctx, &f) != nil {
		return
	}
	c.src.Apply(nil)
	m, err := c.src.Monitors()
	if err != nil {
		c.t.Fatal(err)
	}
	c.sight.look(&f, m)
}

// seek has the banner looked for at a place of each monitor.
func (c *scene) seek(x int) {
	m, _ := c.script.Monitors()
	var places []indicator.Place
	for _, m := range m {
		places = append(places, indicator.Place{Monitor: m.Rect, Area: c.banner.Rect.Add(m.Rect.Min).Add(image.Pt(x, 0))})
	}
	c.serial++
	c.sight.seek(&ipcpb.Look{Serial: c.serial, Banner: indicator.Placed(nil, c.banner, places)})
}

// put shows the banner at a point of the desktop.
func (c *scene) put(at image.Point) {
	img := image.NewRGBA(c.banner.Rect.Add(at))
	draw.Draw(img, img.Rect, c.banner, image.Point{}, draw.Src)
	c.script.Put(c.t, img)
	c.frame()
}

func (c *scene) cover(r image.Rectangle) {
	c.script.Fill(c.t, r, color.RGBA{1, 2, 3, 255})
	c.frame()
}

// wants expects what was said since the last time: whether it is seen, one after the other.
func (c *scene) wants(seen ...bool) {
	c.t.Helper()
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	var got []bool
	for _, l := range c.said {
		if got = append(got, l.Seen); l.Serial != c.serial || l.Seen == (l.Detail != "") {
			c.t.Errorf("said %v of look %d", l, c.serial)
		}
	}
	if !slices.Equal(got, seen) {
		c.t.Errorf("said %v, want %v", got, seen)
	}
	c.said = nil
}

func TestD10_SightSeesAndLosesTheBanner(t *testing.T) {
	inScene(t, func(c *scene) {
		if !c.sight.clear() || c.sight.seeks() {
			t.Error("nothing is looked for yet")
		}
		c.put(image.Pt(40, 0))
		c.wants()
		c.seek(40)
		c.wants(true)
		if !c.sight.clear() {
			t.Error("seen, and nobody may look")
		}
		c.cover(image.Rect(0, 100, 640, 200)) // elsewhere
		c.cover(image.Rect(60, 2, 64, 6))     // a pointer
		time.Sleep(time.Hour)
		c.wants()
		c.cover(image.Rect(45, 0, 80, 24))
		time.Sleep(900 * time.Millisecond)
		c.wants()
		time.Sleep(200 * time.Millisecond)
		c.wants(false)
		if c.sight.clear() {
			t.Error("covered, and somebody may look")
		}
		c.put(image.Pt(40, 0))
		c.wants(true)
	})
}

// TestD10_SightIsNotFlashedAt: short times out of sight count together.
func TestD10_SightIsNotFlashedAt(t *testing.T) {
	inScene(t, func(c *scene) {
		c.put(image.Pt(40, 0))
		c.seek(40)
		c.wants(true)
		for range 4 {
			c.cover(image.Rect(40, 0, 160, 24))
			time.Sleep(300 * time.Millisecond)
			c.put(image.Pt(40, 0))
			time.Sleep(20 * time.Millisecond)
		}
		synctest.Wait()
		c.mu.Lock()
		defer c.mu.Unlock()
		if len(c.said) == 0 || c.said[0].Seen {
			t.Errorf("after 1.2 s out of sight in four pieces: %v", c.said)
		}
	})
}

// TestD10_SightFollowsTheBanner: to other words and places, and not for ever to the old one.
func TestD10_SightFollowsTheBanner(t *testing.T) {
	inScene(t, func(c *scene) {
		c.put(image.Pt(40, 0))
		c.seek(40)
		c.wants(true)
		for _, x := range []int{50, 60, 70} {
			c.seek(x)
			c.wants() // of the new one it is not known yet
			time.Sleep(100 * time.Millisecond)
			c.put(image.Pt(x, 0))
			c.wants(true)
		}
		c.seek(400)
		time.Sleep(1900 * time.Millisecond)
		c.wants()
		time.Sleep(300 * time.Millisecond)
		c.wants(false)
		c.put(image.Pt(400, 0))
		c.wants(true)
	})
}

// TestD10_SightWantsEveryMonitor: one monitor without it is none.
func TestD10_SightWantsEveryMonitor(t *testing.T) {
	left, right := image.Rect(0, 0, 320, 200), image.Rect(320, 0, 640, 200)
	inScene(t, func(c *scene) {
		c.seek(40)
		c.put(image.Pt(40, 0))
		time.Sleep(2 * time.Second)
		c.wants(false)
		c.put(image.Pt(360, 0))
		c.wants(true)
		c.cover(image.Rect(360, 0, 480, 24))
		time.Sleep(2 * time.Second)
		c.wants(false)
	}, capture.Monitor{ID: 1, Rect: left, Primary: true}, capture.Monitor{ID: 2, Rect: right})
}

// TestD10_SightOfAScaledMonitor: the compositor shows what X draws at twice the size.
func TestD10_SightOfAScaledMonitor(t *testing.T) {
	inScene(t, func(c *scene) {
		c.sight.seek(&ipcpb.Look{Serial: 1, Banner: indicator.Placed(nil, c.banner, []indicator.Place{{Monitor: image.Rect(0, 0, 320, 100), Area: c.banner.Rect.Add(image.Pt(20, 0))}})})
		c.serial = 1
		big := image.NewRGBA(image.Rect(40, 0, 280, 48))
		for y := range 48 {
			for x := range 240 {
				big.SetRGBA(40+x, y, c.banner.RGBAAt(x/2, y/2))
			}
		}
		c.script.Put(t, big)
		c.frame()
		c.wants(true)
		c.cover(image.Rect(100, 10, 140, 20))
		time.Sleep(2 * time.Second)
		c.wants(false)
	})
}

// TestD10_SightWithoutAPicture: where the screen is lost the banner is, at once, and what is
// shown next is looked at before anybody sees it.
func TestD10_SightWithoutAPicture(t *testing.T) {
	inScene(t, func(c *scene) {
		c.put(image.Pt(40, 0))
		c.seek(40)
		c.wants(true)
		c.sight.dark()
		c.wants(false)
		if c.sight.clear() || !c.sight.seeks() {
			t.Error("somebody may look, or nothing is looked for any more")
		}
		c.put(image.Pt(40, 0))
		c.script.Fill(t, image.Rect(0, 150, 1, 151), color.RGBA{9, 9, 9, 255})
		c.frame()
		c.wants(true)
		c.sight.dark()
		c.sight.seek(&ipcpb.Look{Serial: 2})
		time.Sleep(time.Hour)
		c.mu.Lock()
		defer c.mu.Unlock()
		if n := len(c.said); n != 1 || !c.sight.clear() || c.sight.seeks() {
			t.Errorf("said %v after nothing was to be looked for", c.said)
		}
	})
}

// TestD10_SightOfSomethingAbsurd: what no banner is like is not seen, and stays so.
func TestD10_SightOfSomethingAbsurd(t *testing.T) {
	inScene(t, func(c *scene) {
		c.serial = 1
		c.sight.seek(&ipcpb.Look{Serial: 1, Banner: &ipcpb.BannerPlaced{Width: 1 << 30, Height: 1 << 30}})
		c.wants(false)
		c.cover(image.Rect(0, 0, 640, 24))
		time.Sleep(time.Hour)
		c.wants()
		if c.sight.clear() {
			t.Error("somebody may look")
		}
	})
}
